# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where services are reached: by others, and on their own host."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from ansible_collections.vigil.observability.plugins.module_utils._host.addresses import host_port, local_host_port
from ansible_collections.vigil.observability.plugins.plugin_utils._services.registry import services

__all__ = ["grafana_url", "target"]


def target(service: str, host: str, variables: Mapping[str, Any]) -> dict[str, Any]:
    """Return {host, address, identity, labels} of a service, from the inventory variables of its host alone."""
    address = str(variables.get(f"{service}_address") or variables.get("ansible_host") or host)
    port = int(variables.get(f"{service}_port") or services()[service].port)
    return {
        "host": host,
        "address": host_port(address, port),
        "identity": str(variables.get(f"{service}_identity") or f"vigil://{host}/{service}"),
        "labels": {"instance": f"{host}:{port}", "host": host, **(variables.get("vigil_labels") or {})},
    }


def grafana_url(config: Mapping[str, Any], listen_address: str, port: int | None, external_url: str) -> str:
    """Return the URL of Grafana's API on its own host, without a slash at its end."""
    server = config.get("server") or {}
    outside = str(server.get("root_url") or external_url)
    path = urlsplit(outside).path.rstrip("/") if _is_on(server.get("serve_from_sub_path")) else ""
    return f"https://{local_host_port(listen_address, port or services()['grafana'].port)}{path}"


def _is_on(value: object) -> bool:
    return str(value).lower() in ("true", "1", "yes", "on", "t", "y")
