# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Nodes that join a cluster, are drained, have left it, or begin without the data that they had."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, Callable

from ansible.module_utils.basic import AnsibleModule

from ..._api.plan import PlanError
from ..._errors.sentence import OperatorError
from ..._http.session import Api, Session
from ..client import elasticsearch_api
from ..copies import Shard, holder, shards, shown
from ..explanation import not_moved, unassigned
from .capacity import is_master, readable, unfit
from .departure import Departure, exclude, refuse_others, take_back, withhold_votes
from .lost import begin_anew, lost_shards

__all__ = ["OPTIONS", "act"]

OPTIONS: Mapping[str, Any] = {
    "nodes": {"type": "list", "elements": "str", "required": True},
    "state": {"type": "str", "choices": ["present", "drained", "removed", "replaced"], "required": True},
    "accept_two_masters": {"type": "bool", "default": False},
    "accept_lost_shards": {"type": "bool", "default": False},
    "shards_timeout": {"type": "float", "default": 3600.0},
}
"""Argument spec of the module's own options."""

_LEAVING = 60.0  # seconds until the cluster notices that a node was stopped
_PAUSES = (0.5, 5.0)  # seconds between two looks, at first and at most
_BUSY = ("initializing_shards", "delayed_unassigned_shards", "number_of_in_flight_fetch")

Result = dict[str, Any]


class UnfinishedError(OperatorError):
    """Shards that did not find their place in time; `made` is for exit_json."""

    def __init__(self, sentence: str, **made: Any) -> None:
        super().__init__(sentence)
        self.made = made


def act(module: AnsibleModule, session: Session) -> Result:
    """Bring the nodes into their state, or only plan that in check mode, and return what exit_json takes."""
    api = elasticsearch_api(session)
    states: Mapping[str, Callable[[AnsibleModule, Api, Departure], Result]] = {
        "present": _present,
        "drained": _drained,
        "removed": _removed,
        "replaced": _replaced,
    }
    return states[module.params["state"]](module, api, Departure.read(api))


def _drained(module: AnsibleModule, api: Api, found: Departure) -> Result:
    nodes = [name for name in module.params["nodes"] if name in found.roles]
    begun = set(nodes) <= set(found.marked) & set(found.excluded)
    if nodes and not begun:
        _refuse(module, api, found, nodes)
    voters = [name for name in nodes if is_master(found.roles[name]) and name not in found.voteless]
    result: Result = {"changed": bool(nodes and (not begun or voters)), **_sizes(_held(api, nodes))}
    after = {"without shards": sorted({*found.excluded, *nodes}), "without a vote": sorted({*found.voteless, *voters})}
    result["diff"] = {"before": found.shown(), "after": after}
    if module.check_mode or not nodes:
        return result
    if not begun:
        exclude(api, found, nodes)
    _until(module, lambda: _waiting(api, nodes), result)
    if voters:
        withhold_votes(api, voters)
    return {**result, **_sizes(_held(api, nodes))}


def _refuse(module: AnsibleModule, api: Api, found: Departure, nodes: Collection[str]) -> None:
    """Raise PlanError if the nodes cannot be drained."""
    if others := sorted(set(found.marked) - set(module.params["nodes"])):
        raise PlanError(f"{', '.join(others)} is being drained: finish that first, or cancel it.")
    if found.enabled != "all":
        raise PlanError(
            f"cluster.routing.allocation.enable is {found.enabled}, so no shard can be moved: finish the change that "
            "set it, or remove that setting, and run again."
        )
    refuse_others(found, module.params["nodes"])
    accepted = module.params["accept_two_masters"]
    if problems := list(unfit(api, found.roles, nodes, accept_two_masters=accepted)):
        raise PlanError(f"{', '.join(nodes)} cannot be drained. {' '.join(problems)}")


def _held(api: Api, nodes: Collection[str]) -> list[Shard]:
    """Return the shards that these nodes have."""
    return [shard for shard in shards(api) if holder(shard) in nodes]


