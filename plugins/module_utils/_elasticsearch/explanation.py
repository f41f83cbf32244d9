# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Why shards are where they are, as Elasticsearch explains it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._http.session import Api
from .copies import Shard, holder, named

__all__ = ["allocation", "not_moved", "unassigned"]

_NONE_UNASSIGNED = 400
_SHOWN = 3  # reasons of nodes


def allocation(api: Api, shard: Mapping[str, Any] | None = None) -> Mapping[str, Any]:
    """Return what Elasticsearch explains of a shard, or of any that is not assigned; nothing if all are."""
    path, attempt = "/_cluster/allocation/explain", "read why a shard is not assigned"
    answer = api.call("GET", path, body=shard, attempt=attempt, accept=[_NONE_UNASSIGNED])
    found: Mapping[str, Any] = answer.json() if answer.status != _NONE_UNASSIGNED else {}
    return found


def unassigned(api: Api) -> str:
    """Return why a shard is not assigned, empty when there is none."""
    if not (found := allocation(api)):
        return ""
    kind = "primary" if found["primary"] else "copy"
    since = found.get("unassigned_info", {}).get("reason", found["current_state"])
    reasons = _reasons(found, "allocate_explanation")
    return f"the {kind} of shard {found['shard']} of {found['index']} is not assigned ({since}): {reasons}"


def not_moved(api: Api, shard: Shard) -> str:
    """Return why a copy of a shard is not moved to another node, empty when it is."""
    place = {"index": shard["index"], "shard": int(shard["shard"]), "primary": shard["prirep"] == "p"}
    found = allocation(api, {**place, "current_node": holder(shard)})
    if found.get("can_move_to_other_node") not in ("no", "throttled", "awaiting_info"):
        return ""
    return f"{named(shard)} cannot be moved: {_reasons(found, 'move_explanation')}"


def _reasons(found: Mapping[str, Any], general: str) -> str:
    deciders = [
        one["explanation"]
        for node in found.get("node_allocation_decisions", ())
        for one in node.get("deciders", ())
        if one["decision"] != "YES"
    ]
    return "; ".join(dict.fromkeys([found.get(general, ""), *deciders[:_SHOWN]])).strip("; ")
