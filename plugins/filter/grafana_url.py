# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: grafana_url
short_description: The URL of Grafana's API on its own host
version_added: 1.0.0
author: Vigil contributors (@vigil-observability)
description:
  - The role checks Grafana's health there, so a Grafana that listens on loopback behind a proxy of its host is reached
    too.
  - A Grafana that serves from the path of its external URL (C(server.serve_from_sub_path)) redirects requests
    without that path, except for its health and metrics. The path is then part of the URL.
positional: listen_address, port
options:
  _input: {description: "Keys of C(grafana.ini) by section, as in C(grafana_config).", type: dict, required: true}
  listen_address: {description: Address that Grafana listens on. Empty means all addresses., type: str, required: true}
  port: {description: The port. Defaults to the role's., type: int}
  external_url: {description: "Where people reach it, unless C(server.root_url) is set.", type: str, default: ""}
"""

EXAMPLES = r"""
- name: Show where Grafana is asked
  ansible.builtin.debug:
    msg: "{{ grafana_config | vigil.observability.grafana_url('127.0.0.1', 3000) }}"
"""

RETURN = r"""
_value:
  description: Such as C(https://localhost:3000).
  type: str
"""

from collections.abc import Callable, Mapping
from typing import Any

from ansible_collections.vigil.observability.plugins.plugin_utils._formats.same_text import same_text
from ansible_collections.vigil.observability.plugins.plugin_utils._services import addresses


@same_text
def grafana_url(
    config: Mapping[str, Any], listen_address: str, port: int | None = None, *, external_url: str = ""
) -> str:
    """Return the URL, without a slash at its end."""
    return addresses.grafana_url(config, listen_address, port, external_url)


class FilterModule:
    """The filter grafana_url."""

    def filters(self) -> dict[str, Callable[..., str]]:
        """Return the filter by its name."""
        return {"grafana_url": grafana_url}
