# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Nodes that leave their cluster for a change and return. The cluster is small and keeps what it was asked to."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ansible_collections.vigil.observability.plugins.module_utils._elasticsearch import rolling
from ansible_collections.vigil.observability.plugins.module_utils._elasticsearch.upgrades import forbidden_step
from ansible_collections.vigil.observability.plugins.modules import active_service
from ansible_collections.vigil.observability.tests.unit.plugins.elasticsearch import Elasticsearch, serving
from ansible_collections.vigil.observability.tests.unit.plugins.modules.test_active_service_interrupted import (
    run_until_the_end,
)

if TYPE_CHECKING:
    from ansible_collections.vigil.observability.tests.unit.plugins.modules.conftest import Host

Change = Callable[..., Any]
ALLOCATION, MARK = "cluster.routing.allocation.enable", "cluster.metadata.vigil_changes"
LEFT = {ALLOCATION: "primaries", MARK: "demo"}
QUIET = dict.fromkeys(
    (
        "initializing_shards",
        "relocating_shards",
        "delayed_unassigned_shards",
        "number_of_pending_tasks",
        "number_of_in_flight_fetch",
    ),
    0,
)


@dataclass
class Cluster(Elasticsearch):
    """Three nodes, of which demo is one and other another; `steps` are the verbs of the host and the writes here."""

    status: str = "green"
    elected: str = "other"
    electors: tuple[str, ...] = ("demo", "other", "third")
    versions: tuple[str, str] = ("1.0.0", "1.0.0")
    joined: bool = True
    settings: dict[str, str] = field(default_factory=dict)
    shards: list[tuple[str, str]] = field(default_factory=list)
    made: int = 0  # indices that will be made just as the allocation is restricted
    steps: list[str] = field(default_factory=list)
    look: Callable[[], list[str]] = list

    def exchange(self, method: str, path: str, body: Any, login: str = "") -> dict[str, Any]:  # noqa: ARG002
        """Answer as a cluster in this state does."""
        self.steps += [verb for verb in self.look() if verb in ("stop", "restart")]
        place, status = path.partition("?")[0], 200
        answer: Any = {}
        if not self.elected:
            status, answer = 503, {"error": {"type": "master_not_discovered_exception"}}
        elif place in (shown := self.shown()):
            answer = shown[place]
        elif place == "/_cluster/settings" and method == "GET":
            answer = {"persistent": self.settings, "transient": {}}
        elif place == "/_cluster/settings":
            self.settings = {key: value for key, value in {**self.settings, **body["persistent"]}.items() if value}
            self.steps.append(self.settings.get(ALLOCATION, "all"))
            if self.made:
                self.made -= 1
                self.status = "yellow" if ALLOCATION in self.settings else "green"
        elif place == "/_flush":
            self.steps.append("flush")
        elif place == "/_cluster/health":
            late = self.status != "green" and f"={self.status}" not in path
            status, answer = 408 if late else 200, {"status": self.status, "timed_out": late, **QUIET}
            self.steps.append(self.status)
        else:
            status, answer = self.explained()
        return {"status": status, "answer": answer}

    def shown(self) -> dict[str, Any]:
        """Return nodes, shards and who elects the master, by path."""
        names = ["other", "demo"] if self.joined else ["other"]
        nodes = [
            {"name": name, "version": version, "master": "*" if name == self.elected else "-"}
            for name, version in zip(names, self.versions)
        ]
        return {
            "/_cat/nodes": nodes,
            "/_cat/shards": [
                {"index": "logs", "shard": "0", "state": state, "node": node} for state, node in self.shards
            ],
            "/_cluster/state/nodes,metadata": {
                "nodes": {name: {"name": name} for name in [*names, "third"]},
                "metadata": {"cluster_coordination": {"last_committed_config": self.electors}},
            },
        }

    def explained(self) -> tuple[int, Any]:
        """Answer why a shard is not assigned."""
        if self.status == "green":
            return 400, {"error": "nothing is unassigned"}
        decisions = [{"deciders": [{"decision": "NO", "explanation": "the disk is full"}]}]
        shard = {"index": "logs", "shard": 0, "primary": False, "current_state": "unassigned"}
        return 200, {**shard, "unassigned_info": {"reason": "NODE_LEFT"}, "node_allocation_decisions": decisions}


@pytest.fixture
def cluster(host: Host, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cluster]:
    """A green cluster that runs demo, and that is refused as soon as it is not green."""
    monkeypatch.setattr(rolling, "_PATIENCE", 0.0)
    found = Cluster("8.19.20", [], look=host.calls)
    with serving(found):
        yield found


@pytest.fixture
def options(host: Host, cluster: Cluster) -> Callable[..., dict[str, Any]]:
    """Return a function that returns the options of the service as a node of the cluster."""
    password = host.root / "password"
    password.write_text("a-password-of-the-node\n")

    def of(release: str = "1.0.0", config: str = "one", node: dict[str, Any] | None = None, **changed: Any) -> Any:
        known = {"node": "demo", "urls": [cluster.url, cluster.url], "username": "deployment"}
        known |= {"password_file": str(password), **(node or {})}
        return host.options(release, config, **{"reload": False, "reload_path": None, "cluster": known, **changed})

    return of


