# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from ansible_collections.vigil.observability.plugins.module_utils._api.resource import Resource, Step
from ansible_collections.vigil.observability.plugins.module_utils._grafana.dashboards import task
from ansible_collections.vigil.observability.plugins.module_utils._grafana.dashboards.changes import Dashboard, write
from ansible_collections.vigil.observability.plugins.module_utils._grafana.search import Hit, search
from ansible_collections.vigil.observability.plugins.module_utils._http.session import (
    Answer,
    Endpoint,
    HttpError,
    Session,
)
from ansible_collections.vigil.observability.plugins.modules import grafana_dashboards
from ansible_collections.vigil.observability.tests.servers.standin_grafana import dashboard_records, folders
from ansible_collections.vigil.observability.tests.servers.standin_grafana.store import Store
from ansible_collections.vigil.observability.tests.unit.conftest import Grafana

Run = Callable[..., dict[str, Any]]
Model = dict[str, Any]
OWNER = "vigil.observability"


def model(uid: str, title: str = "", **keys: Any) -> Model:
    return {"uid": uid, "title": title or f"Dashboard {uid}", "panels": [], "schemaVersion": 39, **keys}


HUNDRED = [{"dashboard": model(f"d{number:03}"), "folder_uid": "hosts"} for number in range(100)]


def listed(*models: Model, **keys: Any) -> list[dict[str, Any]]:
    return [{"dashboard": one, **keys} for one in models]


class Server:
    """A Grafana with the folders hosts and shop, and its dashboards as they lie in its store."""

    def __init__(self, grafana: Grafana) -> None:
        self.grafana = grafana
        self.store: Store = grafana.served.application.store
        with self.store.transaction():
            for uid in ("hosts", "shop"):
                folders.add_folder(self.store, 1, {"uid": uid, "title": f"Folder {uid}"})

    def save(self, one: Model, folder: str = "", org: int = 1, provisioned: dict[str, Any] | None = None) -> None:
        """Write a dashboard as somebody else does."""
        with self.store.transaction():
            over = self.store.get(org, "dashboard", one["uid"])
            fields = {"uid": one["uid"], "title": one["title"], "folderUid": folder, "provisioned": provisioned}
            dashboard_records.save(self.store, org, one, over=over, by="somebody", **fields)

    def dashboards(self, org: int = 1) -> dict[str, dict[str, Any]]:
        """Return {uid: record and model}."""
        with self.store.transaction():
            records = self.store.all(org, "dashboard")
            return {
                record["uid"]: {**record, "model": dashboard_records.model_of(self.store, org, record)}
                for record in records
            }

    def methods(self) -> Counter[str]:
        counts: Counter[str] = Counter()
        for (method, _path), number in self.grafana.requests.items():
            counts[method] += number
        return counts


@pytest.fixture
def server(grafana: Grafana) -> Server:
    return Server(grafana)


@pytest.fixture
def provision(server: Server, run_module: Run) -> Run:
    """A function that runs the module with the dashboards that are given; requests count from its beginning."""

    def run(dashboards: list[dict[str, Any]], **options: Any) -> dict[str, Any]:
        server.grafana.forget()
        login = {"url": server.grafana.url, "username": "admin", "password": "admin"}
        given = {**login, "dashboards": dashboards, **options}
        return run_module(grafana_dashboards, **{name: value for name, value in given.items() if value is not None})

    return run


# ----------------------------------------------------------------------------- how many requests which run may cost


def test_a_hundred_new_ones_cost_one_request_to_list_and_one_to_write_each(provision: Run, server: Server) -> None:
    result = provision(HUNDRED)
    assert (result["changed"], len(result["created"]), result["updated"]) == (True, 100, [])
    assert server.methods() == {"GET": 1, "POST": 100}
    assert (result["requests"], result["connections"], server.grafana.connections) == (101, 1, 1)


def test_a_hundred_unchanged_ones_cost_one_request_to_list_and_one_to_read_each_and_no_write(
    provision: Run, server: Server
) -> None:
    provision(HUNDRED)
    before = server.dashboards()
    result = provision(HUNDRED)
    assert (result["changed"], len(result["unchanged"])) == (False, 100)
    assert server.methods() == {"GET": 101}
    assert (result["requests"], result["connections"], server.grafana.connections) == (101, 1, 1)
    assert server.dashboards() == before


