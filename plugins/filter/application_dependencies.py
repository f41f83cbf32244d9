# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: application_dependencies
short_description: Who owns each application, and what it depends on
version_added: 1.0.0
author: Vigil contributors (@vigil-observability)
description:
  - Returns the team and the dependencies of each application, by which the service C(incident_response) groups alerts.
options:
  _input:
    description: Applications, as in C(vigil_applications).
    type: list
    elements: dict
    required: true
"""

EXAMPLES = r"""
- name: Show what the shop depends on
  ansible.builtin.debug:
    msg: "{{ (vigil_applications | vigil.observability.application_dependencies).shop.depends_on }}"
"""

RETURN = r"""
_value:
  description: C(team) and C(depends_on) by application.
  type: dict
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ansible.errors import AnsibleFilterError

from ansible_collections.vigil.observability.plugins.module_utils._errors.sentence import OperatorError
from ansible_collections.vigil.observability.plugins.plugin_utils._formats.same_text import same_text


@same_text
def application_dependencies(described: Iterable[Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return {application: {team, depends_on}}; raise AnsibleFilterError for wrong descriptions."""
    from ansible_collections.vigil.observability.plugins.plugin_utils._applications.description import applications

    try:
        return {one.name: {"team": one.team, "depends_on": [*one.depends_on]} for one in applications(described)}
    except OperatorError as error:
        raise AnsibleFilterError(f"application_dependencies: {error}") from error


class FilterModule:
    """The filter application_dependencies."""

    def filters(self) -> dict[str, Callable[..., dict[str, dict[str, Any]]]]:
        """Return the filter by its name."""
        return {"application_dependencies": application_dependencies}
