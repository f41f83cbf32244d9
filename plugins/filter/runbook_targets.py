# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: runbook_targets
short_description: Where steps of runbooks reach the hosts of an inventory
version_added: 1.0.0
author: Vigil contributors (@vigil-observability)
description:
  - Reads the address of each host only from inventory variables (C(runbook_target_address), else C(ansible_host), else
    the name), and its port for SSH (C(runbook_target_port), else C(ansible_port), else 22), so a run that is limited to
    one host gives the same result.
options:
  _input: {description: The variables of all hosts (C(hostvars))., type: dict, required: true}
  hosts: {description: The hosts on which steps may be run., type: list, elements: str, required: true}
"""

EXAMPLES = r"""
- name: Show where steps can be run
  ansible.builtin.debug:
    msg: "{{ hostvars | vigil.observability.runbook_targets(groups.runbook_target) }}"
"""

RETURN = r"""
_value:
  description:
    - The C(address) and the C(port) of each host by its name, and C(root) where it lets runbooks become root, those of
      its C(runbook_target_root_runbooks).
  type: dict
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ansible_collections.vigil.observability.plugins.plugin_utils._formats.same_text import plain


def runbook_targets(hostvars: Mapping[str, Mapping[str, Any]], hosts: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Return {host: {address, port}}, with root where runbooks may become root."""
    found: dict[str, dict[str, Any]] = plain({host: _reached(host, hostvars[host]) for host in sorted(hosts)})
    return found


def _reached(host: str, variables: Mapping[str, Any]) -> dict[str, Any]:
    address = variables.get("runbook_target_address") or variables.get("ansible_host") or host
    port = variables.get("runbook_target_port") or variables.get("ansible_port") or 22
    agreed = variables.get("runbook_target_root_runbooks") or []
    return {"address": str(address), "port": int(port), **({"root": sorted(map(str, agreed))} if agreed else {})}


class FilterModule:
    """The filter runbook_targets."""

    def filters(self) -> dict[str, Callable[..., dict[str, dict[str, Any]]]]:
        """Return the filter by its name."""
        return {"runbook_targets": runbook_targets}