def test_one_of_a_hundred_that_was_edited_in_the_browser_is_put_back_with_one_write(
    provision: Run, server: Server
) -> None:
    provision(HUNDRED)
    server.save(model("d050", panels=[{"id": 1, "title": "by hand"}], tags=[OWNER]), "hosts")
    result = provision(HUNDRED)
    assert (result["updated"], len(result["unchanged"])) == (["d050"], 99)
    assert server.methods() == {"GET": 101, "POST": 1}
    assert server.dashboards()["d050"]["model"]["panels"] == []


def test_pruning_reads_each_one_that_goes_and_deletes_it(provision: Run, server: Server) -> None:
    provision(HUNDRED)
    server.save(model("somebodys"), "hosts")
    result = provision(HUNDRED[:90], prune=True)
    assert (len(result["deleted"]), len(result["unchanged"])) == (10, 90)
    assert server.methods() == {"GET": 101, "DELETE": 10}
    assert sorted(server.dashboards()) == [f"d{number:03}" for number in range(90)] + ["somebodys"]


def test_check_mode_reads_and_plans_the_same_and_writes_nothing(provision: Run, server: Server) -> None:
    provision(HUNDRED[:50])
    server.save(model("d000", "by hand", tags=[OWNER]), "hosts")
    before = server.dashboards()
    result = provision(HUNDRED[:10] + HUNDRED[60:70], prune=True, check=True)
    assert (len(result["created"]), result["updated"], len(result["deleted"])) == (10, ["d000"], 40)
    assert server.methods() == {"GET": 51}
    assert server.dashboards() == before


def test_an_organisation_costs_one_request_more(provision: Run, server: Server) -> None:
    assert provision(HUNDRED[:1], org_id=1)["requests"] == 3
    assert server.grafana.requests["GET", "/api/org"] == 1


def test_a_thousand_and_more_are_listed_a_page_at_a_time(provision: Run, server: Server) -> None:
    for number in range(1001):
        server.save(model(f"x{number:04}"))
    result = provision(listed(model("x1000"), model("x0000")), owner="")
    assert (result["unchanged"], server.methods()) == (["x1000", "x0000"], {"GET": 4})


# ------------------------------------------------------------------------------------------------- what is the same


@pytest.mark.parametrize(
    ("given", "same"),
    [
        (model("a", id=7, version=3), True),
        (model("a", title="  Dashboard a "), True),
        (model("a", limit=1.0), False),
        (model("a", schemaVersion=39.0), True),
        (model("a", panels=[{"id": 1}]), False),
        (model("a", schemaVersion=True), False),
        ({"meta": {"folderUid": "shop"}, "dashboard": model("a", version=9)}, True),
    ],
)
def test_only_what_matters_makes_a_difference(given: Model, same: bool, provision: Run) -> None:
    provision(listed(model("a")))
    assert provision(listed(given))["changed"] is not same


def test_one_and_true_are_not_the_same(provision: Run, server: Server) -> None:
    provision(listed(model("a", fiscalYearStartMonth=1)))
    assert provision(listed(model("a", fiscalYearStartMonth=True)))["updated"] == ["a"]


def test_models_may_be_json_text(provision: Run) -> None:
    text = json.dumps(model("a", panels=[{"targets": [{"legendFormat": "{{instance}}"}]}]))
    given = [{"path": "hosts/a.json", "dashboard": text, "folder_uid": "hosts"}]
    assert provision(given)["created"] == ["a"]
    assert provision(given)["changed"] is False


# ------------------------------------------------------------------------------------------- tags, owners, messages


def test_what_is_written_carries_the_tag_and_the_message(provision: Run, server: Server) -> None:
    provision(listed(model("a", tags=["team"])), version_message="Grafana keeps none of the first version")
    provision(listed(model("a", tags=["team"], refresh="1m")), version_message="Release 7")
    record = server.dashboards()["a"]
    with server.store.transaction():
        versions = dashboard_records.versions(server.store, 1, record)
    assert (record["tags"], [version["message"] for version in versions]) == (["team", OWNER], ["Release 7", ""])


