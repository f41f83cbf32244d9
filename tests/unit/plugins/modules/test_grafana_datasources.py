# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import hmac
import json
from collections.abc import Callable
from typing import Any

import pytest

from ansible_collections.vigil.observability.plugins.module_utils._grafana.datasources import found
from ansible_collections.vigil.observability.plugins.modules import grafana_datasources
from ansible_collections.vigil.observability.tests.servers.standin_grafana.datasources import add_datasource
from ansible_collections.vigil.observability.tests.unit.conftest import Grafana

Run = Callable[..., dict[str, Any]]
Source = dict[str, Any]

PASSWORD = "first-secret-of-prometheus"
PROMETHEUS: Source = {
    "uid": "prometheus",
    "type": "prometheus",
    "url": "https://monitor1:9090",
    "basicAuth": True,
    "basicAuthUser": "grafana",
    "isDefault": True,
    "jsonData": {"httpMethod": "POST"},
    "secureJsonData": {"basicAuthPassword": PASSWORD},
}
ALERTMANAGER: Source = {"uid": "alertmanager", "type": "alertmanager", "url": "https://monitor1:9093"}
# A type that no list of ours has.
JAEGER: Source = {"uid": "traces", "name": "Traces", "type": "jaeger", "url": "https://monitor1:16686"}
ALL = [PROMETHEUS, ALERTMANAGER, JAEGER]


@pytest.fixture
def datasources(grafana: Grafana, run_module: Run) -> Run:
    """A function that runs the module with the data sources that are given."""

    def run(sources: list[Source], **options: Any) -> dict[str, Any]:
        grafana.forget()
        login = {"url": grafana.url, "username": grafana.user, "password": grafana.password}
        return run_module(
            grafana_datasources, **login, **{"secret_digest_key": "a-digest-key", "datasources": sources, **options}
        )

    return run


def stored(grafana: Grafana) -> dict[str, Source]:
    store = grafana.served.application.store
    with store.transaction():
        return {source["uid"]: source for source in store.all(1, "datasource")}


def add(grafana: Grafana, *, read_only: bool = False, **source: Any) -> None:
    store = grafana.served.application.store
    with store.transaction():
        add_datasource(store, 1, {"access": "proxy", "type": "loki", **source}, read_only=read_only)


def test_data_sources_of_any_type_are_made_on_one_connection(datasources: Run, grafana: Grafana) -> None:
    result = datasources(ALL)
    assert (result["created"], result["requests"], result["connections"]) == (
        ["prometheus", "alertmanager", "traces"],
        4,
        1,
    )
    assert grafana.connections == 1
    there = stored(grafana)
    assert there["prometheus"]["secureJsonFields"] == {"basicAuthPassword": True}
    assert there["traces"]["name"] == "Traces"


def test_a_second_run_reads_the_list_and_each_one_and_writes_nothing(datasources: Run, grafana: Grafana) -> None:
    datasources(ALL)
    result = datasources(ALL)
    assert (result["changed"], result["unchanged"]) == (False, ["prometheus", "alertmanager", "traces"])
    assert (result["requests"], grafana.writes, grafana.connections) == (4, 0, 1)


def test_check_mode_tells_the_same_and_writes_nothing(datasources: Run, grafana: Grafana) -> None:
    result = datasources(ALL, check=True, diff=True)
    assert result["created"] == ["prometheus", "alertmanager", "traces"]
    assert grafana.writes == 0
    assert stored(grafana) == {}


def test_a_secret_is_in_no_result_and_a_changed_one_is_written(datasources: Run, grafana: Grafana) -> None:
    first = datasources([PROMETHEUS], diff=True)
    rotated = {**PROMETHEUS, "secureJsonData": {"basicAuthPassword": "second-secret-of-prometheus"}}
    second = datasources([rotated], diff=True)
    assert second["updated"] == ["prometheus"]
    told = json.dumps([first["diff"], second["diff"]])
    assert "secret-of-prometheus" not in told
    assert '\\"secrets\\": \\"' in told
    assert not datasources([rotated])["changed"]
    assert datasources([rotated], secret_digest_key="another")["changed"]


