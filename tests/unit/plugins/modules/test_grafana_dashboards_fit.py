# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What dashboards need of their Grafana, and what it would store as something else, as seen on a real one of 9.4."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from ansible_collections.vigil.observability.plugins.module_utils._grafana.dashboards import library_panels
from ansible_collections.vigil.observability.plugins.module_utils._http.session import Endpoint, Session
from ansible_collections.vigil.observability.plugins.modules import grafana_dashboards, grafana_datasources
from ansible_collections.vigil.observability.tests.servers.standin_grafana.server import running
from ansible_collections.vigil.observability.tests.servers.standin_grafana.settings import Settings
from ansible_collections.vigil.observability.tests.unit.conftest import Grafana

Run = Callable[..., dict[str, Any]]
Ask = Callable[..., Any]
Model = dict[str, Any]

LOAD = {"type": "timeseries", "title": "Load", "targets": [{"expr": "node_load1", "refId": "A"}]}
HALF = "\ud83d"


def link(uid: str = "load", name: str = "Load") -> Model:
    return {"id": 1, "gridPos": {"x": 0}, "libraryPanel": {"uid": uid, "name": name}}


def element(uid: str = "load", name: str = "Load", **keys: Any) -> Model:
    return {"uid": uid, "name": name, "kind": 1, "model": LOAD, **keys}


def model(uid: str, **keys: Any) -> Model:
    return {"uid": uid, "title": f"Dashboard {uid}", "panels": [], **keys}


def sharing(uid: str, *elements: Model, **keys: Any) -> Model:
    """Return a dashboard that shows the library panel "load", exported with library panels."""
    return model(uid, panels=[link()], __elements={one["uid"]: one for one in elements or (element(),)}, **keys)


@pytest.fixture
def ask(grafana: Grafana) -> Ask:
    """A function that asks as somebody else would, of a Grafana with the folders "hosts" and "shop"."""

    def asked(method: str, path: str, body: Any = None) -> Any:
        session = Session(Endpoint(grafana.url, "admin", "admin"))
        answer = session.request(method, path, body=body)
        session.close()
        assert answer.status < 300, answer.body
        return answer.json()

    for uid in ("hosts", "shop"):
        asked("POST", "/api/folders", {"uid": uid, "title": f"Folder {uid}"})
    return asked


@pytest.fixture
def provision(grafana: Grafana, ask: Ask, run_module: Run) -> Run:
    """A function that runs the module with the dashboards that are given; what it answers has the number of writes."""

    def run(*models: Model, on: str = "", **options: Any) -> dict[str, Any]:
        grafana.forget()
        login = {"url": on or grafana.url, "username": "admin", "password": "admin"}
        # As text, which Ansible does not look into: of data it refuses half characters itself.
        listed = [{"dashboard": json.dumps(one)} for one in models]
        return {**run_module(grafana_dashboards, **login, dashboards=listed, **options), "writes": grafana.writes}

    return run


# ----------------------------------------------------------------------------------------------------- library panels


def test_a_library_panel_that_there_is_not_is_named_before_anything_is_written(
    provision: Run, grafana: Grafana
) -> None:
    result = provision(model("a"), model("b", panels=[link("gone", "Disks")]))
    assert "The dashboard 'b' (Dashboard b) shows library panels that do not exist: 'gone' (Disks)." in result["msg"]
    assert result["writes"] == 0
    assert provision(model("b", panels=[link("gone")]), check=True)["msg"]


@pytest.mark.parametrize("panel", [{"libraryPanel": {}}, {"libraryPanel": "x"}, {"libraryPanel": {"uid": ""}}])
def test_a_library_panel_without_a_uid_is_refused(provision: Run, panel: Model) -> None:
    """Grafana stores such a dashboard and answers 500."""
    result = provision(model("a", panels=[{"type": "row", "panels": [{"id": 7, **panel}]}]))
    assert "cannot be stored: its panel 7 is a library panel without a uid" in result["msg"]
    assert result["writes"] == 0


def test_one_that_shows_what_there_is_not_is_left_out_when_told(provision: Run, ask: Ask) -> None:
    result = provision(model("a"), model("b", panels=[link("gone")]), skip_unusable=True)
    assert result["created"] == ["a"]
    assert "'gone'" in result["unusable"][0]
    assert [one["uid"] for one in ask("GET", "/api/search?type=dash-db")] == ["a"]


