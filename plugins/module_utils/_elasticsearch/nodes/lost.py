# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Shards of which no node has a whole copy any more."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle
from typing import Any

from ..._http.session import Answer, Api
from ..copies import missing_without
from ..explanation import allocation
from .capacity import Roles, is_data

__all__ = ["Lost", "begin_anew", "lost_shards"]

_PATIENCE = 60.0  # seconds until every node has answered what it has
_NONE_LEFT = "no_valid_shard_copy"


@dataclass(frozen=True)
class Lost:
    """A shard without a whole copy, and a node that has an outdated one, empty for none."""

    index: str
    number: int
    outdated_on: str = ""

    @property
    def name(self) -> str:
        """What messages call it."""
        return f"{self.index}[{self.number}]" + (f" (outdated on {self.outdated_on})" if self.outdated_on else "")


def lost_shards(api: Api) -> list[Lost]:
    """Return the shards of which, as Elasticsearch finds, no node of the cluster has a whole copy."""
    found = (_lost(api, shard["index"], int(shard["shard"])) for shard in missing_without(api, ()))
    return [lost for lost in found if lost]


def _lost(api: Api, index: str, number: int) -> Lost | None:
    until = time.monotonic() + _PATIENCE
    primary = {"index": index, "shard": number, "primary": True}
    why = allocation(api, primary)
    while why.get("can_allocate") == "awaiting_info" and time.monotonic() < until:
        time.sleep(0.5)
        why = allocation(api, primary)
    if why.get("can_allocate") != _NONE_LEFT:
        return None
    outdated = (one["node_name"] for one in why.get("node_allocation_decisions", ()) if _is_outdated(one))
    return Lost(index, number, next(outdated, ""))


def _is_outdated(node: Mapping[str, Any]) -> bool:
    store = node.get("store", {})
    return "allocation_id" in store and not store.get("in_sync", True) and "store_exception" not in store


def begin_anew(api: Api, shards: Sequence[Lost], roles: Roles) -> None:
    """Have these shards begin with their outdated copies, or empty: what only the lost ones had, is lost for good."""
    commands = list(_commands(shards, [name for name in sorted(roles) if is_data(roles[name])]))

    def outcome() -> Answer | None:
        return None if lost_shards(api) else Answer.of({})

    attempt = f"have {len(shards)} lost shard(s) begin anew"
    api.call("POST", "/_cluster/reroute?metric=none", body={"commands": commands}, attempt=attempt, outcome=outcome)


def _commands(shards: Sequence[Lost], nodes: Collection[str]) -> Iterator[dict[str, Any]]:
    for shard, node in zip(shards, cycle(nodes)):
        kind = "allocate_stale_primary" if shard.outdated_on else "allocate_empty_primary"
        place = {"index": shard.index, "shard": shard.number, "node": shard.outdated_on or node}
        yield {kind: {**place, "accept_data_loss": True}}