def test_a_secret_that_is_no_longer_wanted_is_removed(datasources: Run, grafana: Grafana) -> None:
    datasources([PROMETHEUS])
    without = {**PROMETHEUS, "basicAuth": False, "secureJsonData": {"httpHeaderValue1": "x"}}
    assert datasources([without])["updated"] == ["prometheus"]
    assert stored(grafana)["prometheus"]["secureJsonFields"] == {"httpHeaderValue1": True}
    assert not datasources([without])["changed"]


@pytest.mark.parametrize(
    "change",
    [
        {"name": "Metrics"},
        {"url": "https://monitor2:9090"},
        {"type": "loki"},
        {"basicAuthUser": "other"},
        {"jsonData": {"httpMethod": "GET"}},
        {"jsonData": None},
        {"isDefault": False},
        {"withCredentials": True},
    ],
)
def test_whatever_differs_is_changed_and_then_is_as_wanted(datasources: Run, change: Source) -> None:
    datasources([PROMETHEUS])
    changed = datasources([{**PROMETHEUS, **change}])
    assert (changed["updated"], changed["requests"]) == (["prometheus"], 3)
    assert not datasources([{**PROMETHEUS, **change}])["changed"]


def test_what_grafana_cannot_empty_is_left(datasources: Run) -> None:
    datasources([PROMETHEUS])
    without = {key: value for key, value in PROMETHEUS.items() if key not in ("url", "isDefault")}
    assert not datasources([without])["changed"]


def test_a_url_that_an_update_leaves_out_stays(datasources: Run, grafana: Grafana) -> None:
    datasources([{**PROMETHEUS, "database": "metrics"}])
    without = {key: value for key, value in PROMETHEUS.items() if key not in ("url", "basicAuthUser")}
    changed = {**without, "jsonData": {"httpMethod": "GET"}}
    assert datasources([changed])["updated"] == ["prometheus"]
    kept = stored(grafana)["prometheus"]
    assert [kept[key] for key in ("url", "database", "basicAuthUser")] == [
        "https://monitor1:9090",
        "metrics",
        "grafana",
    ]
    assert not datasources([changed])["changed"]


def test_a_change_of_somebody_else_in_between_is_refused(
    datasources: Run, grafana: Grafana, monkeypatch: pytest.MonkeyPatch
) -> None:
    datasources([PROMETHEUS])
    meanwhile = {**stored(grafana)["prometheus"], "version": 7}

    def late(*given: Any) -> Any:
        there = found(*given)
        store = grafana.served.application.store
        with store.transaction():
            store.put(1, "datasource", "prometheus", meanwhile, name="prometheus")
        return there

    monkeypatch.setattr(f"{found.__module__}.found", late)
    result = datasources([{**PROMETHEUS, "url": "https://monitor3:9090"}])
    assert result["msg"].startswith("Could not update the data source 'prometheus': Grafana at ")
    assert "updated by someone else" in result["msg"]


def test_prune_removes_only_what_we_made(datasources: Run, grafana: Grafana) -> None:
    add(grafana, uid="theirs", name="Theirs", jsonData={"vigil": None})
    datasources(ALL)
    assert datasources([PROMETHEUS])["deleted"] == []
    assert datasources([PROMETHEUS], prune=True)["deleted"] == ["alertmanager", "traces"]
    assert sorted(stored(grafana)) == ["prometheus", "theirs"]


def test_lists_of_two_owners_never_remove_what_is_the_others(datasources: Run, grafana: Grafana) -> None:
    datasources([PROMETHEUS], owner="provision_grafana", prune=True)
    datasources([JAEGER], prune=True)
    datasources([ALERTMANAGER], owner="team-shop", prune=True)
    assert datasources([PROMETHEUS], owner="provision_grafana", prune=True)["changed"] is False
    assert datasources([], owner="team-shop", prune=True)["deleted"] == ["alertmanager"]
    assert sorted(stored(grafana)) == ["prometheus", "traces"]


