# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What keeps shards and votes from nodes that leave a cluster: set, read and taken back.

A setting marks for which nodes that was done here, so that the next run finishes what a killed run has begun.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Callable

from ..._api.plan import PlanError
from ..._http.session import Answer, Api
from .capacity import Roles

__all__ = ["Departure", "exclude", "refuse_others", "take_back", "withhold_votes"]

_EXCLUDED = "cluster.routing.allocation.exclude._name"
_MARK = "cluster.metadata.vigil_drains"
_SETTINGS = "/_cluster/settings"
_EXCLUSIONS = "/_cluster/voting_config_exclusions"


@dataclass(frozen=True)
class Departure:
    """The nodes by their roles, and by name those that may hold no shard, are marked as leaving, and have no vote."""

    roles: Roles
    excluded: Sequence[str]
    marked: Sequence[str]
    voteless: Sequence[str]
    enabled: str  # which shards may be allocated

    @classmethod
    def read(cls, api: Api) -> Departure:
        """Return what the cluster has now."""
        path = "/_nodes?filter_path=nodes.*.name,nodes.*.roles"
        nodes = api.call("GET", path, attempt="list the nodes of the cluster").json()["nodes"].values()
        settings = _settings(api)
        return cls(
            {node["name"]: node["roles"] for node in nodes},
            _names(settings.get(_EXCLUDED)),
            _names(settings.get(_MARK)),
            _voteless(api),
            settings.get("cluster.routing.allocation.enable", "all"),
        )

    def shown(self) -> dict[str, Any]:
        """Return what a diff shows."""
        return {"without shards": sorted(self.excluded), "without a vote": sorted(self.voteless)}


def exclude(api: Api, found: Departure, nodes: Collection[str]) -> None:
    """Have the shards of these nodes moved to others."""
    _set(api, [*found.excluded, *nodes], [*found.marked, *nodes], "have the shards moved to other nodes")


def withhold_votes(api: Api, nodes: Collection[str]) -> None:
    """Have no master elected by these nodes, and none of them elected."""
    wanted = partial(_is_voteless, api, nodes)
    attempt = f"withhold the votes of {', '.join(nodes)}"
    api.call("POST", _EXCLUSIONS, query=[("node_names", ",".join(nodes))], attempt=attempt, outcome=_once(wanted))


def take_back(api: Api, found: Departure, nodes: Collection[str]) -> None:
    """Remove all that was set for these nodes. Raises PlanError where that would remove what others have set."""
    if any(name in nodes for name in found.voteless):
        refuse_others(found, nodes)
        query = [("wait_for_removal", "false")]
        none = _once(lambda: not _voteless(api))
        api.call("DELETE", _EXCLUSIONS, query=query, attempt="give the votes back", outcome=none)
    excluded, marked = ([name for name in names if name not in nodes] for names in (found.excluded, found.marked))
    if (excluded, marked) != (list(found.excluded), list(found.marked)):
        _set(api, excluded, marked, "allow shards on all nodes again")


def refuse_others(found: Departure, nodes: Collection[str]) -> None:
    """Raise PlanError for votes that others withhold: Elasticsearch gives all of them back together."""
    if others := sorted(set(found.voteless) - set(nodes)):
        raise PlanError(
            f"The votes of {', '.join(others)} are withheld too, and Elasticsearch gives votes back only all together. "
            f"Finish what that was done for, then `DELETE {_EXCLUSIONS}`, and run again."
        )


def _set(api: Api, excluded: Sequence[str], marked: Sequence[str], attempt: str) -> None:
    names = {_EXCLUDED: excluded, _MARK: marked}
    wanted = {key: ",".join(dict.fromkeys(values)) or None for key, values in names.items()}

    def done() -> bool:
        there = _settings(api)
        return all(there.get(key) == value for key, value in wanted.items())

    api.call("PUT", _SETTINGS, body={"persistent": wanted}, attempt=attempt, outcome=_once(done))


def _once(done: Callable[[], bool]) -> Callable[[], Answer | None]:
    return lambda: Answer.of({}) if done() else None


def _settings(api: Api) -> Mapping[str, Any]:
    answer = api.call("GET", f"{_SETTINGS}?flat_settings=true", attempt="read the settings of the cluster").json()
    found: Mapping[str, Any] = answer["persistent"]
    return found


def _names(value: Any) -> list[str]:
    names = value if isinstance(value, list) else str(value or "").split(",")
    return [name.strip() for name in names if name.strip()]


def _voteless(api: Api) -> list[str]:
    path = "/_cluster/state/metadata?filter_path=metadata.cluster_coordination.voting_config_exclusions"
    found = api.call("GET", path, attempt="read whose votes are withheld").json()
    coordination = found.get("metadata", {}).get("cluster_coordination", {})
    return [one["node_name"] for one in coordination.get("voting_config_exclusions", ())]


def _is_voteless(api: Api, nodes: Collection[str]) -> bool:
    return set(nodes) <= set(_voteless(api))
