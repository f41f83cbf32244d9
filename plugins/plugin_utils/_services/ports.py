# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The ports that a service opens, by the inputs that say so: its own, that of its mesh, and those of options."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from ansible_collections.vigil.observability.plugins.plugin_utils._services.registry import services

__all__ = ["UNIT_PORTS", "Port", "Value", "is_meshed", "main_port", "ports_of", "units_of"]

# The value of an input by its name, or the default.
Value = Callable[[str, Any], Any]

_GRAFANA_MESH = "0.0.0.0:9094"  # as Grafana itself has it
# Ports of each unit of a service that has several.
UNIT_PORTS = ("port", "metrics_port")
# Ports whose options may give another one, or none.
_APART = ("web", "mesh")
_LISTEN, _MESH, _MESH_TLS = "web.listen-address", "cluster.listen-address", "cluster.tls-config"


@dataclass(frozen=True)
class Port:
    """A port with the input that gives it, and the address to listen on; number is None where there is none in it."""

    source: str
    number: int | None
    address: str
    udp: bool = False


def is_meshed(value: Value, members: int) -> bool:
    """Return whether an Alertmanager has others to mesh with, of so many in the inventory and of those beyond it."""
    return members + len(value("alertmanager_more_peers", [])) > 1


def units_of(variables: Mapping[str, Any], service: str) -> Mapping[str, Mapping[str, Any]]:
    """Return the units of a service that has several, by name, from the variables of its host; else none."""
    default = services()[service].units
    found: Mapping[str, Mapping[str, Any]] = (variables.get(f"{service}_units") or default) if default else {}
    return found


def main_port(value: Value, service: str) -> int:
    """Return the port at which the service is asked."""
    if services()[service].units:
        units = value(f"{service}_units", services()[service].units).values()
        return next((_number(unit["metrics_port"]) or 0 for unit in units if "metrics_port" in unit), 0)
    return _number(value(f"{service}_port", services()[service].port)) or 0


def ports_of(service: str, value: Value, *, meshed: bool) -> Iterator[Port]:
    """Yield each port that the service is going to open."""
    yield from _of_units(service, value)
    if not services()[service].ports:
        return
    flags = value(f"{service}_flags", {})
    if flags.get(_LISTEN):
        yield from _of_option(f"{service}_flags.{_LISTEN}", flags[_LISTEN])
    else:
        address = str(value(f"{service}_listen_address", ""))
        yield Port(f"{service}_port", main_port(value, service), address)
    for name, default in services()[service].ports.items():
        if name not in _APART:
            source = f"{service}_{name}_port"
            yield Port(source, _number(value(source, default)), str(value(f"{service}_listen_address", "")))
    if service == "alertmanager":
        yield from _of_mesh(value, flags, meshed=meshed)
    if service == "grafana":
        yield from _of_alerting(value)


def _of_units(service: str, value: Value) -> Iterator[Port]:
    for unit, said in value(f"{service}_units", services()[service].units).items():
        for key in (key for key in UNIT_PORTS if key in said):
            address = str(value(f"{service}_listen_address", ""))
            yield Port(f"{service}_units.{unit}.{key}", _number(said[key]), address)


def _of_mesh(value: Value, flags: Mapping[str, Any], *, meshed: bool) -> Iterator[Port]:
    """Yield the port of the mesh, for datagrams too where it does not speak TLS."""
    if flags.get(_MESH):
        found = list(_of_option(f"alertmanager_flags.{_MESH}", flags[_MESH]))
    elif meshed:
        default = services()["alertmanager"].ports["mesh"]
        found = [Port("alertmanager_mesh_port", _number(value("alertmanager_mesh_port", default)), "")]
    else:
        found = []
    yield from found
    if not flags.get(_MESH_TLS, meshed):
        yield from (Port(one.source, one.number, one.address, udp=True) for one in found)


def _of_alerting(value: Value) -> Iterator[Port]:
    """Yield the port over which several Grafanas tell each other of alerts."""
    section = value("grafana_config", {}).get("unified_alerting")
    if isinstance(section, Mapping) and section.get("ha_peers"):
        address = section.get("ha_listen_address") or _GRAFANA_MESH
        for one in _of_option("grafana_config.unified_alerting.ha_listen_address", address):
            yield from (one, Port(one.source, one.number, one.address, udp=True))


def _of_option(source: str, addresses: Any) -> Iterator[Port]:
    for each in addresses if isinstance(addresses, list) else [addresses]:
        address, _colon, number = str(each).rpartition(":")
        yield Port(source, _number(number) if number.isdecimal() else None, address)


def _number(port: Any) -> int | None:
    return port if isinstance(port, int) else int(Decimal(str(port).strip()))
