# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Nodes that are drained, removed and replaced. The cluster is small and keeps what it was asked to.

What it answers has the shape of what nodes of 8.9.0 and 8.19.20 answered.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from ansible_collections.vigil.observability.plugins.module_utils._elasticsearch.nodes import lost, task
from ansible_collections.vigil.observability.plugins.modules import elasticsearch_nodes
from ansible_collections.vigil.observability.tests.unit.plugins.elasticsearch import Elasticsearch, serving

Run = Callable[..., dict[str, Any]]
EXCLUDED, MARK = "cluster.routing.allocation.exclude._name", "cluster.metadata.vigil_drains"
DISK, GIB = "cluster.routing.allocation.disk.", 2**30
DEFAULTS = {
    f"{DISK}threshold_enabled": "true",
    f"{DISK}watermark.low": "85%",
    f"{DISK}watermark.low.max_headroom": "200GB",
    "cluster.max_shards_per_node": "1000",
}
DRAINED = {EXCLUDED: "search3", MARK: "search3"}
LONE = ("lone", 0, "p", "search3")


@dataclass
class Cluster(Elasticsearch):
    """Nodes by their roles, and shards with their holders; shards of an excluded node move when they are looked at."""

    roles: dict[str, list[str]] = field(default_factory=dict)
    shards: list[tuple[str, int, str, str]] = field(default_factory=list)
    settings: dict[str, str] = field(default_factory=dict)
    voteless: list[str] = field(default_factory=list)
    defaults: dict[str, str] = field(default_factory=lambda: dict(DEFAULTS))
    replicas: dict[str, dict[str, str]] = field(default_factory=dict)
    free: int = 50 * GIB
    busy: int = 0  # looks after which all copies are built
    stuck: bool = False
    outdated: str = ""
    steps: list[str] = field(default_factory=list)

    def exchange(self, method: str, path: str, body: Any, login: str = "") -> dict[str, Any]:  # noqa: ARG002
        """Answer as a cluster in this state does."""
        place, query = urlsplit(path).path, parse_qs(urlsplit(path).query)
        written = {"PUT": self.set, "POST": self.post, "DELETE": self.give_votes}
        if method in written:
            self.steps.append(f"{method} {place.rpartition('/')[2]}")
            written[method](body, query)
            return {"status": 200, "answer": {"acknowledged": True}}
        answer = self.read(place, body, defaults="include_defaults" in query)
        return {"status": 400 if answer is None else 200, "answer": answer}

    def read(self, place: str, body: Any, *, defaults: bool) -> Any:
        """Return what the cluster shows there."""
        if place == "/_cluster/allocation/explain":
            return self.explained(body)
        if place == "/_cluster/settings":
            return self.all_settings(defaults=defaults)
        reads: dict[str, Callable[[], Any]] = {
            "/_nodes": lambda: {"nodes": {k: {"name": k, "roles": roles} for k, roles in self.roles.items()}},
            "/_cluster/state/metadata": self.state,
            "/_cat/shards": self.rows,
            "/_cat/allocation": self.disks,
            "/_cluster/health": self.health,
        }
        return reads[place]() if place in reads else {name: {"settings": one} for name, one in self.replicas.items()}

    def set(self, body: Any, _query: Any) -> None:
        """Take settings; nothing removes one."""
        self.settings = {k: v for k, v in {**self.settings, **body["persistent"]}.items() if v is not None}

    def post(self, body: Any, query: Any) -> None:
        """Withhold votes, or have shards begin anew."""
        self.voteless += query["node_names"][0].split(",") if "node_names" in query else []
        for command in body["commands"] if body else ():
            for kind, where in command.items():
                self.steps.append(f"{kind} {where['index']} {where['node']} {where['accept_data_loss']}")
                self.shards = [(*one[:3], where["node"]) if one[0] == where["index"] else one for one in self.shards]

    def give_votes(self, _body: Any, query: Any) -> None:
        """Give all votes back, also those of nodes that are there."""
        assert query["wait_for_removal"] == ["false"]
        self.voteless.clear()

    def all_settings(self, *, defaults: bool) -> Any:
        """Return the settings of the cluster."""
        every = {"persistent": self.settings, "transient": {}}
        return {**every, "defaults": self.defaults} if defaults else every

    def state(self) -> Any:
        """Return whose votes are withheld; a cluster without such nodes answers nothing under the filter."""
        found = [{"node_id": name * 2, "node_name": name} for name in self.voteless]
        return {"metadata": {"cluster_coordination": {"voting_config_exclusions": found}}} if found else {}

    def rows(self) -> Any:
        """Return the shards, and then move one from an excluded node."""
        found = [
            {"index": index, "shard": str(number), "prirep": kind, "node": node or None, "store": "1024"}
            | {"state": "STARTED" if node else "UNASSIGNED"}
            for index, number, kind, node in self.shards
        ]
        excluded = self.settings.get(EXCLUDED, "").split(",")
        for place, shard in enumerate(self.shards):
            if shard[3] and shard[3] in excluded and not self.stuck:
                self.shards[place] = (*shard[:3], next(name for name in self.roles if name not in excluded))
                break
        return found

    def disks(self) -> Any:
        """Return disks of 100 GiB, and a row for shards without a node."""
        names = [name for name, roles in self.roles.items() if "data" in roles]
        sizes = {"disk.avail": str(self.free), "disk.total": str(100 * GIB)}
        rows = [{"node": name, "disk.indices": str(20 * GIB), **sizes} for name in names]
        return [*rows, {"node": "UNASSIGNED", "disk.indices": None, "disk.avail": None, "disk.total": None}]

    def explained(self, body: Any) -> Any:
        """Explain a shard, or the first that is not assigned."""
        away = [shard for shard in self.shards if not shard[3]]
        if body is None:
            if not away:
                return None
            body = {"index": away[0][0], "shard": 0, "primary": False}
        stores = [{"node_name": name, "store": {"found": False}} for name in self.roles]
        if self.outdated:
            stores.append({"node_name": self.outdated, "store": {"in_sync": False, "allocation_id": "a"}})
        filtered = [{"decider": "filter", "decision": "NO", "explanation": "node search3 is wanted"}]
        decisions = [{**one, "deciders": filtered} for one in stores]
        moved = {"can_move_to_other_node": "no", "move_explanation": "No node may have it."} if self.stuck else {}
        lost = {"can_allocate": "no_valid_shard_copy", "allocate_explanation": "There are no copies."} if away else {}
        return {**body, "current_state": "unassigned", "node_allocation_decisions": decisions, **moved, **lost}

    def health(self) -> Any:
        """Return how many copies are being built."""
        self.busy = max(0, self.busy - 1)
        quiet = {"delayed_unassigned_shards": 0, "number_of_in_flight_fetch": 0, "unassigned_shards": 0}
        return {"status": "green", "initializing_shards": self.busy, **quiet}


