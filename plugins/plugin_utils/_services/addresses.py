# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where services are reached: by others, and on their own host."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from ansible_collections.vigil.observability.plugins.module_utils._host.addresses import host_port, local_host_port
from ansible_collections.vigil.observability.plugins.plugin_utils._services.ports import units_of
from ansible_collections.vigil.observability.plugins.plugin_utils._services.registry import services

__all__ = ["grafana_url", "grafana_urls", "targets", "urls"]


def targets(service: str, host: str, variables: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return {host, address, identity, labels} of a service, from the inventory variables of its host alone.

    One with a port of its own for metrics has `metrics_address` too, and its instance is named after that port. A
    service with several units has a target for each that has metrics, with the `unit` and the `job` that scrapes it.
    """
    if not services()[service].units:
        return [_target(service, host, variables)]
    units = units_of(variables, service).items()
    return [_target_of(unit, said, service, host, variables) for unit, said in units if "metrics_port" in said]


def _target_of(
    unit: str, said: Mapping[str, Any], service: str, host: str, variables: Mapping[str, Any]
) -> dict[str, Any]:
    address = _address(service, host, variables)
    return {
        "host": host,
        "unit": unit,
        "job": said["process"],
        "address": host_port(address, said["port"]),
        "metrics_address": host_port(address, said["metrics_port"]),
        "identity": f"vigil://{host}/{unit}",
        "labels": _labels(host, said["metrics_port"], variables),
    }


def _target(service: str, host: str, variables: Mapping[str, Any]) -> dict[str, Any]:
    address, scraped = _address(service, host, variables), services()[service].metrics_port
    port = _port(service, scraped, variables)
    return {
        "host": host,
        "address": host_port(address, _port(service, "web", variables)),
        **({"metrics_address": host_port(address, port)} if scraped != "web" else {}),
        "identity": str(variables.get(f"{service}_identity") or f"vigil://{host}/{service}"),
        "labels": _labels(host, port, variables),
    }


def _labels(host: str, port: int, variables: Mapping[str, Any]) -> dict[str, Any]:
    return {"instance": f"{host}:{port}", "host": host, **(variables.get("vigil_labels") or {})}


def urls(service: str, port: str, hosts: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Return the URLs of a port of a service from the inventory variables of each of its hosts."""
    return [
        f"https://{host_port(_address(service, host, variables), _port(service, port, variables))}"
        for host, variables in hosts.items()
    ]


def _address(service: str, host: str, variables: Mapping[str, Any]) -> str:
    return str(variables.get(f"{service}_address") or variables.get("ansible_host") or host)


def _port(service: str, name: str, variables: Mapping[str, Any]) -> int:
    source = f"{service}_port" if name == "web" else f"{service}_{name}_port"
    return int(variables.get(source) or services()[service].ports[name])


def grafana_url(config: Mapping[str, Any], listen_address: str, port: int | None, external_url: str) -> str:
    """Return the URL of Grafana's API on its own host, without a slash at its end."""
    path = _grafana_path(config, external_url)
    return f"https://{local_host_port(listen_address, port or services()['grafana'].port)}{path}"


def grafana_urls(hosts: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """Return the URL of Grafana's API for other hosts, from the inventory variables of each of its hosts."""
    found = zip(hosts.items(), urls("grafana", "web", hosts), strict=True)
    return {
        host: url
        + _grafana_path(variables.get("grafana_config") or {}, str(variables.get("grafana_external_url") or ""))
        for (host, variables), url in found
    }


def _grafana_path(config: Mapping[str, Any], external_url: str) -> str:
    server = config.get("server") or {}
    outside = str(server.get("root_url") or external_url)
    return urlsplit(outside).path.rstrip("/") if _is_on(server.get("serve_from_sub_path")) else ""


def _is_on(value: object) -> bool:
    return str(value).lower() in ("true", "1", "yes", "on", "t", "y")
