# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: inventory_targets
short_description: Where the services of an inventory are reached
version_added: 1.0.0
author: Vigil contributors (@vigil-observability)
description:
  - Finds every host of the groups that are named like a service, and reads its address and port from inventory
    variables alone (C(<service>_address), else C(ansible_host), else the name; C(<service>_port)), so that a run that
    is limited to one host gives the same result.
  - Servers know a service by a name in its certificate, C(<service>_identity), else C(vigil://<host>/<service>).
options:
  _input: {description: The variables of all hosts (C(hostvars))., type: dict, required: true}
  groups: {description: The groups of the inventory., type: dict, required: true}
  services: {description: Default port of each service., type: dict, required: true}
"""

EXAMPLES = r"""
- name: Show where exporters are
  ansible.builtin.debug:
    msg: "{{ hostvars | vigil.observability.inventory_targets(groups, {'node_exporter': 9100}) }}"
"""

RETURN = r"""
_value:
  description: For each service a list of C(host), C(address) (with its port), C(identity), C(labels).
  type: dict
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ansible.errors import AnsibleFilterError

from ansible_collections.vigil.observability.plugins.filter.endpoint import endpoint
from ansible_collections.vigil.observability.plugins.plugin_utils._formats.same_text import plain
from ansible_collections.vigil.observability.plugins.plugin_utils._rules.labels import wrong_labels


def inventory_targets(
    hostvars: Mapping[str, Mapping[str, Any]], groups: Mapping[str, Iterable[str]], services: Mapping[str, int]
) -> dict[str, list[dict[str, Any]]]:
    """Return {service: [{host, address, identity, labels}]}; a service without a group has an empty list."""
    wanted = {host for service in services for host in groups.get(service, [])}
    variables = {host: hostvars[host] for host in sorted(wanted)}
    targets: dict[str, list[dict[str, Any]]] = plain(
        {
            service: [_target(service, host, variables[host], port) for host in sorted(groups.get(service, []))]
            for service, port in services.items()
        }
    )
    return targets


def _target(service: str, host: str, variables: Mapping[str, Any], port: int) -> dict[str, Any]:
    address = str(variables.get(f"{service}_address") or variables.get("ansible_host") or host)
    labels = variables.get("vigil_labels") or {}
    if not isinstance(labels, Mapping):
        raise AnsibleFilterError(f"vigil_labels of {host} must be a mapping of label to value, not {labels!r}")
    for wrong in wrong_labels(labels):
        raise AnsibleFilterError(f"vigil_labels of {host} {wrong}")
    found = int(variables.get(f"{service}_port") or port)
    return {
        "host": host,
        "address": endpoint(address, found),
        "identity": str(variables.get(f"{service}_identity") or f"vigil://{host}/{service}"),
        "labels": {"instance": f"{host}:{found}", "host": host, **labels},
    }


class FilterModule:
    """The filter inventory_targets."""

    def filters(self) -> dict[str, Callable[..., dict[str, list[dict[str, Any]]]]]:
        """Return the filter by its name."""
        return {"inventory_targets": inventory_targets}