@pytest.fixture(autouse=True)
def _in_no_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(task, "_PAUSES", (0.001, 0.001))
    monkeypatch.setattr(task, "_LEAVING", 0.01)
    monkeypatch.setattr(lost, "_PATIENCE", 0.0)


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    """Four nodes with all roles, and four shards, each with two copies."""
    names = [f"search{number}" for number in (1, 2, 3, 4)]
    copies = [("logs", place, kind, names[place + (kind == "r")]) for place in range(3) for kind in "pr"]
    replicas = {"logs": {"index.number_of_replicas": "1"}}
    found = Cluster("8.19.20", [], roles={name: ["data", "ingest", "master"] for name in names}, shards=copies)
    found.replicas = replicas
    with serving(found):
        yield found


@pytest.fixture
def into(run: Run, cluster: Cluster) -> Run:
    """A function that brings nodes into a state."""

    def brought(state: str, *names: str, **options: Any) -> dict[str, Any]:
        cluster.steps.clear()
        return run(cluster, elasticsearch_nodes, state=state, nodes=list(names), **options)

    return brought


def test_drained_node_has_neither_shards_nor_a_vote(into: Run, cluster: Cluster) -> None:
    result = into("drained", "search3")
    assert (result["changed"], result["shards"], result["bytes"]) == (True, 0, 0)
    assert (cluster.settings, cluster.voteless) == (DRAINED, ["search3"])
    assert cluster.steps == ["PUT settings", "POST voting_config_exclusions"]
    assert "search3" not in {shard[3] for shard in cluster.shards}


def test_drained_node_that_is_drained_again_is_unchanged(into: Run, cluster: Cluster) -> None:
    into("drained", "search3")
    assert not into("drained", "search3")["changed"]
    assert cluster.writes == 0


def test_node_that_only_has_data_keeps_its_part_in_elections(into: Run, cluster: Cluster) -> None:
    cluster.roles["search3"] = ["data"]
    assert into("drained", "search3")["changed"]
    assert (cluster.steps, cluster.voteless) == (["PUT settings"], [])


