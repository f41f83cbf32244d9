# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: planned_services
short_description: The services planned for a host, as host_preflight takes them
version_added: 1.0.0
author: Vigil contributors (@vigil-observability)
description:
  - Reads user, UID, ports, data directory, retention and version of each service from the variables of its
    host, and the architectures of that version from the catalogue.
positional: names
options:
  _input: {description: The variables of the host., type: dict, required: true}
  names: {description: Services of this host., type: list, elements: str, required: true}
"""

EXAMPLES = r"""
- name: Look at the host
  vigil.observability.host_preflight:
    services: >-
      {{ hostvars[inventory_hostname] | vigil.observability.planned_services(['prometheus']) }}
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

from ansible_collections.vigil.observability.plugins.module_utils._errors.sentence import OperatorError
from ansible_collections.vigil.observability.plugins.plugin_utils._formats.same_text import plain
from ansible_collections.vigil.observability.plugins.plugin_utils._services.planned import planned


def planned_services(variables: Mapping[str, Any], names: Iterable[str]) -> list[dict[str, Any]]:
    """Return the entries; raise AnsibleFilterError for a retention that is no size."""
    try:
        entries: list[dict[str, Any]] = plain(planned(variables, names))
    except OperatorError as error:
        raise AnsibleFilterError(str(error)) from error
    return entries


class FilterModule:
    """The filter planned_services."""

    def filters(self) -> dict[str, Callable[..., list[dict[str, Any]]]]:
        """Return the filter by its name."""
        return {"planned_services": planned_services}