def test_a_library_panel_that_is_there_costs_one_request_more(provision: Run, ask: Ask) -> None:
    ask("POST", "/api/library-elements", {**element(), "folderUid": "shop"})
    assert provision(model("a", panels=[link()]), model("b"))["created"] == ["a", "b"]
    again = provision(model("a", panels=[link()]), model("b"))
    assert (again["changed"], again["requests"], again["writes"]) == (False, 4, 0)


def test_library_panels_come_with_the_dashboards_that_bring_them(provision: Run, ask: Ask) -> None:
    brings = [sharing("a"), sharing("b", element(folderUid="shop"))]
    checked = provision(*brings, folder_uid="hosts", check=True, diff=True)
    assert checked["writes"] == 0
    result = provision(*brings, folder_uid="hosts", diff=True)
    assert (result["created"], result["library_panels"]) == (
        ["a", "b"],
        {"created": ["load"], "updated": [], "unchanged": []},
    )
    assert checked["diff"] == result["diff"]
    assert "library panel 'load'" in [part["after_header"] for part in result["diff"]]
    kept = ask("GET", "/api/library-elements/load")["result"]
    assert (kept["name"], kept["folderUid"], kept["model"]["targets"]) == ("Load", "hosts", LOAD["targets"])
    assert "__elements" not in ask("GET", "/api/dashboards/uid/a")["dashboard"]
    again = provision(*brings, folder_uid="hosts")
    assert (again["changed"], again["library_panels"]["unchanged"]) == (False, ["load"])


def test_a_library_panel_lies_in_the_folder_that_it_comes_from(provision: Run, ask: Ask) -> None:
    provision(sharing("a", element(folderUid="shop")), folder_uid="hosts")
    assert ask("GET", "/api/library-elements/load")["result"]["folderUid"] == "shop"


def test_inputs_fill_what_library_panels_leave_open(provision: Run, ask: Ask) -> None:
    source = {"type": "prometheus", "uid": "${DS_PROMETHEUS}"}
    asked = {"name": "DS_PROMETHEUS", "type": "datasource", "pluginId": "prometheus"}
    given = sharing("a", element(model={**LOAD, "datasource": source}), __inputs=[asked])
    provision(given, inputs={"DS_PROMETHEUS": "main"})
    assert ask("GET", "/api/library-elements/load")["result"]["model"]["datasource"]["uid"] == "main"
    assert not provision(given, inputs={"DS_PROMETHEUS": "main"})["changed"]


def test_a_library_panel_that_differs_stays_with_a_warning_unless_told(provision: Run, ask: Ask) -> None:
    provision(sharing("a"))
    other = sharing("a", element(model={**LOAD, "title": "Load of all"}))
    left = provision(other)
    assert (left["changed"], left["writes"]) == (False, 0)
    assert "differ from those that come with the dashboards, and were left unchanged" in left["warnings"][0]
    assert ask("GET", "/api/library-elements/load")["result"]["model"]["title"] == "Load"
    changed = provision(other, update_library_panels=True)
    assert changed["library_panels"] == {"created": [], "updated": ["load"], "unchanged": []}
    assert (changed["changed"], changed["updated"]) == (True, [])
    assert ask("GET", "/api/library-elements/load")["result"]["model"]["title"] == "Load of all"
    assert not provision(other, update_library_panels=True)["changed"]


def test_library_panels_that_cannot_be_are_refused_before_anything_is_written(provision: Run, ask: Ask) -> None:
    two_ways = provision(sharing("a"), sharing("b", element(model={**LOAD, "title": "Other"})))
    assert "The dashboards 'a' and 'b' contain different versions of the library panel 'load'" in two_ways["msg"]
    ask("POST", "/api/library-elements", {**element("theirs"), "folderUid": ""})
    taken = provision(sharing("a"))
    assert "The library panel 'load' of the dashboard 'a' cannot have the name 'Load' in the folder ''" in taken["msg"]
    assert (two_ways["writes"], taken["writes"]) == (0, 0)