def test_removed_node_leaves_no_setting_behind(into: Run, cluster: Cluster) -> None:
    into("drained", "search3")
    del cluster.roles["search3"]
    assert into("removed", "search3")["changed"]
    assert (cluster.settings, cluster.voteless) == ({}, [])
    assert not into("removed", "search3")["changed"]
    assert not into("drained", "search3")["changed"]
    assert cluster.writes == 0


def test_what_others_excluded_stays_excluded(into: Run, cluster: Cluster) -> None:
    cluster.settings[EXCLUDED] = "search4"
    into("drained", "search3")
    assert cluster.settings[EXCLUDED] == "search4,search3"
    del cluster.roles["search3"]
    into("removed", "search3")
    assert cluster.settings == {EXCLUDED: "search4"}


def test_node_that_runs_is_not_removed(into: Run, cluster: Cluster) -> None:
    into("drained", "search3")
    assert "search3 is still in the cluster: stop its service" in into("removed", "search3")["msg"]
    assert cluster.settings == DRAINED


def test_check_mode_names_what_would_be_done_and_writes_nothing(into: Run, cluster: Cluster) -> None:
    result = into("drained", "search3", check=True)
    assert (result["changed"], result["shards"], result["bytes"]) == (True, 2, 2048)
    assert result["diff"]["after"] == {"without shards": ["search3"], "without a vote": ["search3"]}
    assert into("removed", "search3", check=True)["changed"]
    assert (cluster.settings, cluster.writes) == ({}, 0)


@pytest.mark.parametrize("begun", [{EXCLUDED: "search3", MARK: "search3"}, {MARK: "search3"}])
def test_drain_that_was_killed_is_finished_by_the_next_run(into: Run, cluster: Cluster, begun: dict[str, str]) -> None:
    cluster.settings = dict(begun)
    assert into("drained", "search3")["changed"]
    assert (cluster.settings, cluster.voteless) == (DRAINED, ["search3"])


def test_cancelled_drain_gives_shards_and_votes_back(into: Run, cluster: Cluster) -> None:
    into("drained", "search3")
    assert into("present", "search1", "search3")["changed"]
    assert (cluster.settings, cluster.voteless) == ({}, [])
    assert not into("present", "search1", "search3")["changed"]


def test_shards_that_cannot_be_moved_end_the_wait_with_the_reason(into: Run, cluster: Cluster) -> None:
    cluster.stuck = True
    result = into("drained", "search3", shards_timeout=0.01)
    left = "2 shard(s) with 2 KiB are left on search3"
    assert (result["progress"], result["changed"]) == (left, True)
    assert result["msg"] == f"{left}: logs[1] cannot be moved: No node may have it.; node search3 is wanted"
    assert (cluster.settings, cluster.voteless) == (DRAINED, [])


def test_wait_ends_once_all_copies_are_built(into: Run, cluster: Cluster) -> None:
    cluster.busy = 3
    assert not into("present", "search1")["changed"]
    assert (cluster.busy, cluster.asked.count(("GET", "/_cluster/health"))) == (0, 3)


def test_copies_that_are_never_built_are_explained(into: Run, cluster: Cluster) -> None:
    cluster.shards[1] = (*cluster.shards[1][:3], "")
    (warning,) = into("present", "search1")["warnings"]
    assert warning.startswith("Not every shard has all of its copies: the copy of shard 0 of logs is not assigned")
    assert warning.endswith("There are no copies.; node search3 is wanted")


def test_node_that_has_not_joined_is_not_present(into: Run) -> None:
    assert "search9 has not joined the cluster" in into("present", "search1", "search9")["msg"]


def only(**masters: Any) -> Callable[[Cluster], None]:
    """Return a change that leaves only these nodes master-eligible."""

    def change(cluster: Cluster) -> None:
        cluster.roles = {name: ["data", *(["master"] if name in masters["names"] else [])] for name in cluster.roles}

    return change


def setting(**changed: Any) -> Callable[[Cluster], None]:
    """Return a change of the cluster."""
    return lambda cluster: cluster.__dict__.update(changed)


