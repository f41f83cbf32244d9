# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is wrong with the ports of a host: numbers that are none, and ports that two of its services would open."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ansible_collections.vigil.observability.plugins.plugin_utils._formats.enumeration import listed
from ansible_collections.vigil.observability.plugins.plugin_utils._inventory.host_inputs import HostInputs
from ansible_collections.vigil.observability.plugins.plugin_utils._inventory.problem import Problem
from ansible_collections.vigil.observability.plugins.plugin_utils._services.ports import (
    Port,
    is_meshed,
    main_port,
    ports_of,
)

__all__ = ["invalid_ports"]

_HIGHEST_PORT = 65535
_EVERY_ADDRESS = ("", "0.0.0.0", "::", "[::]")  # noqa: S104 - looked for, not listened on


def invalid_ports(host: HostInputs, members: int) -> Iterator[Problem]:
    """Yield a problem for each port that is none, that the service is not asked at, or that another service opens.

    Args:
        host: The host.
        members: How many Alertmanagers the inventory has.
    """
    found: list[Port] = []
    for service in host.services:
        own = list(ports_of(service, host.value, meshed=is_meshed(host.value, members)))
        yield from _unasked(host, service, own, main_port(host.value, service))
        found += own
    yield from (problem for one in found for problem in _invalid(host, one))
    yield from _taken_twice(host, found)


def _invalid(host: HostInputs, port: Port) -> Iterator[Problem]:
    if port.number is None:
        yield Problem(port.source, host.name, "has an address without a port: write it like 0.0.0.0:9090.")
    elif not 1 <= port.number <= _HIGHEST_PORT:
        rest = f"is {port.number}: a port is a number from 1 to {_HIGHEST_PORT}."
        yield Problem(port.source, host.name, rest)


def _unasked(host: HostInputs, service: str, own: list[Port], main: int) -> Iterator[Problem]:
    """Yield a problem when an option takes the port away at which others, and we ourselves, ask the service."""
    for name, given in _grafana_ports(host) if service == "grafana" else ():
        if str(given) != str(main):
            yield Problem(
                name, host.name, f"is {given}, but the collection uses port {main}: set grafana_port instead."
            )
    source = f"{service}_flags.web.listen-address"
    if any(one.source == source for one in own) and main not in (one.number for one in own if one.source == source):
        rest = f"leaves out port {main}, where {service} is checked: set {service}_port and {service}_listen_address."
        yield Problem(source, host.name, rest)


def _grafana_ports(host: HostInputs) -> Iterator[tuple[str, Any]]:
    """Yield the port of Grafana where something beside its input gives one, by what gives it."""
    section, environment = host.value("grafana_config", {}).get("server"), host.value("grafana_environment", {})
    if isinstance(section, dict) and "http_port" in section:
        yield "grafana_config.server.http_port", section["http_port"]
    if "GF_SERVER_HTTP_PORT" in environment:
        yield "grafana_environment.GF_SERVER_HTTP_PORT", environment["GF_SERVER_HTTP_PORT"]


def _taken_twice(host: HostInputs, found: list[Port]) -> Iterator[Problem]:
    for one in (one for one in found if one.number is not None):
        same = [other for other in found if _collide(one, other)]
        names = list(dict.fromkeys(other.source for other in same))
        if len(same) > 1 and same[0] is one and one.number is not None:
            rest = f"is used by {listed(names)}: set them to different ports."
            yield Problem(f"{'UDP port' if one.udp else 'Port'} {one.number}", host.name, rest)


def _collide(one: Port, other: Port) -> bool:
    overlap = one.address == other.address or one.address in _EVERY_ADDRESS or other.address in _EVERY_ADDRESS
    return (one.number, one.udp) == (other.number, other.udp) and overlap
