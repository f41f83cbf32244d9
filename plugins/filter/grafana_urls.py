# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: grafana_urls
short_description: The URLs of Grafana's API for other hosts
version_added: 1.0.0
author: Vigil contributors (@vigil-observability)
description:
  - Returns where every host of the group C(grafana) is reached by others, such as those that write annotations.
  - A Grafana that serves from the path of its external URL (C(server.serve_from_sub_path)) has that path in its URL.
positional: groups
options:
  _input: {description: The variables of all hosts (C(hostvars))., type: dict, required: true}
  groups: {description: The hosts of each group., type: dict, required: true}
"""

EXAMPLES = r"""
- name: Show where annotations are written
  ansible.builtin.debug:
    msg: "{{ hostvars | vigil.observability.grafana_urls(groups) }}"
"""

RETURN = r"""
_value:
  description: The URLs by host.
  type: dict
  sample: {monitor1: "https://monitor1:3000"}
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ansible_collections.vigil.observability.plugins.plugin_utils._formats.same_text import plain
from ansible_collections.vigil.observability.plugins.plugin_utils._services import addresses


def grafana_urls(hostvars: Mapping[str, Mapping[str, Any]], groups: Mapping[str, Iterable[str]]) -> dict[str, str]:
    """Return {host: URL}, without a slash at the end."""
    found: dict[str, str] = plain(
        addresses.grafana_urls({host: hostvars[host] for host in sorted(groups.get("grafana", []))})
    )
    return found


class FilterModule:
    """The filter grafana_urls."""

    def filters(self) -> dict[str, Callable[..., dict[str, str]]]:
        """Return the filter by its name."""
        return {"grafana_urls": grafana_urls}
