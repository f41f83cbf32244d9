# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: planned_services
short_description: What a host is to run, as host_preflight and certificates take it
version_added: 1.0.0
author: Vigil contributors (@vigil-observability)
description:
  - Reads user, UID, addresses, ports, data directory, retention and version of each service from the variables of its
    host, and the architectures of that version from the catalogue.
positional: names, ports
options:
  _input: {description: The variables of the host., type: dict, required: true}
  names: {description: Services of this host., type: list, elements: str, required: true}
  ports: {description: Default port of each service., type: dict, required: true}
  certified:
    description: >-
      Whether to give what certificates need: users, and names by which services are reached beyond those of the host,
      without services whose certificate is the user's own.
    type: bool
    default: false
  by_itself:
    description: >-
      Whether a role runs by itself, so that the certificates that the role C(certificates) makes have to be there.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Look at the host
  vigil.observability.host_preflight:
    services: >-
      {{ hostvars[inventory_hostname] | vigil.observability.planned_services(['prometheus'], {'prometheus': 9090}) }}
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
from ansible_collections.vigil.observability.plugins.plugin_utils._services.planned import certified as of_certificates
from ansible_collections.vigil.observability.plugins.plugin_utils._services.planned import planned


def planned_services(
    variables: Mapping[str, Any],
    names: Iterable[str],
    ports: Mapping[str, int],
    *,
    certified: bool = False,
    by_itself: bool = False,
) -> list[dict[str, Any]]:
    """Return the entries; raise AnsibleFilterError for a retention that is no size."""
    try:
        found = (
            of_certificates(variables, names) if certified else planned(variables, names, ports, by_itself=by_itself)
        )
    except OperatorError as error:
        raise AnsibleFilterError(str(error)) from error
    entries: list[dict[str, Any]] = plain(found)
    return entries


class FilterModule:
    """The filter planned_services."""

    def filters(self) -> dict[str, Callable[..., list[dict[str, Any]]]]:
        """Return the filter by its name."""
        return {"planned_services": planned_services}