def test_a_dashboard_of_somebody_is_taken_over_by_its_tag_alone(provision: Run, server: Server) -> None:
    server.save(model("a"))
    result = provision(listed(model("a")), diff=True)
    assert result["updated"] == ["a"]
    (difference,) = result["diff"]
    after = json.loads(difference["after"])
    assert after["dashboard"].pop("tags") == [OWNER]
    assert after == json.loads(difference["before"])


def test_without_an_owner_there_is_no_tag_and_nothing_to_prune(provision: Run, server: Server) -> None:
    server.save(model("a"))
    assert provision(listed(model("a")), owner="")["changed"] is False
    assert "prune needs an owner" in provision(listed(model("a")), owner="", prune=True)["msg"]


def test_lists_with_owners_apart_do_not_prune_each_other(provision: Run, server: Server) -> None:
    provision(listed(model("a")), owner="team-a")
    provision(listed(model("b")), owner="team-b", prune=True)
    provision(listed(model("c")), prune=True)
    provision([], owner="provision_grafana", prune=True)
    assert sorted(server.dashboards()) == ["a", "b", "c"]
    assert server.dashboards()["a"]["tags"] == ["vigil.observability:team-a"]
    assert provision([], owner="team-a", prune=True)["deleted"] == ["a"]


def test_one_of_another_owner_is_refused_by_name_or_taken_over(provision: Run, server: Server) -> None:
    provision(listed(model("a"), model("b"), model("c")))
    site = {"owner": "provision_grafana", "prune": True}
    refused = provision(listed(model("a")), **site)
    assert "The dashboard 'a' carries the mark of another owner, 'vigil.observability'" in refused["msg"]
    assert server.grafana.writes == 0
    assert "carries the mark of another owner" in provision(listed(model("a")), owner="")["msg"]
    taken = provision(listed(model("a")), **site, take_over=[OWNER], diff=True)
    assert (taken["updated"], taken["deleted"]) == (["a"], [])
    assert "vigil.observability:provision_grafana" in taken["diff"][0]["after"]
    (warning,) = taken["warnings"]
    assert "were left unchanged: 'b' (Dashboard b), 'c' (Dashboard c)" in warning
    again = provision(listed(model("a")), **site, take_over=[OWNER])
    assert (again["changed"], again["warnings"], server.methods()) == (False, [], {"GET": 2})


def test_an_exported_dashboard_brings_no_mark_of_its_former_owner(provision: Run, server: Server) -> None:
    exported = model("a", tags=["vigil.observability:provision_grafana", "team"])
    provision(listed(exported))
    assert server.dashboards()["a"]["tags"] == ["team", OWNER]
    assert provision(listed(exported))["changed"] is False


# --------------------------------------------------------------------------------------------------------- folders


def test_a_dashboard_lies_where_it_says_or_where_all_do(provision: Run, server: Server) -> None:
    provision([*listed(model("a"), model("b")), {"dashboard": model("c"), "folder_uid": ""}], folder_uid="shop")
    assert {uid: one["folderUid"] for uid, one in server.dashboards().items()} == {"a": "shop", "b": "shop", "c": ""}


def test_a_dashboard_is_moved_with_its_history(provision: Run, server: Server) -> None:
    provision(listed(model("a")), folder_uid="shop")
    result = provision(listed(model("a")), folder_uid="hosts")
    assert result["updated"] == ["a"]
    assert (server.dashboards()["a"]["folderUid"], server.dashboards()["a"]["version"]) == ("hosts", 2)


def test_a_folder_that_does_not_exist_is_refused_and_in_check_mode_expected(provision: Run, server: Server) -> None:
    refused = provision(listed(model("a")), folder_uid="nowhere")
    assert "There is no folder with the uid 'nowhere': create it with grafana_folders" in refused["msg"]
    assert server.grafana.writes == 0
    planned = provision(listed(model("a")), folder_uid="nowhere", check=True)
    assert planned["created"] == ["a"]
    (warning,) = planned["warnings"]
    assert warning.startswith("There is no folder with the uid 'nowhere'")
    assert warning.endswith("This is fine if an earlier task of this run creates it.")


