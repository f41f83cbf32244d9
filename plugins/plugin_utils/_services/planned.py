# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a host is to run: user, ports, data directory, retention and architectures of each service."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

from ansible_collections.vigil.observability.plugins.module_utils._errors.sentence import OperatorError
from ansible_collections.vigil.observability.plugins.module_utils._host.addresses import EVERY_ADDRESS
from ansible_collections.vigil.observability.plugins.plugin_utils._services.catalogue import architectures_of
from ansible_collections.vigil.observability.plugins.plugin_utils._services.ports import (
    UNIT_PORTS,
    is_meshed,
    ports_of,
    units_of,
)
from ansible_collections.vigil.observability.plugins.plugin_utils._services.registry import services

__all__ = ["certified", "planned"]

_UNITS = {"B": 1, "KB": 2**10, "MB": 2**20, "GB": 2**30, "TB": 2**40, "PB": 2**50, "EB": 2**60}
_MADE = "/etc/vigil/certificates/"


def planned(variables: Mapping[str, Any], names: Iterable[str], *, by_itself: bool = False) -> list[dict[str, Any]]:
    """Return what host_preflight takes of each service; raise OperatorError for a retention that is no size."""
    made = "" if by_itself else _MADE
    return [
        unit | _service(variables, name) | _files(variables, name, made)
        for name in names
        for unit in _units(variables, name)
    ]


def certified(variables: Mapping[str, Any], names: Iterable[str]) -> list[dict[str, Any]]:
    """Return what certificates need of each service whose certificate is not the user's own: user and names."""
    own = (name for name in names if not variables.get(f"{name}_certificate_file"))
    return [
        _account(variables, name) | {"name": unit, "names": _names(variables, name)}
        for name in own
        for unit in units_of(variables, name) or [name]
    ]


def _account(variables: Mapping[str, Any], name: str) -> dict[str, Any]:
    uid = variables.get(f"{name}_uid")
    account = {"user": variables.get(f"{name}_user") or services()[name].user_name}
    return account | ({"uid": int(uid)} if uid else {})


def _units(variables: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    """Return the name and the ports of each unit."""
    if not (units := units_of(variables, name)):
        return [{"name": services()[name].unit_names[0], **_ports(variables, name)}]
    ports = {unit: [said[key] for key in UNIT_PORTS if key in said] for unit, said in units.items()}
    return [{"name": unit, "ports": sorted(map(int, found))} for unit, found in ports.items()]


def _names(variables: Mapping[str, Any], name: str) -> list[str]:
    found = {str(variables.get(f"{name}_{kind}") or "") for kind in ("address", "listen_address")}
    found.add(urlsplit(str(variables.get(f"{name}_external_url") or "")).hostname or "")
    # All addresses are no name of a host, so none for a certificate.
    return sorted(found.difference(EVERY_ADDRESS))


def _service(variables: Mapping[str, Any], name: str) -> dict[str, Any]:
    service = services()[name]
    version, extra = variables.get(f"{name}_version"), variables.get("vigil_catalogue_extra") or {}
    architectures = architectures_of(name, version=version, extra=extra)
    data_dir = variables.get(f"{name}_data_dir") or service.data_dir
    retention, default = variables.get(f"{name}_retention_size"), service.retention_size
    return (
        _account(variables, name)
        | ({"architectures": architectures} if architectures else {})
        | ({"python": service.python} if service.python else {})
        | ({"packages": dict(service.distribution_packages)} if service.distribution_packages else {})
        | ({"data_dir": str(data_dir)} if data_dir else {})
        | ({"retention_bytes": _bytes(name, str(retention))} if retention else {})
        | _heap(variables, name)
        | ({"default_retention_bytes": _bytes(name, default)} if default else {})
    )


def _heap(variables: Mapping[str, Any], name: str) -> dict[str, int]:
    """Return the heap that the user set for a service with Java; one that follows from the memory always fits."""
    size = str(variables.get(f"{name}_heap_size") or "")
    # What is no size, the role refuses.
    return {"heap_bytes": _bytes(name, f"{size.upper()}B")} if re.fullmatch(r"\d+[kmgtKMGT]?", size) else {}


def _ports(variables: Mapping[str, Any], name: str) -> dict[str, list[int]]:
    """Return what the service is going to listen on, datagrams only where there are some."""

    def value(variable: str, default: Any) -> Any:
        return variables.get(variable) or default

    # A role by itself is given its peers, and no groups.
    members = len(value("alertmanager_peers", value("groups", {}).get("alertmanager", ())))
    found = list(ports_of(name, value, meshed=is_meshed(value, members)))
    tcp, udp = ({one.number for one in found if one.number and one.udp is wanted} for wanted in (False, True))
    return {"ports": sorted(tcp)} | ({"udp_ports": sorted(udp)} if udp else {})


def _files(variables: Mapping[str, Any], name: str, made: str) -> dict[str, list[str]]:
    """Return the files that have to be there before the run: those below `made` are made by it."""
    given = (str(variables.get(f"{name}_{kind}_file") or "") for kind in ("certificate", "key", "authority"))
    found = [path for path in given if path and not (made and path.startswith(made))]
    return {"files": found} if found else {}


def _bytes(name: str, size: str) -> int:
    matched = re.fullmatch(r"(\d+)([KMGTPE]?B)", size)
    if not matched:
        raise OperatorError(f"{name}_retention_size is {size!r}; it must be a whole number with a unit, like 50GB.")
    return int(matched[1]) * _UNITS[matched[2]]
