# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: runbooks
short_description: Runbooks as the engine of incidents reads them
version_added: 1.0.0
author: Vigil contributors (@vigil-observability)
description:
  - Checks the user's runbooks together with the shipped ones, against the inventory, and completes them.
options:
  _input:
    description: The user's runbooks, as docs/write-a-runbook.md describes them.
    type: list
    elements: dict
    required: true
  hosts:
    description: Each host of the inventory, with its C(runbook_actions).
    type: dict
    required: true
  groups: {description: Names of the groups of the inventory., type: list, elements: str, default: []}
  engines:
    description: Hosts of the engine itself, on which it never acts.
    type: list
    elements: str
    default: []
  applications: {description: The applications of the inventory., type: list, elements: dict, default: []}
  levels:
    description: Levels by the name of a runbook, in place of its own.
    type: dict
    default: {}
  delay:
    description: After how long people get an alert whose runbook does not say it.
    type: str
    default: 5m
  reconciliation:
    description: Seconds between two lists of the alerts of every Alertmanager, which every delay has to exceed.
    type: int
    default: 30
  playbooks:
    description: Absolute paths of the operator's own steps, playbooks that are named as their files.
    type: list
    elements: path
    default: []
  root:
    description: Names of the runbooks whose own playbooks may become root.
    type: list
    elements: str
    default: []
  consents:
    description: The names of the runbooks that may become root on each host, by its C(runbook_target_root_runbooks).
    type: dict
    default: {}
  shipped: {description: Whether to add the runbooks of the collection., type: bool, default: true}
"""

EXAMPLES = r"""
- name: Show the runbooks
  ansible.builtin.debug:
    msg: "{{ [] | vigil.observability.runbooks(hosts=declared, levels={'exporter_down': 'full'}) }}"
  vars:
    declared: {web1: {units: {node_exporter: [restart]}}}
"""

RETURN = r"""
_value:
  description:
    - Each runbook with all its keys, times in seconds, and texts in parts, in which C({label) C(NAME}) stands for the
      value of a label.
    - C(playbooks) has those of its steps that are the operator's own, and C(root) is there if it may become root.
    - C(applications) has those that a runbook can act for, by name, with their hosts and the values of their steps.
  type: list
  elements: dict
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from ansible.errors import AnsibleFilterError

from ansible_collections.vigil.observability.plugins.module_utils._errors.sentence import OperatorError
from ansible_collections.vigil.observability.plugins.plugin_utils._formats.same_text import same_text


@same_text
def runbooks(
    described: Sequence[Any],
    *,
    hosts: Mapping[str, Any],
    groups: Iterable[str] = (),
    engines: Iterable[str] = (),
    applications: Sequence[Mapping[str, Any]] = (),
    levels: Mapping[str, str] | None = None,
    delay: str = "5m",
    reconciliation: int = 30,
    playbooks: Sequence[str] = (),
    root: Sequence[str] = (),
    consents: Mapping[str, Sequence[str]] | None = None,
    shipped: bool = True,
) -> list[dict[str, Any]]:
    """Return the runbooks; raise AnsibleFilterError with everything that is wrong with them."""
    from ansible_collections.vigil.observability.plugins.plugin_utils._applications import description
    from ansible_collections.vigil.observability.plugins.plugin_utils._runbooks.collection import normalised_all
    from ansible_collections.vigil.observability.plugins.plugin_utils._runbooks.place import Place
    from ansible_collections.vigil.observability.plugins.plugin_utils._runbooks.playbooks import own_playbooks
    from ansible_collections.vigil.observability.plugins.plugin_utils._runbooks.shipped import shipped_runbooks

    try:
        known = description.applications(applications)
        place = Place(
            hosts=hosts,
            groups=groups,
            engines=engines,
            applications=known,
            playbooks=own_playbooks(list(playbooks)),
            consents=consents or {},
        )
        every = [*(shipped_runbooks() if shipped else []), *described]
        return normalised_all(every, place, levels=levels, delay=delay, reconciliation=reconciliation, root=root)
    except OperatorError as error:
        raise AnsibleFilterError(f"Cannot use these runbooks: {error}") from error


class FilterModule:
    """The filter runbooks."""

    def filters(self) -> dict[str, Callable[..., list[dict[str, Any]]]]:
        """Return the filter by its name."""
        return {"runbooks": runbooks}
