# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where the copies of shards are."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from .._http.session import Api

__all__ = ["Shard", "holder", "lost_without", "missing_without", "named", "shards", "shown"]

Shard = Mapping[str, Any]
"""A copy of a shard: index, shard, prirep (p for the primary), state, node (null for none) and store, its bytes."""

_SHOWN = 5  # names in a message
_WHOLE = ("STARTED", "RELOCATING")


def lost_without(api: Api, nodes: Collection[str]) -> list[str]:
    """Return the shards, as `logs-shop[0]`, of which no other node has a whole copy.

    These are shards that only the given nodes have, whether they run or not, and shards that no node has any more.
    """
    return [named(shard) for shard in missing_without(api, nodes)]


def missing_without(api: Api, nodes: Collection[str]) -> list[Shard]:
    """Return one copy of each of these shards."""
    every = shards(api)
    kept = {named(shard) for shard in every if shard["state"] in _WHOLE and holder(shard) not in nodes}
    missing = {named(shard): shard for shard in every if named(shard) not in kept}
    return [missing[name] for name in sorted(missing)]


def shards(api: Api) -> list[Shard]:
    """Return every copy of every shard."""
    path = "/_cat/shards?format=json&bytes=b&h=index,shard,prirep,state,node,store"
    found: list[Shard] = api.call("GET", path, attempt="list the shards of the cluster").json()
    return found


def holder(shard: Shard) -> str:
    """Return the node that has a copy; of one that moves, the node that it leaves."""
    return (shard["node"] or "").partition(" -> ")[0]


def named(shard: Shard) -> str:
    """Return by what name messages call a shard."""
    return f"{shard['index']}[{shard['shard']}]"


def shown(names: Sequence[str]) -> str:
    """Return the names, of many only the first ones."""
    more = len(names) - _SHOWN
    return ", ".join(names[:_SHOWN]) + (f" and {more} more" if more > 0 else "")