def test_one_of_another_owner_is_refused_by_name_or_taken_over(datasources: Run, grafana: Grafana) -> None:
    datasources(ALL)
    other = {"owner": "provision_grafana", "prune": True}
    refused = datasources([PROMETHEUS], **other)
    assert "The data source 'prometheus' carries the mark of another owner, 'vigil.observability'" in refused["msg"]
    assert grafana.writes == 0
    checked = datasources([PROMETHEUS], **other, take_over=["vigil.observability"], check=True, diff=True)
    assert '"owner": "vigil.observability:provision_grafana"' in checked["diff"][0]["after"]
    taken = datasources([PROMETHEUS], **other, take_over=["vigil.observability"])
    assert (taken["updated"], taken["deleted"], checked["updated"]) == (["prometheus"], [], ["prometheus"])
    (warning,) = taken["warnings"]
    assert "were left unchanged: 'alertmanager', 'traces'" in warning
    again = datasources([PROMETHEUS], **other, take_over=["vigil.observability"])
    assert (again["changed"], again["warnings"]) == (False, [])


@pytest.mark.parametrize("owner", ["", "two words", "x" * 31, "-first"])
def test_an_owner_that_makes_no_mark_is_refused(datasources: Run, owner: str) -> None:
    assert "must be 1 to 30 letters, digits" in datasources([JAEGER], owner=owner)["msg"]


def test_a_secret_that_is_empty_is_none_and_changes_once(datasources: Run, grafana: Grafana) -> None:
    datasources([PROMETHEUS])
    empty = {**PROMETHEUS, "secureJsonData": {"basicAuthPassword": "", "httpHeaderValue1": None, "tlsCACert": "x"}}
    assert datasources([empty])["updated"] == ["prometheus"]
    assert datasources([empty])["changed"] is False
    assert stored(grafana)["prometheus"]["secureJsonFields"] == {"tlsCACert": True}
    none = {**JAEGER, "secureJsonData": {"password": ""}}
    assert datasources([none], secret_digest_key=None)["created"] == ["traces"]
    assert datasources([none], secret_digest_key=None)["changed"] is False


def test_a_digest_of_an_earlier_version_is_written_anew_once(datasources: Run, grafana: Grafana) -> None:
    datasources([PROMETHEUS])
    store = grafana.served.application.store
    there = stored(grafana)["prometheus"]
    there["jsonData"]["vigil"]["secrets"] = hmac.digest(
        b"a-digest-key", json.dumps(PROMETHEUS["secureJsonData"], separators=(",", ":")).encode(), "sha256"
    ).hex()[:32]
    with store.transaction():
        store.put(1, "datasource", "prometheus", there, name="prometheus")
    assert datasources([PROMETHEUS])["updated"] == ["prometheus"]
    assert datasources([PROMETHEUS])["changed"] is False


def test_absent_removes_what_is_listed_and_is_content_when_it_is_gone(datasources: Run, grafana: Grafana) -> None:
    datasources(ALL)
    assert datasources([{"uid": "traces"}], state="absent", diff=True)["deleted"] == ["traces"]
    assert not datasources([{"uid": "traces"}], state="absent")["changed"]
    assert sorted(stored(grafana)) == ["alertmanager", "prometheus"]


