# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: runbook_routes
short_description: Configuration of Alertmanager with routes for runbooks
version_added: 1.0.0
author: Vigil contributors (@vigil-observability)
description:
  - The engine gets the alerts of every runbook at once.
  - At the levels V(partial) and V(full), the user's own receivers get an alert after the delay of the runbook, unless
    it is solved or silenced by then. They are those of a copy of the user's routes, in which every alert is a group of
    its own, and without other waits and groupings.
  - Everything else stays as it is.
positional: runbooks, receiver
options:
  _input: {description: The whole configuration of Alertmanager., type: dict, required: true}
  runbooks:
    description: Runbooks as the filter P(vigil.observability.runbooks#filter) returns them.
    type: list
    elements: dict
    required: true
  receiver: {description: The receiver by which the engine gets alerts., type: dict, required: true}
"""

EXAMPLES = r"""
- name: Show the routes
  ansible.builtin.debug:
    msg: "{{ config | vigil.observability.runbook_routes(known, receiver) }}"
  vars:
    config: {route: {receiver: on-call}, receivers: [{name: on-call}]}
    known: "{{ [] | vigil.observability.runbooks(hosts={}) }}"
    receiver: {name: incident_response, webhook_configs: [{url: "https://monitor1:9095/api/alerts"}]}
"""

RETURN = r"""
_value:
  description: The configuration.
  type: dict
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ansible.errors import AnsibleFilterError

from ansible_collections.vigil.observability.plugins.module_utils._errors.sentence import OperatorError
from ansible_collections.vigil.observability.plugins.plugin_utils._formats.same_text import same_text


@same_text
def runbook_routes(
    config: Mapping[str, Any], runbooks: Sequence[Mapping[str, Any]], receiver: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the configuration; raise AnsibleFilterError for one that the routes cannot be added to."""
    from ansible_collections.vigil.observability.plugins.plugin_utils._runbooks.routes import with_runbook_routes

    try:
        return with_runbook_routes(config, runbooks, receiver)
    except OperatorError as error:
        raise AnsibleFilterError(str(error)) from error


class FilterModule:
    """The filter runbook_routes."""

    def filters(self) -> dict[str, Callable[..., dict[str, Any]]]:
        """Return the filter by its name."""
        return {"runbook_routes": runbook_routes}