# ---------------------------------------------------------------------------------- what is refused before any write


@pytest.mark.parametrize("case", [str, str.upper, str.lower])
def test_a_title_that_another_dashboard_of_the_folder_has_is_refused(
    case: Callable[[str], str], provision: Run, server: Server
) -> None:
    server.save(model("theirs", "CPU of hosts"), "hosts")
    refused = provision(listed(model("first"), model("ours", case("CPU of hosts"))), folder_uid="hosts")
    assert "The dashboard 'ours' cannot have the title" in refused["msg"]
    assert "'theirs' already has that title" in refused["msg"]
    assert server.grafana.writes == 0
    assert provision(listed(model("ours", "CPU of hosts")), folder_uid="shop")["created"] == ["ours"]


def test_a_title_is_passed_on_by_the_one_that_gives_it_up(provision: Run, server: Server) -> None:
    provision(listed(model("a", "First"), model("b", "Second")))
    result = provision(listed(model("a", "Second"), model("b", "Third")))
    assert result["updated"] == ["b", "a"]
    assert provision(listed(model("c", "Second"), model("a", "Fourth")), prune=True)["failed"] is False
    assert {uid: one["title"] for uid, one in server.dashboards().items()} == {"a": "Fourth", "c": "Second"}


def test_a_title_of_one_that_is_pruned_is_free(provision: Run, server: Server) -> None:
    provision(listed(model("old", "CPU")))
    result = provision(listed(model("new", "CPU")), prune=True)
    assert (result["created"], result["deleted"]) == (["new"], ["old"])
    assert sorted(server.dashboards()) == ["new"]


def test_two_that_exchange_their_titles_are_refused(provision: Run, server: Server) -> None:
    provision(listed(model("a", "First"), model("b", "Second")))
    refused = provision(listed(model("a", "Second"), model("b", "First")))
    assert "'a' and 'b' cannot swap their titles or places" in refused["msg"]
    assert server.grafana.writes == 0


def test_a_uid_of_a_folder_is_refused(provision: Run, server: Server) -> None:
    for options in ({}, {"state": "absent"}):
        assert "'hosts' is the uid of a folder" in provision(listed(model("hosts")), **options)["msg"]
        assert server.grafana.writes == 0


@pytest.mark.parametrize("locked", [True, False])
def test_dashboards_from_files_on_the_server_are_refused_by_name(locked: bool, provision: Run, server: Server) -> None:
    server.save(model("file"), provisioned={"externalId": "stack.json", "locked": locked})
    refused = provision(listed(model("a"), model("file")))
    assert "'file' (stack.json)" in refused["msg"]
    assert server.grafana.writes == 0


def test_one_from_a_file_that_carries_our_tag_is_not_pruned(provision: Run, server: Server) -> None:
    server.save(model("file", tags=[OWNER]), provisioned={"externalId": "stack.json", "locked": True})
    assert provision([], prune=True)["changed"] is False


@pytest.mark.parametrize(
    ("dashboards", "message"),
    [
        (listed({"uid": "a", "panels": []}), "dashboards[0] has no title"),
        (listed(model("a", "x"), {"title": "B"}), "dashboards[1] ('B') has the uid None"),
        (listed({"title": "B", "uid": "a b"}), "dashboards[0] ('B') has the uid 'a b'"),
        (listed({"title": "B", "uid": "x" * 41}), "must be 1 to 40 letters"),
        (listed(model("a", tags="team")), "dashboards[0] ('Dashboard a'): tags must be a list"),
        (listed(model("a"), model("a", "b")), "dashboards[0] and dashboards[1] are both the dashboard 'a'"),
        (listed(model("a", "CPU"), model("b", "cpu ")), "are both the dashboard titled '/cpu'"),
        ([{"uid": "a"}], "dashboards[0] ('a') needs its model, in dashboard"),
        ([{"folder_uid": "a"}], "one of the following is required: dashboard, uid"),
    ],
)
def test_bad_input_is_refused_by_name_before_any_request(
    dashboards: list[dict[str, Any]], message: str, provision: Run, server: Server
) -> None:
    assert message in provision(dashboards)["msg"]
    assert server.grafana.requests == {}