@pytest.mark.parametrize(
    ("sources", "options", "message"),
    [
        ([PROMETHEUS, ALERTMANAGER, PROMETHEUS], {}, "datasources[0] and datasources[2] are both the data source"),
        ([ALERTMANAGER, {**JAEGER, "name": "alertmanager"}], {}, "are both the data source named 'alertmanager'"),
        ([PROMETHEUS, {**JAEGER, "isDefault": True}], {}, "not prometheus and traces"),
        ([{**JAEGER, "uid": "a b"}], {}, "datasources[0]: uid 'a b' must be"),
        ([{"uid": "x"}], {}, "datasources[0] ('x') needs a type"),
        ([PROMETHEUS], {"secret_digest_key": None}, "Set secret_digest_key"),
        ([PROMETHEUS], {"secret_digest_key": "SW2YcwTIb9zpOOhoPsMm"}, "which is public"),
        ([PROMETHEUS], {"url": "monitor1:3000"}, "must be like https://host:port"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_asked(
    sources: list[Source], options: dict[str, Any], message: str, grafana: Grafana, run_module: Run
) -> None:
    login = {"url": grafana.url, "username": "admin", "password": "admin", "secret_digest_key": "a-digest-key"}
    result = run_module(grafana_datasources, datasources=sources, **{**login, **options})
    assert message in result["msg"]
    assert PASSWORD not in result["msg"]
    assert grafana.requests == {}


def test_a_name_that_another_one_has_is_refused_before_anything_is_written(datasources: Run, grafana: Grafana) -> None:
    add(grafana, uid="theirs", name="Traces")
    result = datasources(ALL)
    assert "The data source 'traces' cannot be named 'Traces': 'theirs' already has that name" in result["msg"]
    assert grafana.writes == 0


def test_a_data_source_whose_uid_changes_goes_before_the_one_that_takes_its_name(
    datasources: Run, grafana: Grafana
) -> None:
    datasources([JAEGER])
    renamed = {**JAEGER, "uid": "jaeger"}
    assert "'traces' already has that name" in datasources([renamed])["msg"]
    result = datasources([renamed], prune=True)
    assert (result["created"], result["deleted"], grafana.writes) == (["jaeger"], ["traces"], 2)
    assert {uid: source["name"] for uid, source in stored(grafana).items()} == {"jaeger": "Traces"}
    assert not datasources([renamed], prune=True)["changed"]


def test_names_are_passed_on_from_one_data_source_to_another(datasources: Run, grafana: Grafana) -> None:
    metrics = {"uid": "m", "name": "Metrics", "type": "prometheus", "url": "https://monitor1:9090"}
    datasources([metrics, JAEGER])
    passed = [{**metrics, "name": "Traces"}, {**JAEGER, "name": "Spans"}, {**ALERTMANAGER, "name": "Metrics"}]
    assert datasources(passed)["changed"]
    assert {uid: source["name"] for uid, source in stored(grafana).items()} == {
        "alertmanager": "Metrics",
        "m": "Traces",
        "traces": "Spans",
    }


def test_data_sources_that_exchange_their_names_are_refused_before_anything_is_written(
    datasources: Run, grafana: Grafana
) -> None:
    datasources([ALERTMANAGER, JAEGER])
    result = datasources([{**ALERTMANAGER, "name": "Traces"}, {**JAEGER, "name": "alertmanager"}])
    assert "The data sources 'alertmanager' and 'traces' cannot swap their names in one run" in result["msg"]
    assert grafana.writes == 0


def test_a_refusal_in_the_middle_says_which_changes_were_made(datasources: Run, grafana: Grafana) -> None:
    result = datasources([JAEGER, ALERTMANAGER, {**PROMETHEUS, "url": "http://[:::"}])
    assert result["msg"].endswith(
        "2 of 3 changes were made before this: created data source 'traces', created data source 'alertmanager'."
    )
    assert (result["changed"], result["created"], result["deleted"]) == (True, ["traces", "alertmanager"], [])
    assert sorted(stored(grafana)) == ["alertmanager", "traces"]


def test_one_that_is_provisioned_from_a_file_is_refused_before_anything_is_written(
    datasources: Run, grafana: Grafana
) -> None:
    add(grafana, uid="prometheus", name="prometheus", read_only=True)
    result = datasources(ALL)
    assert "'prometheus' is provisioned from a file" in result["msg"]
    assert grafana.writes == 0


def test_an_error_tells_the_object_and_hides_the_secrets(datasources: Run) -> None:
    result = datasources([{**PROMETHEUS, "url": f"http://[{PASSWORD}"}])
    assert "Could not create the data source 'prometheus': " in result["msg"]
    assert PASSWORD not in result["msg"]


def test_a_password_in_an_address_is_in_no_diff_and_told_as_changed(datasources: Run) -> None:
    first, second = (
        {**ALERTMANAGER, "url": f"https://u:{word}@monitor1:9093?token={word}"} for word in ("pw-1", "pw-2")
    )
    made, changed = datasources([first], diff=True), datasources([second], diff=True)
    assert "pw-" not in json.dumps([made["diff"], changed["diff"]])
    assert '"url": "https://u:********@monitor1:9093?token=********"' in changed["diff"][0]["before"]
    assert '"url": "https://u:******** (changed)@' in changed["diff"][0]["after"]


def test_an_organisation_that_there_is_not_is_refused_by_its_number(datasources: Run, grafana: Grafana) -> None:
    refused = datasources([ALERTMANAGER], org_id=7)
    assert "There is no organisation with the id 7" in refused["msg"]
    assert stored(grafana) == {}