@pytest.fixture
def change(options: Callable[..., Any], run_module: Callable[..., Any], cluster: Cluster) -> Change:
    """Return a function that activates the service as a node of the cluster, and forgets the steps before."""

    def run(*arguments: Any, **changed: Any) -> Any:
        cluster.look()
        cluster.steps.clear()
        return run_module(active_service, **options(*arguments, **changed))

    return run


def test_first_start_and_unchanged_run_ask_the_cluster_nothing(change: Change, cluster: Cluster) -> None:
    assert change()["action"] == "installed"
    assert not change()["changed"]
    assert cluster.asked == []


def test_node_leaves_a_green_cluster_and_gives_the_allocation_back(
    change: Change, cluster: Cluster, host: Host
) -> None:
    change()
    assert change(config="two")["action"] == "restarted"
    assert cluster.steps == ["green", "primaries", "green", "flush", "stop", "restart", "all", "green"]
    assert (cluster.settings, host.serves()) == ({}, "1.0.0 two")


def test_index_that_is_made_as_the_allocation_is_restricted_gets_its_copy_first(
    change: Change, cluster: Cluster
) -> None:
    change()
    cluster.made = 2  # with its copy
    change(config="two")
    assert cluster.steps[:7] == ["green", "primaries", "yellow", "all", "green", "primaries", "green"]
    assert cluster.steps[7:] == ["flush", "stop", "restart", "all", "green"]


def test_node_stays_where_indices_are_made_faster_than_their_copies(change: Change, cluster: Cluster) -> None:
    change()
    cluster.made = 1_000
    assert "its cluster makes indices faster than their copies" in change(config="two")["msg"]
    assert cluster.settings == {}
    assert "stop" not in cluster.steps


def test_only_node_of_a_cluster_is_restarted_without_a_question(change: Change, cluster: Cluster) -> None:
    change()
    assert change(config="two", node={"urls": [cluster.url]})["action"] == "restarted"
    assert cluster.asked == []


@pytest.mark.parametrize("status", ["yellow", "red"])
def test_cluster_that_is_not_green_is_refused_with_the_reason(
    change: Change, cluster: Cluster, host: Host, status: str
) -> None:
    change()
    cluster.status = status
    result = change(config="two")
    assert f"its cluster is {status}, not green: the copy of shard 0 of logs is not assigned" in result["msg"]
    assert "(NODE_LEFT): the disk is full" in result["msg"]
    assert "The running service was not touched" in result["msg"]
    assert (cluster.settings, cluster.steps, host.serves()) == ({}, [status], "1.0.0 one")


@pytest.mark.parametrize(("moves", "rounds"), [(0, 3), (2, 5)])
def test_cluster_is_not_waited_for_once_no_shard_moves(
    change: Change, cluster: Cluster, monkeypatch: pytest.MonkeyPatch, moves: int, rounds: int
) -> None:
    change()
    monkeypatch.setattr(rolling, "_PATIENCE", 60.0)
    answered = Cluster.exchange

    def moving(self: Cluster, method: str, path: str, body: Any, login: str = "") -> dict[str, Any]:
        found = answered(self, method, path, body, login)
        if "/_cluster/health" in path:
            found["answer"]["initializing_shards"] = int(len(self.steps) <= moves)
        return found

    monkeypatch.setattr(Cluster, "exchange", moving)
    cluster.status = "red"
    result = change(config="two", node={"accept_yellow": True})
    assert "its cluster is red, not yellow" in result["msg"]
    assert cluster.steps == ["red"] * rounds


def test_yellow_cluster_is_changed_when_that_is_accepted(change: Change, cluster: Cluster) -> None:
    change()
    cluster.status = "yellow"
    assert change(config="two", node={"accept_yellow": True})["action"] == "restarted"
    assert cluster.settings == {}


@pytest.mark.parametrize(("versions", "holder", "goes_on"), [
    (("1.0.0", "1.5.0"), "other", True),
    (("1.0.0", "1.5.0"), "demo", False),
    (("1.0.0", "1.0.0"), "other", False),
])  # fmt: skip
def test_copies_that_older_nodes_cannot_have_do_not_stop_an_upgrade(
    change: Change, cluster: Cluster, versions: tuple[str, str], holder: str, goes_on: bool
) -> None:
    change()
    cluster.status, cluster.versions = "yellow", versions
    cluster.shards = [("STARTED", holder), ("UNASSIGNED", "")]
    result = change(config="two")
    assert result["failed"] != goes_on, result["msg"]


def test_restriction_of_somebody_else_is_left_alone(change: Change, cluster: Cluster) -> None:
    change()
    cluster.settings = {ALLOCATION: "none"}
    assert f"{ALLOCATION} is none" in change(config="two")["msg"]
    assert cluster.settings == {ALLOCATION: "none"}


def test_node_that_does_not_return_is_rolled_back_and_the_allocation_given_back(
    change: Change, cluster: Cluster, host: Host
) -> None:
    change()
    host.release("1.5.0", "crash")
    result = change("1.5.0")
    assert "Rolled back to demo 1.0.0, which is healthy" in result["msg"]
    assert (result["rolled_back"], cluster.settings, host.serves()) == (True, {}, "1.0.0 one")