@pytest.mark.parametrize(
    ("change", "names", "sentence"),
    [
        (only(names=["search3"]), ["search3"], "No master-eligible node would be left: add one first."),
        (
            only(names=["search1", "search2", "search3"]),
            ["search3"],
            "Only search1 and search2 would be master-eligible, and neither serves without the other",
        ),
        (
            only(names=["search1"]),
            ["search2", "search3", "search4"],
            "1 data node(s) would be left, and no node holds two copies of a shard: logs would lack a copy.",
        ),
        (
            setting(
                replicas={
                    "a": {"index.number_of_replicas": "3"},
                    "b": {"index.number_of_replicas": "9", "index.auto_expand_replicas": "0-all"},
                }
            ),
            ["search3"],
            "3 data node(s) would be left, and no node holds two copies of a shard: a would lack a copy.",
        ),
        (
            setting(free=20 * GIB),
            ["search3"],
            "The shards there have 20 GiB, and the others can take 15 GiB until their disks reach the low watermark",
        ),
        (
            setting(defaults={**DEFAULTS, f"{DISK}watermark.low": "45gb", f"{DISK}watermark.low.max_headroom": "-1"}),
            ["search3"],
            "the others can take 15 GiB until their disks reach the low watermark (45gb)",
        ),
        (
            setting(defaults={**DEFAULTS, f"{DISK}watermark.low": "0.55", f"{DISK}watermark.low.max_headroom": "-1"}),
            ["search3"],
            "the others can take 15 GiB until their disks reach the low watermark (0.55)",
        ),
        (
            setting(defaults={**DEFAULTS, "cluster.max_shards_per_node": "1"}),
            ["search3"],
            "The others may have 3 shards (cluster.max_shards_per_node), and there are 6",
        ),
        (
            setting(settings={MARK: "search4"}),
            ["search3"],
            "search4 is being drained: finish that first, or cancel it.",
        ),
        (setting(voteless=["search1"]), ["search3"], "The votes of search1 are withheld too"),
        (
            setting(settings={"cluster.routing.allocation.enable": "primaries"}),
            ["search3"],
            "cluster.routing.allocation.enable is primaries, so no shard can be moved",
        ),
    ],
)
def test_nodes_that_the_others_cannot_do_without_are_not_drained(
    into: Run, cluster: Cluster, change: Callable[[Cluster], None], names: list[str], sentence: str
) -> None:
    change(cluster)
    before = dict(cluster.settings)
    assert sentence in into("drained", *names)["msg"]
    assert (cluster.settings, cluster.writes) == (before, 0)


@pytest.mark.parametrize(
    "defaults",
    [
        {f"{DISK}watermark.low.max_headroom": "10GB"},
        {f"{DISK}threshold_enabled": "false"},
    ],
)
def test_full_disks_are_judged_as_elasticsearch_does(into: Run, cluster: Cluster, defaults: dict[str, str]) -> None:
    cluster.free, cluster.defaults = 20 * GIB, {**DEFAULTS, **defaults}
    assert into("drained", "search3")["changed"]


def test_two_masters_may_be_left_when_that_is_accepted(into: Run, cluster: Cluster) -> None:
    only(names=["search1", "search2", "search3"])(cluster)
    assert into("drained", "search3", accept_two_masters=True)["changed"]
    assert cluster.voteless == ["search3"]


@pytest.fixture
def bereft(cluster: Cluster) -> Cluster:
    """A cluster whose node search3 is gone, and with it the only copy of a shard."""
    del cluster.roles["search3"]
    cluster.shards.append((*LONE[:3], ""))
    return cluster


def test_node_whose_shards_have_other_copies_is_replaced(into: Run, cluster: Cluster) -> None:
    del cluster.roles["search3"]
    result = into("replaced", "search3")
    assert (result["changed"], result["lost_shards"]) == (False, [])


def test_node_that_had_the_only_copy_is_not_replaced(into: Run, bereft: Cluster) -> None:
    message = into("replaced", "search3")["msg"]
    assert message.startswith("No node has a whole copy of 1 shard(s): lone[0]. If the disk of the node")
    assert bereft.writes == 0


@pytest.mark.parametrize(
    ("outdated", "step", "name"),
    [
        ("", "allocate_empty_primary lone search1 True", "lone[0]"),
        ("search2", "allocate_stale_primary lone search2 True", "lone[0] (outdated on search2)"),
    ],
)
def test_lost_shard_begins_anew_when_that_is_accepted(
    into: Run, bereft: Cluster, outdated: str, step: str, name: str
) -> None:
    bereft.outdated = outdated
    planned = into("replaced", "search3", accept_lost_shards=True, check=True)
    assert (planned["changed"], planned["lost_shards"], bereft.writes) == (True, [name], 0)
    result = into("replaced", "search3", accept_lost_shards=True)
    assert (bereft.steps, result["lost_shards"]) == (["POST reroute", step], [name])
    assert result["warnings"] == [f"The documents of these shards are lost: {name}"]
    assert not into("replaced", "search3", accept_lost_shards=True)["changed"]
