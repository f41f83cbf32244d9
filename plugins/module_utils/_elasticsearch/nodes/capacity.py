# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a cluster can do without some of its nodes: elect a master, and hold the data."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..._http.session import Api
from ..copies import shards, shown

__all__ = ["Roles", "is_data", "is_master", "readable", "unfit"]

Roles = Mapping[str, Sequence[str]]
"""{node: its roles}"""

_DISK = "cluster.routing.allocation.disk."
_LOW = f"{_DISK}watermark.low"
_LIMIT = "cluster.max_shards_per_node"
_PAIR = 2
_UNITS = ("b", "kb", "mb", "gb", "tb", "pb")


def unfit(api: Api, roles: Roles, leaving: Collection[str], *, accept_two_masters: bool) -> Iterator[str]:
    """Yield why the other nodes cannot serve without those that leave, each as a sentence."""
    yield from _masters(roles, leaving, accept_two_masters=accept_two_masters)
    if any(is_data(roles[name]) for name in leaving):
        rest = [name for name in roles if name not in leaving and is_data(roles[name])]
        yield from _data(api, rest, leaving)


def is_master(roles: Sequence[str]) -> bool:
    """Return whether a node with these roles takes part in the election of a master."""
    return "master" in roles


def is_data(roles: Sequence[str]) -> bool:
    """Return whether a node with these roles may hold shards."""
    return any(role == "data" or role.startswith("data_") for role in roles)


def _masters(roles: Roles, leaving: Collection[str], *, accept_two_masters: bool) -> Iterator[str]:
    masters = [name for name in roles if is_master(roles[name])]
    rest = [name for name in masters if name not in leaving]
    if not rest:
        yield "No master-eligible node would be left: add one first."
    elif len(rest) == _PAIR and len(masters) > _PAIR and not accept_two_masters:
        yield (
            f"Only {' and '.join(sorted(rest))} would be master-eligible, and neither serves without the other: add a "
            "node first, or accept that for the time being (accept_two_masters)."
        )


def _data(api: Api, rest: Sequence[str], leaving: Collection[str]) -> Iterator[str]:
    settings = _settings(api)
    if crowded := sorted(_crowded(api, len(rest))):
        yield (
            f"{len(rest)} data node(s) would be left, and no node holds two copies of a shard: {shown(crowded)} would "
            "lack a copy. Lower number_of_replicas there, or add a node first."
        )
    total, most = len(shards(api)), int(settings[_LIMIT]) * len(rest)
    if total > most:
        yield (
            f"The others may have {most} shards ({_LIMIT}), and there are {total}: delete old indices, or add a node "
            "first."
        )
    disks = {row["node"]: row for row in _disks(api)}
    held = sum(int(disks[name]["disk.indices"] or 0) for name in leaving if name in disks)
    room = sum(_room(settings, _Disk.of(disks[name])) for name in rest if name in disks)
    if settings[f"{_DISK}threshold_enabled"] == "true" and held > room:
        yield (
            f"The shards there have {readable(held)}, and the others can take {readable(room)} until their disks reach "
            f"the low watermark ({settings[_LOW]}): delete old indices, or add a node or larger disks first."
        )


def _settings(api: Api) -> dict[str, Any]:
    path = "/_cluster/settings?include_defaults=true&flat_settings=true&filter_path=*.*routing*,*.*max_shards*"
    found = api.call("GET", path, attempt="read the settings of the cluster").json()
    return {**found.get("defaults", {}), **found.get("persistent", {}), **found.get("transient", {})}


def _crowded(api: Api, nodes: int) -> Iterator[str]:
    """Yield the indices with more copies than so many nodes can have; the number of some follows that of the nodes."""
    wanted = "index.number_of_replicas,index.auto_expand_replicas"
    path = f"/_all/_settings/{wanted}?flat_settings=true&expand_wildcards=all"
    for name, index in api.call("GET", path, attempt="read the replicas of the indices").json().items():
        settings = index["settings"]
        follows = settings.get("index.auto_expand_replicas", "false") != "false"
        if not follows and int(settings["index.number_of_replicas"]) >= nodes:
            yield name


def _disks(api: Api) -> list[dict[str, Any]]:
    path = "/_cat/allocation?format=json&bytes=b&h=node,disk.indices,disk.avail,disk.total"
    found: list[dict[str, Any]] = api.call("GET", path, attempt="read the disks of the nodes").json()
    return found


@dataclass(frozen=True)
class _Disk:
    total: int
    free: int

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> _Disk:
        return cls(int(row["disk.total"] or 0), int(row["disk.avail"] or 0))


def _room(settings: Mapping[str, Any], disk: _Disk) -> int:
    """Return the bytes that a disk takes until it reaches the low watermark."""
    low = str(settings[_LOW])
    if (kept := _bytes(low)) < 0:
        share = float(low.rstrip("%")) / (100 if low.endswith("%") else 1)
        most = _bytes(str(settings.get(f"{_LOW}.max_headroom", "-1")))
        kept = round(disk.total * (1 - share))
        kept = min(kept, most) if most >= 0 else kept
    return max(0, disk.free - kept)


def _bytes(size: str) -> int:
    """Return the bytes of a size such as 50gb, a negative number for what is none."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)([kmgtp]?b)", size.lower())
    return int(float(found[1]) * 1024 ** _UNITS.index(found[2])) if found else -1


def readable(size: float) -> str:
    """Return a number of bytes with the unit that operators expect."""
    for unit in ("B", "KiB", "MiB", "GiB"):
        if size < 1024:  # noqa: PLR2004
            return f"{size:.3g} {unit}"
        size /= 1024
    return f"{size:,.1f} TiB"