def _sizes(held: Sequence[Shard]) -> dict[str, int]:
    return {"shards": len(held), "bytes": sum(int(shard["store"] or 0) for shard in held)}


def _waiting(api: Api, nodes: Collection[str]) -> Iterator[str]:
    """Yield what is waited for, and why nothing moves, until the nodes have no shard."""
    if held := _held(api, nodes):
        size = readable(_sizes(held)["bytes"])
        yield f"{len(held)} shard(s) with {size} are left on {', '.join(nodes)}"
        yield not_moved(api, held[0])


def _until(module: AnsibleModule, waiting: Callable[[], Iterator[str]], result: Mapping[str, Any]) -> None:
    """Return when there is nothing to wait for. Raises UnfinishedError when that takes too long."""
    until, pause = time.monotonic() + module.params["shards_timeout"], _PAUSES[0]
    while left := next(waits := waiting(), ""):
        if time.monotonic() + pause > until:
            why = next(waits, "")
            raise UnfinishedError(f"{left}{why and f': {why}'}", progress=left, changed=result["changed"])
        time.sleep(pause)
        pause = min(pause * 1.5, _PAUSES[1])


def _removed(module: AnsibleModule, api: Api, found: Departure) -> Result:
    nodes, until = module.params["nodes"], time.monotonic() + _LEAVING
    while (there := sorted(set(nodes) & found.roles.keys())) and not module.check_mode:
        if time.monotonic() > until:
            raise PlanError(f"{', '.join(there)} is still in the cluster: stop its service there, and run again.")
        time.sleep(_PAUSES[0])
        found = Departure.read(api)
    return _taken_back(module, api, found, going=there)


def _taken_back(module: AnsibleModule, api: Api, found: Departure, going: Sequence[str] = ()) -> Result:
    nodes = module.params["nodes"]
    set_here = set(nodes) & {*found.marked, *found.excluded, *found.voteless}
    if set_here and not module.check_mode:
        take_back(api, found, nodes)
    after = {key: [name for name in names if name not in nodes] for key, names in found.shown().items()}
    return {"changed": bool(set_here or going), "diff": {"before": found.shown(), "after": after}}


def _present(module: AnsibleModule, api: Api, found: Departure) -> Result:
    missing = sorted(set(module.params["nodes"]) - found.roles.keys())
    if missing and not module.check_mode:
        raise PlanError(f"{', '.join(missing)} has not joined the cluster: look at its log, and run the playbook logs.")
    result = _taken_back(module, api, found)
    if not module.check_mode:
        _until(module, lambda: _recovering(api), result)
        if why := unassigned(api):
            module.warn(f"Not every shard has all of its copies: {why}")
    return result


def _recovering(api: Api) -> Iterator[str]:
    """Yield what is waited for, until no copy is being built any more."""
    health = api.call("GET", "/_cluster/health", attempt="read the health of the cluster").json()
    if any(health[key] for key in _BUSY):
        count = health["unassigned_shards"] + health["initializing_shards"]
        yield f"{count} shard(s) still lack a copy"
        yield unassigned(api)


def _replaced(module: AnsibleModule, api: Api, found: Departure) -> Result:
    lost = lost_shards(api) if set(module.params["nodes"]) - found.roles.keys() else []
    names = [shard.name for shard in lost]
    if lost and not module.params["accept_lost_shards"]:
        raise PlanError(
            f"No node has a whole copy of {len(lost)} shard(s): {shown(names)}. If the disk of the node that had them "
            "still exists, start it with that. If there is a snapshot, delete and restore these indices. To go on "
            "without their documents, accept the loss (accept_lost_shards)."
        )
    if lost and not module.check_mode:
        begin_anew(api, lost, found.roles)
    if lost:
        module.warn(f"The documents of these shards are lost: {', '.join(names)}")
    return {"changed": bool(lost), "lost_shards": names}