def test_all_pages_of_library_panels_are_read(provision: Run, ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(library_panels, "_PAGE", 2)
    for number in range(4):
        ask("POST", "/api/library-elements", {**element(f"p{number}", f"P{number}"), "folderUid": ""})
    assert provision(model("a", panels=[link("p3")]))["created"] == ["a"]


# ------------------------------------------------------------------------------------------------------------ refresh


@pytest.mark.parametrize("refresh", ["1s", "10ms", "7", "foo", "1.5s", "-1m", "1 m", "auto"])
def test_a_refresh_that_the_server_changes_is_adapted_and_changes_once(provision: Run, ask: Ask, refresh: str) -> None:
    first = provision(model("a", refresh=refresh))
    assert ask("GET", "/api/dashboards/uid/a")["dashboard"]["refresh"] == "5s"
    again = provision(model("a", refresh=refresh))
    assert (again["changed"], again["requests"]) == (False, 3)
    assert "every 5s (min_refresh_interval)" in again["warnings"][0]
    assert f"'a' ('{refresh}')" in again["warnings"][0]
    assert refresh == "auto" or first["warnings"] == again["warnings"]


@pytest.mark.parametrize("refresh", ["5s", "1m30s", "1d", "2w", "1.5h", "", False, 5, None])
def test_a_refresh_that_the_server_keeps_is_stored_as_it_is(provision: Run, ask: Ask, refresh: Any) -> None:
    assert not provision(model("a", refresh=refresh))["warnings"]
    assert ask("GET", "/api/dashboards/uid/a")["dashboard"]["refresh"] == refresh
    again = provision(model("a", refresh=refresh))
    assert (again["changed"], again["requests"]) == (False, 2)


def test_the_least_interval_is_that_of_the_server(run_module: Run, provision: Run) -> None:
    with running(Settings(values={"dashboards": {"min_refresh_interval": "1m"}})) as served:
        provision(model("a", refresh="30s"), model("b", refresh="90s"), on=served.url)
        again = provision(model("a", refresh="30s"), model("b", refresh="90s"), on=served.url)
    assert not again["changed"]
    assert "every 1m (min_refresh_interval)" in again["warnings"][0]
    assert "'b'" not in again["warnings"][0]


def test_a_server_without_a_least_interval_is_given_every_refresh(provision: Run) -> None:
    with running(Settings(values={"dashboards": {"min_refresh_interval": ""}})) as served:
        assert not provision(model("a", refresh="1s"), on=served.url)["warnings"]
        assert not provision(model("a", refresh="1s"), on=served.url)["changed"]


# ---------------------------------------------------------------------------------------------------- half characters


@pytest.mark.parametrize(
    ("keys", "place"),
    [
        ({"title": f"Half {HALF}"}, "model.title"),
        ({"panels": [{"title": "x"}, {"title": HALF}]}, "model.panels[1].title"),
        ({"templating": {HALF: 1}}, "model.templating.'\\ud83d'"),
    ],
)
def test_half_of_a_character_is_refused_by_its_place(provision: Run, keys: Model, place: str) -> None:
    """Grafana stores another character, so that every run would change the dashboard."""
    result = provision(model("a"), model("b", **keys))
    assert f"'b' has half of a character (a lone surrogate) in {place}. Servers would store" in result["msg"]
    assert result["writes"] == 0
    assert provision(model("a"), model("b", **keys), skip_unusable=True)["created"] == ["a"]
    whole = provision(model("c", title="Whole \U0001f525"))
    assert whole["created"] == ["c"]
    assert not provision(model("c", title="Whole \U0001f525"))["changed"]


def test_half_of_a_character_in_a_secret_is_refused_without_the_secret(grafana: Grafana, run_module: Run) -> None:
    secrets = json.dumps({"token": f"my secret {HALF}"})
    source = {"uid": "s", "type": "loki", "secureJsonData": secrets}
    login = {"url": grafana.url, "username": "admin", "password": "admin"}
    refused = run_module(grafana_datasources, **login, datasources=[source], secret_digest_key="a-digest-key")
    assert "'s' has half of a character (a lone surrogate) in secureJsonData.token" in refused["msg"]
    assert "my secret" not in str(refused)
    assert grafana.writes == 0
