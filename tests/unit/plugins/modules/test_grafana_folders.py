# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from ansible_collections.vigil.observability.plugins.module_utils._grafana import folders
from ansible_collections.vigil.observability.plugins.module_utils._grafana.search import Hit
from ansible_collections.vigil.observability.plugins.module_utils._http.session import Endpoint, Session
from ansible_collections.vigil.observability.plugins.modules import grafana_folders
from ansible_collections.vigil.observability.tests.servers.standin_grafana.server import running
from ansible_collections.vigil.observability.tests.servers.standin_grafana.settings import Settings
from ansible_collections.vigil.observability.tests.unit.conftest import Grafana

Run = Callable[..., dict[str, Any]]
Tree = dict[str, tuple[str, str]]


def folder(uid: str, parent: str = "", title: str = "") -> dict[str, Any]:
    return {"uid": uid, "title": title or uid.upper(), **({"parent_uid": parent} if parent else {})}


TREE = [folder("t-c", "t-b"), folder("t-b", "t-a"), folder("t-a"), folder("t-d", "t-a")]


class Server:
    """A Grafana that is asked as somebody else would ask it."""

    def __init__(self, grafana: Grafana) -> None:
        self.grafana = grafana

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        asked = Session(Endpoint(self.grafana.url, "admin", "admin"))
        answer = asked.request(method, path, body=body)
        asked.close()
        assert answer.status < 300, answer.body
        return answer.json()

    def make(self, uid: str, parent: str = "", title: str = "") -> None:
        """Make a folder."""
        body = {"uid": uid, "title": title or uid.upper(), "parentUid": parent}
        self.ask("POST", "/api/folders", body)

    def dashboard(self, uid: str, folder: str) -> None:
        """Make a dashboard in a folder."""
        self.ask("POST", "/api/dashboards/db", {"dashboard": {"uid": uid, "title": uid}, "folderUid": folder})

    def tree(self) -> Tree:
        """Return {uid: (title, parent)}."""
        found = self.ask("GET", "/api/search?type=dash-folder")
        return {one["uid"]: (one["title"], one.get("folderUid", "")) for one in found}

    def methods(self) -> Counter[str]:
        counts: Counter[str] = Counter()
        for (method, _path), number in self.grafana.requests.items():
            counts[method] += number
        return counts


@pytest.fixture
def server(grafana: Grafana) -> Server:
    return Server(grafana)


@pytest.fixture
def older() -> Iterator[Server]:
    """A stand-in for Grafana 9.4, which has no nested folders."""
    with running(Settings(version="9.4.0")) as served:
        yield Server(Grafana(served))


@pytest.fixture
def provision(grafana: Grafana, run_module: Run) -> Run:
    """A function that runs the module with the folders that are given; requests count from its beginning."""

    def run(folders: list[dict[str, Any]], *, on: Grafana = grafana, **options: Any) -> dict[str, Any]:
        on.forget()
        return run_module(
            grafana_folders, url=on.url, username="admin", password="admin", **{"folders": folders, **options}
        )

    return run


# ------------------------------------------------------------------------------------------------ present, requests


def test_parents_are_made_before_their_children_whatever_the_order(provision: Run, server: Server) -> None:
    result = provision(TREE)
    assert result["created"] == ["t-a", "t-b", "t-c", "t-d"]
    assert server.methods() == {"GET": 1, "POST": 4}
    assert (result["requests"], result["connections"]) == (5, 1)
    assert server.tree() == {
        "t-a": ("T-A", ""),
        "t-b": ("T-B", "t-a"),
        "t-c": ("T-C", "t-b"),
        "t-d": ("T-D", "t-a"),
    }


def test_an_unchanged_run_reads_each_one_and_writes_nothing(provision: Run, server: Server) -> None:
    provision(TREE)
    result = provision(TREE)
    assert (result["changed"], result["unchanged"]) == (False, ["t-c", "t-b", "t-a", "t-d"])
    assert server.methods() == {"GET": 5}
    assert server.grafana.connections == 1


def test_folders_are_renamed_and_moved(provision: Run, server: Server) -> None:
    provision(TREE)
    result = provision(
        [folder("t-a"), folder("t-b", "", "Second"), folder("t-c", "t-d", "Third"), folder("t-d", "t-a")]
    )
    assert result["updated"] == ["t-b", "t-c"]
    assert server.methods() == {"GET": 5, "POST": 2, "PUT": 2}
    assert server.tree()["t-b"] == ("Second", "")
    assert server.tree()["t-c"] == ("Third", "t-d")


def test_a_parent_and_its_child_change_places(provision: Run, server: Server) -> None:
    provision([folder("t-a"), folder("t-b", "t-a")])
    result = provision([folder("t-a", "t-b"), folder("t-b")])
    assert result["updated"] == ["t-b", "t-a"]
    assert server.tree() == {"t-a": ("T-A", "t-b"), "t-b": ("T-B", "")}


def test_a_title_may_be_there_once_in_each_parent(provision: Run, server: Server) -> None:
    assert provision([folder("t-a"), folder("t-b", "t-a", "T-A")])["failed"] is False
    assert server.tree()["t-b"] == ("T-A", "t-a")


