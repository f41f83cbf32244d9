# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A node whose upgrade failed returns to the release of the others: it is emptied, and they fill it again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ansible_collections.vigil.observability.plugins.module_utils._deployment.data import products
from ansible_collections.vigil.observability.plugins.module_utils._elasticsearch import rolling
from ansible_collections.vigil.observability.tests.unit.plugins.modules import test_active_service_cluster
from ansible_collections.vigil.observability.tests.unit.plugins.modules.test_active_service_interrupted import (
    run_until_the_end,
)

if TYPE_CHECKING:
    from ansible_collections.vigil.observability.tests.unit.plugins.modules.conftest import Host

    Change = Callable[..., Any]
    Cluster = test_active_service_cluster.Cluster

cluster = test_active_service_cluster.cluster
options = test_active_service_cluster.options
change = test_active_service_cluster.change
UPGRADE = {"data_oldest_reader": "1.5.0", "accept_irreversible": True}


@pytest.fixture
def data(host: Host, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The directory of the node's data, with what the node has written and a note of somebody else."""
    monkeypatch.setitem(products._ENTRIES, "demo", "_state|indices|node.lock")
    return filled(host.root / "data")


def filled(folder: Path) -> Path:
    """Return the directory with data."""
    (folder / "indices/logs").mkdir(parents=True, exist_ok=True)
    for name in ("_state", "indices/logs/0", "note"):
        (folder / name).write_text("written")
    return folder


@pytest.fixture
def failed(change: Change, host: Host, data: Path) -> str:
    """The message of an upgrade that has failed."""
    change(data_oldest_reader="1.0.0")
    host.release("1.5.0", "crash")
    message: str = change("1.5.0", **UPGRADE)["msg"]
    assert sorted(path.name for path in data.iterdir()) == ["_state", "indices", "note"]
    return message


@pytest.fixture
def go_back(change: Change, data: Path) -> Change:
    """A function that returns to the release before, which may remove the data."""

    def back(**changed: Any) -> Any:
        return change(node={"emptied_after_failure": str(data)}, data_oldest_reader="1.0.0", **changed)

    return back


def test_failed_upgrade_names_the_way_back(failed: str) -> None:
    assert (
        "demo 1.0.0 cannot read the data of 1.5.0. To return to 1.0.0, run again with demo_version=1.0.0 and "
        "demo_empty_failed_node=demo, which removes its data; the other nodes fill it again." in failed
    )


def test_way_back_is_not_offered_once_another_node_has_the_new_release(
    change: Change, cluster: Cluster, host: Host
) -> None:
    change()
    cluster.versions = ("1.5.0", "1.0.0")
    host.release("1.5.0", "crash")
    message = change("1.5.0", **UPGRADE)["msg"]
    assert "It cannot return to 1.0.0 now, because other cannot return to 1.0.0: correct the cause" in message


def test_only_node_of_a_cluster_has_no_way_back(change: Change, cluster: Cluster, host: Host) -> None:
    change()
    host.release("1.5.0", "crash")
    message = change("1.5.0", node={"urls": [cluster.url]}, **UPGRADE)["msg"]
    assert "cannot read the data of 1.5.0.\n" in message


@pytest.mark.usefixtures("failed")
def test_older_release_is_refused_as_long_as_the_data_is_there_and_the_way_back_named(change: Change) -> None:
    message = change()["msg"]
    assert "demo 1.0.0 cannot read the data on this host: 1.5.0 or newer is required" in message
    assert "set accept_irreversible, or set demo_empty_failed_node=demo, and other nodes fill it again." in message


@pytest.mark.usefixtures("failed")
def test_node_is_emptied_and_returns_with_the_older_release(
    go_back: Change, cluster: Cluster, host: Host, data: Path
) -> None:
    assert go_back()["action"] == "started"
    assert [path.name for path in data.iterdir()] == ["note"]
    assert (cluster.steps, host.serves()) == (["stop", "restart", "green"], "1.0.0 one")
    assert (host.record["proven"], host.record["data_oldest_reader"]) == (True, "1.0.0")


@pytest.mark.usefixtures("failed")
def test_node_that_has_returned_keeps_its_data(go_back: Change, data: Path) -> None:
    go_back()
    filled(data)
    assert not go_back()["changed"]
    assert go_back(config="two")["action"] == "restarted"
    assert (data / "indices/logs/0").exists()


def test_node_whose_upgrade_has_not_failed_keeps_its_data(change: Change, go_back: Change, data: Path) -> None:
    change(data_oldest_reader="1.0.0")
    assert go_back(config="two")["action"] == "restarted"
    assert (data / "indices/logs/0").exists()


@pytest.mark.usefixtures("failed")
def test_check_mode_shows_what_would_be_removed(go_back: Change, host: Host, data: Path) -> None:
    before = host.snapshot()
    result = go_back(check=True, diff=True)
    header = dict.fromkeys(("before_header", "after_header"), str(data))
    assert result["diff"][-1] == {"before": "_state\nindices\n", "after": "", **header}
    assert host.snapshot() == before


@pytest.mark.usefixtures("failed")
@pytest.mark.parametrize("check", [False, True])
@pytest.mark.parametrize(
    ("state", "why"),
    [
        (
            {"shards": [("STARTED", "demo"), ("UNASSIGNED", "")]},
            "no other node has a whole copy of logs[0]: restore these indices from a snapshot first",
        ),
        ({"electors": ("demo", "other", "gone")}, "without demo, too few nodes would be left to elect a master"),
        ({"versions": ("1.5.0", "1.0.0")}, "other cannot return to 1.0.0"),
        ({"elected": ""}, "the other nodes have no master"),
    ],
)
def test_node_that_others_cannot_fill_is_not_touched(
    go_back: Change, cluster: Cluster, host: Host, state: dict[str, Any], why: str, check: bool
) -> None:
    for name, value in state.items():
        setattr(cluster, name, value)
    before = host.snapshot()
    message = go_back(check=check)["msg"]
    assert f"demo was not touched. The data of demo cannot be removed, because {why}" in message
    assert host.snapshot() == before


@pytest.mark.usefixtures("failed")
def test_only_node_of_a_cluster_keeps_its_data(change: Change, cluster: Cluster, data: Path) -> None:
    message = change(node={"urls": [cluster.url], "emptied_after_failure": str(data)})["msg"]
    assert "because no other node has a copy of it: restore a snapshot into a new cluster" in message
    assert (data / "indices/logs/0").exists()


def test_copy_that_is_lost_while_the_node_stops_is_kept(
    change: Change, go_back: Change, cluster: Cluster, host: Host, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    change(data_oldest_reader="1.0.0")
    host.release("1.5.0", "never ready")
    change("1.5.0", start_timeout=1, **UPGRADE)
    answered = test_active_service_cluster.Cluster.exchange

    def lost(self: Cluster, method: str, path: str, body: Any, login: str = "") -> dict[str, Any]:
        found = answered(self, method, path, body, login)
        if "stop" in self.steps:
            self.shards = [("UNASSIGNED", "")]
        return found

    monkeypatch.setattr(test_active_service_cluster.Cluster, "exchange", lost)
    result = go_back(config="two")
    assert "no other node has a whole copy of logs[0]" in result["msg"]
    assert "It is stopped, and not all of its data was removed" in result["msg"]
    assert ((data / "indices/logs/0").exists(), cluster.steps, host.record["data_oldest_reader"]) == (
        True,
        ["stop"],
        "1.5.0",
    )


@pytest.mark.every_step
def test_way_back_killed_at_any_point_is_finished_by_the_next_run(
    options: Callable[..., Any], change: Change, go_back: Change, cluster: Cluster, host: Host, data: Path
) -> None:
    def prepare() -> None:
        (host.root / "records/demo.json").unlink(missing_ok=True)
        change(data_oldest_reader="1.0.0")
        filled(data)
        host.release("1.5.0", "crash")
        assert "run again with demo_version=1.0.0" in change("1.5.0", **UPGRADE)["msg"]

    def repeated_run_converges(last: int) -> None:
        assert not go_back()["failed"], f"killed before step {last}"
        assert (cluster.settings, host.serves()) == ({}, "1.0.0 one")
        assert [path.name for path in data.iterdir()] == ["note"]

    node = {"emptied_after_failure": str(data)}
    assert run_until_the_end(options(node=node, data_oldest_reader="1.0.0"), prepare, repeated_run_converges) > 5


def test_node_is_waited_for_as_long_as_the_others_fill_it(
    cluster: Cluster, options: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    answered = test_active_service_cluster.Cluster.exchange

    def filling(self: Cluster, method: str, path: str, body: Any, login: str = "") -> dict[str, Any]:
        self.status = "green" if len(self.steps) > 3 else "yellow"
        found = answered(self, method, path, body, login)
        if "/_cluster/health" in path:
            found["answer"]["initializing_shards"] = int(self.status == "yellow")
        return found

    monkeypatch.setattr(test_active_service_cluster.Cluster, "exchange", filling)
    known = options()["cluster"]
    node = rolling.Member("demo", known["urls"], "deployment", known["password_file"], "", False, timeout=0.0)
    node.settle()
    assert cluster.steps == ["yellow", "yellow", "yellow", "yellow", "green"]
