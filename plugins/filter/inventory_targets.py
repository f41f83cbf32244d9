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
  - Finds every host of the groups that are named after a service, and reads its address and port only from
    inventory variables (C(<service>_address), else C(ansible_host), else the name; C(<service>_port)), so a run that is
    limited to one host gives the same result.
  - Servers identify a service by a name in its certificate, C(<service>_identity), else C(vigil://<host>/<service>).
options:
  _input: {description: The variables of all hosts (C(hostvars))., type: dict, required: true}
  groups: {description: The groups of the inventory., type: dict, required: true}
"""

EXAMPLES = r"""
- name: Show where exporters are
  ansible.builtin.debug:
    msg: "{{ hostvars | vigil.observability.inventory_targets(groups) }}"
"""

RETURN = r"""
_value:
  description:
    - For each service a list of C(host), C(address) (with its port), C(identity), C(labels).
    - Services with a port of its own for metrics also have C(metrics_address).
    - Those with several units have an entry for each that has metrics, with its C(unit) and C(job).
  type: dict
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ansible.errors import AnsibleFilterError

from ansible_collections.vigil.observability.plugins.plugin_utils._formats.same_text import plain
from ansible_collections.vigil.observability.plugins.plugin_utils._rules.labels import wrong_labels
from ansible_collections.vigil.observability.plugins.plugin_utils._services.addresses import targets
from ansible_collections.vigil.observability.plugins.plugin_utils._services.registry import services


def inventory_targets(
    hostvars: Mapping[str, Mapping[str, Any]], groups: Mapping[str, Iterable[str]]
) -> dict[str, list[dict[str, Any]]]:
    """Return {service: [{host, address, identity, labels}]}; a service without a group has an empty list."""
    members = {service: sorted(groups.get(service, [])) for service, one in services().items() if one.serves}
    variables = {host: hostvars[host] for host in sorted({host for hosts in members.values() for host in hosts})}
    _refuse_labels(variables)
    found: dict[str, list[dict[str, Any]]] = plain(
        {
            service: [target for host in hosts for target in targets(service, host, variables[host])]
            for service, hosts in members.items()
        }
    )
    return found


def _refuse_labels(variables: Mapping[str, Mapping[str, Any]]) -> None:
    for host, said in variables.items():
        labels = said.get("vigil_labels") or {}
        if not isinstance(labels, Mapping):
            raise AnsibleFilterError(f"vigil_labels of {host} must be a mapping of label to value, not {labels!r}")
        for wrong in wrong_labels(labels):
            raise AnsibleFilterError(f"vigil_labels of {host} {wrong}")


class FilterModule:
    """The filter inventory_targets."""

    def filters(self) -> dict[str, Callable[..., dict[str, list[dict[str, Any]]]]]:
        """Return the filter by its name."""
        return {"inventory_targets": inventory_targets}
