# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: escalation_paths
short_description: Escalation paths as the engine of incidents reads them
version_added: 1.0.0
author: Vigil contributors (@vigil-observability)
description:
  - Checks the entries of C(incident_response_escalations), and completes them.
options:
  _input:
    description: The entries, as docs/an-incident-what-now.md describes them.
    type: list
    elements: dict
    required: true
"""

EXAMPLES = r"""
- name: Show the paths
  ansible.builtin.debug:
    msg: "{{ [{'receiver': 'night-duty', 'hours': '22:00-06:00'}] | vigil.observability.escalation_paths }}"
"""

RETURN = r"""
_value:
  description:
    - Each entry with all its keys. C(path) has its receivers, each with the seconds C(after) which it gets an alert.
      C(begin) and C(end) are minutes of the day in C(time_zone). An empty list matches everything.
  type: list
  elements: dict
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ansible.errors import AnsibleFilterError

from ansible_collections.vigil.observability.plugins.module_utils._errors.sentence import OperatorError
from ansible_collections.vigil.observability.plugins.plugin_utils._formats.same_text import same_text


@same_text
def escalation_paths(described: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the entries; raise AnsibleFilterError with everything that is wrong with them."""
    from ansible_collections.vigil.observability.plugins.plugin_utils._runbooks import escalations

    try:
        return escalations.escalation_paths(described)
    except OperatorError as error:
        raise AnsibleFilterError(f"escalation_paths: {error}") from error


class FilterModule:
    """The filter escalation_paths."""

    def filters(self) -> dict[str, Callable[..., list[dict[str, Any]]]]:
        """Return the filter by its name."""
        return {"escalation_paths": escalation_paths}