def test_node_that_does_not_return_is_explained_by_its_cluster(change: Change, cluster: Cluster, host: Host) -> None:
    change()
    host.release("1.5.0", "crash")
    cluster.status = "yellow"
    result = change("1.5.0", node={"accept_yellow": True}, data_oldest_reader="1.5.0", accept_irreversible=True)
    assert "In its cluster, the copy of shard 0 of logs is not assigned (NODE_LEFT): the disk is full" in result["msg"]
    assert (result["rolled_back"], cluster.settings) == (False, {})


def test_elected_master_waits_until_it_is_asked_alone(change: Change, cluster: Cluster, host: Host) -> None:
    change()
    cluster.elected = "demo"
    result = change(config="two", node={"elected_waits": True})
    assert (result["waits"], result["changed"], result["action"]) == (True, False, "none")
    assert (cluster.steps, host.serves()) == ([], "1.0.0 one")
    assert change(config="two")["action"] == "restarted"


def test_other_node_does_not_wait(change: Change) -> None:
    change()
    assert change(config="two", node={"elected_waits": True})["action"] == "restarted"
    assert not change(config="two", node={"elected_waits": True})["waits"]


@pytest.mark.parametrize("joined", [True, False])
def test_what_a_killed_run_has_left_is_removed_by_the_next(
    change: Change, cluster: Cluster, host: Host, joined: bool
) -> None:
    change()
    cluster.settings, cluster.joined = dict(LEFT), joined
    assert change(config="two")["action"] == "restarted"
    assert (cluster.settings, host.serves()) == ({}, "1.0.0 two")


@pytest.mark.every_step
def test_change_killed_at_any_point_leaves_no_setting_once_it_is_repeated(
    options: Callable[..., Any], change: Change, cluster: Cluster, host: Host
) -> None:
    def repeated_run_converges(last: int) -> None:
        assert not change("1.5.0")["failed"], f"killed before step {last}"
        assert (cluster.settings, host.serves()) == ({}, "1.5.0 one")

    def prepare() -> None:
        Path(host.root / "records/demo.json").unlink(missing_ok=True)
        assert not change()["failed"]

    assert run_until_the_end(options("1.5.0"), prepare, repeated_run_converges) > 5


def test_nodes_that_are_still_to_be_changed_are_asked_with_the_password_of_before(
    change: Change, cluster: Cluster, host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    change()
    password = host.root / "password"
    asked = Cluster.exchange

    def rotated(self: Cluster, method: str, path: str, body: Any, _login: str) -> dict[str, Any]:
        if self.login != "Basic ZGVwbG95bWVudDphLXBhc3N3b3JkLW9mLXRoZS1ub2Rl":
            return {"status": 401, "answer": {"error": "unable to authenticate"}}
        found = asked(self, method, path, body)
        if "/_flush" in path:
            password.write_text("a-password-that-only-this-node-knows")
        return found

    monkeypatch.setattr(Cluster, "exchange", rotated)
    assert change(config="two")["action"] == "restarted"
    assert (cluster.settings, cluster.asked.count(("GET", "/"))) == ({}, 2)


@pytest.mark.parametrize(
    ("running", "wanted"),
    [
        ("8.9.0", "8.19.20"),
        ("8.9.0", "8.9.2"),
        ("7.17.29", "8.19.20"),
        ("8.18.8", "9.0.0"),
        ("8.19.20", "9.0.4"),
        ("8.19.20", "9.3.0"),
        ("9.0.4", "9.3.0"),
        ("8.9.0", "8.9.0"),
    ],
)
def test_upgrade_that_upstream_supports_is_allowed(running: str, wanted: str) -> None:
    assert forbidden_step(running, wanted) == ""


@pytest.mark.parametrize(
    ("running", "wanted", "message"),
    [
        ("8.19.20", "8.9.0", "no way back from 8.19.20 to 8.9.0"),
        ("8.9.2", "8.9.0", "no way back"),
        ("7.16.3", "8.19.20", "8.19.20 cannot follow 7.16.3: upgrade to 7.17.0"),
        ("8.17.9", "9.0.0", "upgrade to 8.18.0"),
        ("8.18.8", "9.1.0", "upgrade to 8.19.0"),
        ("7.17.29", "9.1.0", "upgrade to 8.19.0"),
        ("9.3.0", "10.0.0", "It is not known from which release Elasticsearch 10.0.0 can be reached"),
    ],
)
def test_upgrade_that_upstream_forbids_is_refused(running: str, wanted: str, message: str) -> None:
    assert message in forbidden_step(running, wanted)


def test_forbidden_upgrade_is_refused_before_anything_moves(change: Change, cluster: Cluster, host: Host) -> None:
    change("8.19.20")
    result = change("8.9.0", accept_irreversible=True)
    assert "demo was not touched. Elasticsearch has no way back from 8.19.20 to 8.9.0" in result["msg"]
    assert (cluster.asked, host.serves()) == ([], "8.19.20 one")