def test_absent_ones_need_a_uid_and_no_prune(provision: Run) -> None:
    assert "dashboards[0] has no uid" in provision(listed({"title": "x"}), state="absent")["msg"]
    assert "and state present" in provision([], state="absent", prune=True)["msg"]


# ----------------------------------------------------------------------------------------------------------- absent


def test_those_that_are_to_be_absent_are_deleted_whoever_made_them(provision: Run, server: Server) -> None:
    server.save(model("theirs"), "hosts")
    result = provision([{"uid": "theirs"}, {"uid": "nobodys"}], state="absent")
    assert (result["deleted"], result["unchanged"]) == (["theirs"], ["nobodys"])
    assert server.methods() == {"GET": 2, "DELETE": 1}
    assert server.dashboards() == {}
    assert provision(listed(model("theirs")), state="absent")["changed"] is False


# ------------------------------------------------------------------------------------------------------------ races


def test_one_that_the_search_does_not_list_is_never_overwritten(
    provision: Run, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.save(model("a", panels=[{"id": 1}]))
    monkeypatch.setattr(f"{task.__name__}.search", lambda api: {})
    result = provision(listed(model("a")))
    assert "create the dashboard 'a' (Dashboard a) at the top: Grafana at http" in result["msg"]
    message = "Somebody else has changed it since it was read: run again. 0 of 1 changes were made before this"
    assert message in result["msg"]
    assert server.dashboards()["a"]["model"]["panels"] == [{"id": 1}]


def test_one_that_was_deleted_since_the_search_is_made_again(
    provision: Run, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.save(model("a"))

    def outdated(api: Any) -> Any:
        hits = search(api)
        with server.store.transaction():
            dashboard_records.remove(server.store, 1, server.store.all(1, "dashboard")[0])
        return hits

    monkeypatch.setattr(f"{task.__name__}.search", outdated)
    assert provision(listed(model("a")))["created"] == ["a"]


def test_a_folder_that_the_search_calls_a_dashboard_is_still_none(
    provision: Run, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    hits = {"hosts": Hit("hosts", "Folder hosts", "")}
    monkeypatch.setattr(f"{task.__name__}.search", lambda api: hits)
    assert "'hosts' is the uid of a folder" in provision([{"uid": "hosts"}], state="absent")["msg"]
    assert server.grafana.writes == 0


def test_an_answer_for_another_dashboard_is_a_failure() -> None:
    class Overwriting:
        """Answers every save for the dashboard that has the title, as Grafana does when it overwrites."""

        def call(self, *_: object, **__: object) -> Answer:
            return Answer(200, {}, b'{"uid": "theirs", "status": "success"}')

    step = Step("create", "a", None, Dashboard("a", "hosts", model("a")), Resource("dashboard", {}, {}, print))
    with pytest.raises(HttpError, match="Grafana wrote the dashboard 'theirs' instead"):
        write(Overwriting(), "message")(step)  # type: ignore[arg-type]


def test_a_refusal_in_the_middle_says_what_was_done_before(provision: Run, server: Server) -> None:
    refused = provision(listed(model("a"), model("b", "Folder hosts"), model("c")), folder_uid="hosts")
    assert "Could not create the dashboard 'b' (Folder hosts) in the folder 'hosts'" in refused["msg"]
    assert "Dashboard name cannot be the same as folder" in refused["msg"]
    assert refused["msg"].endswith("1 of 3 changes were made before this: created dashboard 'a'.")
    assert (refused["changed"], refused["created"]) == (True, ["a"])
    assert sorted(server.dashboards()) == ["a"]


# -------------------------------------------------------------------------------------------- exports of grafana.com


EXPORT = model(
    "export",
    __inputs=[
        {"name": "DS_PROMETHEUS", "type": "datasource", "pluginId": "prometheus"},
        {"name": "VAR_JOB", "type": "constant", "value": "node"},
        {"name": "DS_EXPRESSION", "type": "datasource", "pluginId": "__expr__"},
    ],
    __requires=[{"type": "grafana", "version": "11.0.0"}],
    __elements={},
    panels=[
        {
            "datasource": {"type": "prometheus", "uid": "${DS_PROMETHEUS}"},
            "targets": [{"expr": 'up{job="${VAR_JOB}", x="${other}"}', "datasource": {"uid": "${DS_EXPRESSION}"}}],
            "title": "${DS_PROMETHEUS} and ${VAR_JOB}",
        }
    ],
)


def test_what_an_export_leaves_open_is_filled_in(provision: Run, server: Server) -> None:
    shared, own = {"DS_PROMETHEUS": "prometheus", "UNUSED": "x"}, {"VAR_JOB": "other"}
    provision([{"dashboard": EXPORT, "inputs": own}], inputs=shared)
    stored = server.dashboards()["export"]["model"]
    assert not {"__inputs", "__requires", "__elements"} & set(stored)
    assert stored["panels"] == [
        {
            "datasource": {"type": "prometheus", "uid": "prometheus"},
            "targets": [{"expr": 'up{job="other", x="${other}"}', "datasource": {"uid": "__expr__"}}],
            "title": "prometheus and other",
        }
    ]
    assert provision([{"dashboard": EXPORT, "inputs": own}], inputs=shared)["changed"] is False


def test_what_stays_open_is_refused_by_name(provision: Run, server: Server) -> None:
    refused = provision(listed(EXPORT))
    assert (
        "dashboards[0] ('Dashboard export') is an export with open inputs: DS_PROMETHEUS (prometheus)."
        in refused["msg"]
    )
    assert server.grafana.requests == {}


def test_inputs_are_filled_by_the_type_of_the_data_source_unless_named(provision: Run, server: Server) -> None:
    kinds = {"prometheus": "prometheus", "loki": "logs"}
    provision(listed(EXPORT), datasources=kinds)
    (panel,) = server.dashboards()["export"]["model"]["panels"]
    assert panel["datasource"]["uid"] == "prometheus"
    assert panel["targets"][0]["expr"] == 'up{job="node", x="${other}"}'
    assert provision(listed(EXPORT), datasources=kinds, inputs={"DS_PROMETHEUS": "second"})["updated"] == ["export"]
    assert server.dashboards()["export"]["model"]["panels"][0]["datasource"]["uid"] == "second"


def test_a_constant_that_is_empty_stays_so(provision: Run, server: Server) -> None:
    prefix = {"name": "VAR_PREFIX", "type": "constant", "value": ""}
    provision(listed(model("a", __inputs=[prefix], description="${VAR_PREFIX}up")))
    assert server.dashboards()["a"]["model"]["description"] == "up"


# ------------------------------------------------------------------------------------------------- what is left out


def test_what_cannot_be_used_is_named_and_does_not_keep_the_others(provision: Run, server: Server) -> None:
    server.save(model("file"), provisioned={"externalId": "stack.json", "locked": True})
    server.save(model("theirs", "CPU"), "hosts")
    provision(listed(model("former")), folder_uid="hosts")
    given = [
        {"dashboard": model("good"), "folder_uid": "hosts"},
        {"dashboard": EXPORT, "path": "hosts/export.json"},
        {"path": "hosts/broken.json", "error": "It is not valid JSON."},
        {"dashboard": {"title": "No uid"}},
        {"dashboard": model("good", "Another")},
        {"dashboard": model("lost"), "folder_uid": "nowhere"},
        {"dashboard": model("file", "File")},
        {"dashboard": model("hosts", "Hosts")},
        {"dashboard": model("cpu", "cpu"), "folder_uid": "hosts"},
        {"dashboard": model("clash", "Folder hosts"), "folder_uid": "hosts"},
        {"dashboard": model("last"), "folder_uid": "shop"},
    ]
    assert provision(given)["failed"]
    assert server.grafana.writes == 0
    result = provision(given, skip_unusable=True, prune=True)
    assert (result["failed"], result["created"], result["deleted"]) == (False, ["good", "last"], [])
    assert sorted(server.dashboards()) == ["file", "former", "good", "last", "theirs"]
    told = "\n".join(result["unusable"])
    for words in (
        "hosts/export.json ('Dashboard export') is an export with open inputs: DS_PROMETHEUS (prometheus)",
        "hosts/broken.json cannot be used: It is not valid JSON.",
        "dashboards[3] ('No uid') has the uid None",
        "dashboards[0] and dashboards[4] are both the dashboard 'good'",
        "There is no folder with the uid 'nowhere'",
        "'file' (stack.json)",
        "'hosts' is the uid of a folder",
        "The dashboard 'cpu' cannot have the title 'cpu'",
        "Could not create the dashboard 'clash'",
    ):
        assert words in told
    assert len(result["unusable"]) == len(result["warnings"]) == 9
    again = provision(given, skip_unusable=True, prune=True)
    assert (again["changed"], len(again["unusable"])) == (False, 9)


def test_nothing_is_left_out_when_all_can_be_used(provision: Run) -> None:
    result = provision(listed(model("a")), skip_unusable=True)
    assert (result["created"], result["unusable"], result["warnings"]) == (["a"], [], [])


def test_a_server_that_refuses_everything_is_no_fault_of_a_dashboard(provision: Run, server: Server) -> None:
    refused = provision(listed(model("a")), skip_unusable=True, password="another")
    assert "answered 401" in refused["msg"]


# --------------------------------------------------------------------------------------------------- organisations


def ask(server: Server, path: str, body: dict[str, Any], org: int = 1) -> dict[str, Any]:
    asked = Session(Endpoint(server.grafana.url, "admin", "admin", headers={"X-Grafana-Org-Id": str(org)}))
    answer: dict[str, Any] = asked.request("POST", path, body=body).json()
    asked.close()
    return answer


def test_each_organisation_has_its_own_by_header(provision: Run, server: Server) -> None:
    two = ask(server, "/api/orgs", {"name": "Two"})["orgId"]
    assert provision(listed(model("a"), model("b")), org_id=two)["created"] == ["a", "b"]
    assert provision(listed(model("a")), org_id=1)["created"] == ["a"]
    assert provision(listed(model("a")), org_id=two, prune=True)["deleted"] == ["b"]
    assert (sorted(server.dashboards(1)), sorted(server.dashboards(two))) == (["a"], ["a"])


def test_an_organisation_that_does_not_exist_is_refused(provision: Run, server: Server) -> None:
    refused = provision(listed(model("a")), org_id=99, check=True)
    assert "There is no organisation with the id 99, or the user is not a member" in refused["msg"]
    assert "organisations are numbered from 1" in provision(listed(model("a")), org_id=0)["msg"]
    assert server.grafana.writes == 0


def test_a_token_of_another_organisation_is_refused_by_name(provision: Run, server: Server) -> None:
    account = ask(server, "/api/serviceaccounts", {"name": "bot", "role": "Admin"})["id"]
    token = ask(server, f"/api/serviceaccounts/{account}/tokens", {"name": "t"})["key"] + "\n"
    login = {"username": None, "password": None, "token": token}
    assert provision(listed(model("a")), **login, org_id=1)["created"] == ["a"]
    refused = provision(listed(model("a")), **login, org_id=2)
    assert "The token belongs to the organisation 'Main Org.' (1), but org_id is 2" in refused["msg"]
    assert token.strip() not in str(refused)


def test_the_difference_of_each_dashboard_stands_under_its_uid(provision: Run) -> None:
    provision(listed(model("b", panels=[{"id": 1}]), model("gone")))
    result = provision(listed(model("b", panels=[{"id": 2}]), model("a")), prune=True, diff=True, check=True)
    headers = [(one["before_header"], bool(one["before"]), bool(one["after"])) for one in result["diff"]]
    assert headers == [
        ("dashboard 'a'", False, True),
        ("dashboard 'b'", True, True),
        ("dashboard 'gone'", True, False),
    ]
    assert '"id": 1' in result["diff"][1]["before"]
    assert '"id": 2' in result["diff"][1]["after"]
    assert "diff" not in provision(listed(model("c")))