def test_check_mode_plans_the_same_and_writes_nothing(provision: Run, server: Server) -> None:
    provision(TREE)
    before = server.tree()
    wanted = [folder("t-a", title="First"), folder("t-b"), folder("t-new", "t-a")]
    result = provision(wanted, check=True, diff=True, prune=True, uid_prefix="t-")
    assert (result["created"], result["updated"], result["deleted"]) == (["t-new"], ["t-a", "t-b"], ["t-c", "t-d"])
    assert server.grafana.writes == 0
    assert server.tree() == before
    assert '"parent_uid": "t-a"' in "".join(part["before"] for part in result["diff"])
    assert '"title": "First"' in "".join(part["after"] for part in result["diff"])


# ------------------------------------------------------------------------------------- what is refused before a write


@pytest.mark.parametrize(
    ("folders", "message"),
    [
        ([folder("a b")], "folders[0]: uid 'a b' must be 1 to 40 letters"),
        ([folder("general")], "and not 'general'"),
        ([folder("x" * 41)], "must be 1 to 40 letters"),
        ([folder("a"), {"uid": "b"}], "folders[1] ('b') needs a title"),
        ([folder("a", title="general")], "folders[0] ('a') needs a title other than 'general'"),
        ([folder("a"), folder("a", title="B")], "folders[0] and folders[1] are both the folder 'a'"),
        ([folder("a", title="x"), folder("b", title="X ")], "are both the folder titled '/x'"),
    ],
)
def test_bad_input_is_refused_by_name_before_any_request(
    folders: list[dict[str, Any]], message: str, provision: Run, server: Server
) -> None:
    assert message in provision(folders)["msg"]
    assert server.grafana.requests == {}


def test_a_title_in_use_is_refused_in_any_case(provision: Run, server: Server) -> None:
    server.make("theirs", title="Hosts")
    provision([folder("t-a")])
    for uid in ("t-a", "t-new"):
        refused = provision([folder("t-first"), folder(uid, title="hOSTS")])
        message = f"The folder {uid!r} cannot have the title 'hOSTS' at the top: 'theirs' already has that title"
        assert message in refused["msg"]
        assert server.grafana.writes == 0
    assert provision([folder("t-a", title="Hosts"), folder("theirs", title="Other")])["updated"] == ["theirs", "t-a"]


def test_two_that_swap_their_titles_are_refused(provision: Run, server: Server) -> None:
    provision([folder("t-a", title="First"), folder("t-b", title="Second")])
    refused = provision([folder("t-a", title="Second"), folder("t-b", title="First")])
    assert "The folders 't-a' and 't-b' cannot swap their titles or places" in refused["msg"]
    assert server.grafana.writes == 0


def test_a_parent_that_is_missing_goes_or_lies_in_its_child_is_refused(provision: Run, server: Server) -> None:
    provision(TREE)
    refused = {
        "which does not exist or would be deleted": [folder("t-c", "nowhere")],
        "The folder 't-a' would be inside itself: t-a in t-c in t-b in t-a.": [folder("t-a", "t-c")],
    }
    for message, wanted in refused.items():
        assert message in provision(wanted)["msg"]
    pruned = provision([folder("t-c", "t-b")], prune=True, uid_prefix="t-", delete_contents=True)
    assert "'t-c' has the parent 't-b', which does not exist or would be deleted" in pruned["msg"]
    assert server.grafana.writes == 0


def test_the_uid_of_a_dashboard_is_refused(provision: Run, server: Server) -> None:
    server.dashboard("board", "")
    assert "'board' is the uid of a dashboard" in provision([folder("board")])["msg"]
    assert server.grafana.writes == 0


# ------------------------------------------------------------------------------------------------------------ prune


def test_only_empty_folders_with_the_prefix_are_pruned_children_first(provision: Run, server: Server) -> None:
    server.make("theirs")
    provision(TREE)
    result = provision([folder("t-d")], prune=True, uid_prefix="t-")
    assert (result["deleted"], result["updated"]) == (["t-c", "t-b", "t-a"], ["t-d"])
    assert server.methods() == {"GET": 5, "POST": 1, "DELETE": 3}
    assert server.tree() == {"t-d": ("T-D", ""), "theirs": ("THEIRS", "")}


def test_a_folder_that_holds_something_stays_with_those_above_it(provision: Run, server: Server) -> None:
    provision(TREE)
    server.dashboard("board", "t-c")
    server.ask("POST", "/api/library-elements", {"uid": "lib", "name": "L", "folderUid": "t-d", "model": {}})
    result = provision([], prune=True, uid_prefix="t-")
    assert result["changed"] is False
    (warning,) = result["warnings"]
    for part in (
        "'t-c' holds dashboard 'board'",
        "'t-b' holds folder 'T-C'",
        "'t-a' holds folder 'T-B', folder 'T-D'",
        "'t-d' holds 1 librarypanel",
    ):
        assert part in warning
    assert len(server.tree()) == 4


