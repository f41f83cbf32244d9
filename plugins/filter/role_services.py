# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: role_services
short_description: What a role that runs on its own deploys, as host_preflight takes it
version_added: 1.0.0
author: Vigil contributors (@vigil-observability)
description:
  - Like P(vigil.observability.planned_services#filter), with the inputs of the role as the task sees them,
    including defaults. The certificates of the role C(certificates) have to exist.
options:
  _input: {description: Services of the role., type: list, elements: str, required: true}
"""

EXAMPLES = r"""
- name: Check that the host can run the service
  vigil.observability.host_preflight:
    host: "{{ inventory_hostname }}"
    services: "{{ ['prometheus'] | vigil.observability.role_services }}"
"""

RETURN = r"""
_value:
  description: Entries of C(services).
  type: list
  elements: dict
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ansible.errors import AnsibleFilterError
from jinja2 import pass_context

from ansible_collections.vigil.observability.plugins.module_utils._errors.sentence import OperatorError
from ansible_collections.vigil.observability.plugins.plugin_utils._formats.same_text import plain
from ansible_collections.vigil.observability.plugins.plugin_utils._services.planned import planned


@pass_context
def role_services(variables: Mapping[str, Any], names: Iterable[str]) -> list[dict[str, Any]]:
    """Return the entries; raise AnsibleFilterError for a retention that is no size."""
    try:
        entries: list[dict[str, Any]] = plain(planned(variables, names, by_itself=True))
    except OperatorError as error:
        raise AnsibleFilterError(str(error)) from error
    return entries


class FilterModule:
    """The filter role_services."""

    def filters(self) -> dict[str, Callable[..., list[dict[str, Any]]]]:
        """Return the filter by its name."""
        return {"role_services": role_services}
