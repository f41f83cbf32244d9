# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: certified_services
short_description: The services of a host that get a certificate, as the role certificates takes them
version_added: 1.0.0
author: Vigil contributors (@vigil-observability)
description:
  - Reads user, UID, and names by which services are reached beyond those of the host, from the variables of the host.
    Services for which the user provides a certificate are left out.
positional: names
options:
  _input: {description: The variables of the host., type: dict, required: true}
  names: {description: Services of this host., type: list, elements: str, required: true}
"""

EXAMPLES = r"""
- name: Issue certificates
  ansible.builtin.import_role: {name: vigil.observability.certificates}
  vars:
    certificates_services: "{{ hostvars[inventory_hostname] | vigil.observability.certified_services(['prometheus']) }}"
"""

RETURN = r"""
_value:
  description: Entries of C(certificates_services).
  type: list
  elements: dict
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ansible_collections.vigil.observability.plugins.plugin_utils._formats.same_text import plain
from ansible_collections.vigil.observability.plugins.plugin_utils._services.planned import certified


def certified_services(variables: Mapping[str, Any], names: Iterable[str]) -> list[dict[str, Any]]:
    """Return the entries."""
    entries: list[dict[str, Any]] = plain(certified(variables, names))
    return entries


class FilterModule:
    """The filter certified_services."""

    def filters(self) -> dict[str, Callable[..., list[dict[str, Any]]]]:
        """Return the filter by its name."""
        return {"certified_services": certified_services}