def test_all_that_a_folder_holds_goes_when_told(provision: Run, server: Server) -> None:
    provision(TREE)
    server.dashboard("board", "t-c")
    result = provision([], prune=True, uid_prefix="t-", delete_contents=True)
    assert sorted(result["deleted"]) == ["t-a", "t-b", "t-c", "t-d"]
    assert server.methods() == {"GET": 1, "DELETE": 4}
    assert server.tree() == {}
    assert server.ask("GET", "/api/search") == []


def test_prune_needs_a_prefix_that_all_folders_have(provision: Run, server: Server) -> None:
    assert "prune needs uid_prefix" in provision(TREE, prune=True)["msg"]
    assert "and state present" in provision(TREE, prune=True, uid_prefix="t-", state="absent")["msg"]
    refused = provision([*TREE, folder("other")], uid_prefix="t-")
    assert "folders[4]: uid 'other' must begin with uid_prefix 't-'" in refused["msg"]
    assert server.grafana.requests == {}


# ----------------------------------------------------------------------------------------------------------- absent


def test_absent_folders_are_deleted_children_first_when_they_are_empty(provision: Run, server: Server) -> None:
    provision(TREE)
    result = provision([{"uid": "t-a"}, {"uid": "t-b"}, {"uid": "t-c"}, {"uid": "t-d"}, {"uid": "no"}], state="absent")
    assert (result["deleted"], result["unchanged"]) == (["t-c", "t-b", "t-d", "t-a"], ["no"])
    assert server.tree() == {}


def test_an_absent_folder_that_is_not_empty_is_refused(provision: Run, server: Server) -> None:
    provision(TREE)
    refused = provision([{"uid": "t-a"}], state="absent")
    assert "'t-a' holds folder 'T-B', folder 'T-D'. Move that, or set delete_contents" in refused["msg"]
    assert server.grafana.writes == 0
    assert provision([{"uid": "t-a"}], state="absent", delete_contents=True)["deleted"] == ["t-a"]
    assert server.tree() == {}


# -------------------------------------------------------------------------------------------------- an older Grafana


def test_a_grafana_without_nested_folders_is_told_from_what_it_makes(provision: Run, older: Server) -> None:
    refused = provision([folder("a"), folder("b", "a")], on=older.grafana)
    assert "Could not create the folder 'b' (B) in 'a': this Grafana creates all folders at the top" in refused["msg"]
    assert "1 of 2 changes were made before this" in refused["msg"]
    assert older.tree() == {"a": ("A", "")}


def test_library_panels_are_found_where_nothing_can_be_counted(provision: Run, older: Server) -> None:
    provision([folder("a"), folder("b")], on=older.grafana)
    older.ask("POST", "/api/library-elements", {"uid": "lib", "name": "L", "folderUid": "a", "model": {}})
    refused = provision([{"uid": "a"}, {"uid": "b"}], on=older.grafana, state="absent")
    assert "'a' holds 1 library panel." in refused["msg"]
    assert provision([{"uid": "b"}], on=older.grafana, state="absent")["deleted"] == ["b"]


def test_folders_of_alert_rules_are_left_where_nothing_can_be_counted(provision: Run, older: Server) -> None:
    """As on 9.4, which refuses to delete them."""
    provision([folder("t-a"), folder("t-b"), folder("t-c")], on=older.grafana)
    query = {"refId": "A", "datasourceUid": "-100", "model": {"type": "math", "expression": "1"}}
    states = {"condition": "A", "noDataState": "OK", "execErrState": "OK"}
    rule = {"uid": "r", "title": "R", "folderUID": "t-b", "ruleGroup": "g", "data": [query], **states}
    older.ask("POST", "/api/v1/provisioning/alert-rules", rule)
    pruned = provision([folder("t-a")], on=older.grafana, prune=True, uid_prefix="t-")
    assert pruned["deleted"] == ["t-c"]
    assert "'t-b' holds 1 alert rule." in pruned["warnings"][0]
    assert "'t-b' holds 1 alert rule." in provision([{"uid": "t-b"}], on=older.grafana, state="absent")["msg"]
    gone = provision([{"uid": "t-b"}], on=older.grafana, state="absent", delete_contents=True)
    assert gone["deleted"] == ["t-b"]


def test_an_answer_for_another_folder_is_a_failure(
    provision: Run, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.make("theirs", title="Hosts")
    server.make("ours", title="Ours")
    # A search that does not list theirs: what Grafana then does with the title is its own affair.
    hits = {"ours": Hit("ours", "Ours", "", (), is_folder=True)}
    monkeypatch.setattr(f"{folders.__name__}.search", lambda api: hits)
    assert "Could not update the folder 'ours' (Hosts): Grafana" in provision([folder("ours", title="Hosts")])["msg"]


def test_one_that_was_deleted_since_the_search_is_made_again(
    provision: Run, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    hits = {"a": Hit("a", "A", "", (), is_folder=True)}
    monkeypatch.setattr(f"{folders.__name__}.search", lambda api: hits)
    assert provision([folder("a")])["created"] == ["a"]
    assert server.tree() == {"a": ("A", "")}
