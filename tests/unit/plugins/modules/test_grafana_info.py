# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from ansible_collections.vigil.observability.plugins.module_utils._grafana.info import SUBJECTS
from ansible_collections.vigil.observability.plugins.module_utils._grafana.search import Hit
from ansible_collections.vigil.observability.plugins.module_utils._http.session import Endpoint, Session
from ansible_collections.vigil.observability.plugins.modules import grafana_info
from ansible_collections.vigil.observability.tests.servers.standin_grafana.settings import Settings
from ansible_collections.vigil.observability.tests.unit.conftest import Grafana

Run = Callable[..., dict[str, Any]]

WRITTEN = [
    ("/api/folders", {"uid": "hosts", "title": "Hosts"}),
    ("/api/folders", {"uid": "disks", "title": "Disks", "parentUid": "hosts"}),
    ("/api/dashboards/db", {"dashboard": {"uid": "cpu", "title": "CPU", "tags": ["a"]}, "folderUid": "disks"}),
    (
        "/api/datasources",
        {
            "uid": "prometheus",
            "name": "Prometheus",
            "type": "prometheus",
            "url": "https://u:hidden@monitor1:9090/p?token=hidden",
            "access": "proxy",
            "jsonData": {"token": "hidden"},
            "secureJsonData": {"basicAuthPassword": "hidden"},
        },
    ),
    (
        "/api/v1/provisioning/contact-points",
        {"uid": "hook", "name": "Team", "type": "webhook", "settings": {"url": "https://x/hidden"}},
    ),
    ("/api/v1/provisioning/mute-timings", {"name": "night", "time_intervals": []}),
]


@pytest.fixture
def info(grafana: Grafana, run_module: Run) -> Run:
    """A function that runs the module on a Grafana with one of most things."""
    asked = Session(Endpoint(grafana.url, "admin", "admin"))
    for path, body in WRITTEN:
        assert asked.request("POST", path, body=body).status < 300, path
    asked.close()

    def run(**options: Any) -> dict[str, Any]:
        grafana.forget()
        return run_module(grafana_info, url=grafana.url, username="admin", password="admin", **options)

    return run


def test_version_and_organisation_are_told_when_nothing_is_asked_for(info: Run, grafana: Grafana) -> None:
    result = info()
    assert result["health"] == {"version": Settings().version, "database": "ok"}
    assert result["organisation"] == {"id": 1, "name": "Main Org."}
    assert (result["changed"], result["requests"], result["connections"]) == (False, 2, 1)


def test_everything_is_told_without_a_secret(info: Run, grafana: Grafana) -> None:
    result = info(gather=list(SUBJECTS), models=True)
    assert result["folders"] == [
        {"uid": "disks", "title": "Disks", "parent_uid": "hosts"},
        {"uid": "hosts", "title": "Hosts", "parent_uid": ""},
    ]
    assert result["dashboards"] == [
        {
            "uid": "cpu",
            "title": "CPU",
            "folder_uid": "disks",
            "tags": ["a"],
            "provisioned_from": "",
            "dashboard": {"uid": "cpu", "title": "CPU", "tags": ["a"]},
        }
    ]
    (source,) = result["datasources"]
    assert (source["uid"], source["url"], source["read_only"]) == ("prometheus", "https://monitor1:9090/p", False)
    assert {"uid": "hook", "name": "Team", "type": "webhook", "provenance": "api"} in result["contact_points"]
    assert [timing["name"] for timing in result["mute_timings"]] == ["night"]
    assert (result["alert_rules"], result["templates"]) == ([], [])
    assert "hidden" not in json.dumps(result)
    assert result["requests"] == len(SUBJECTS)
    assert grafana.writes == 0


def test_folders_and_dashboards_come_with_one_request(info: Run) -> None:
    result = info(gather=["dashboards", "folders"], check=True)
    assert (result["requests"], "dashboard" in result["dashboards"][0]) == (1, False)


def test_a_dashboard_that_was_deleted_meanwhile_is_not_told(info: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    hits = {uid: Hit(uid, uid, "") for uid in ("cpu", "gone")}
    monkeypatch.setattr(f"{grafana_info.gathered.__module__}.search", lambda api: hits)  # type: ignore[attr-defined]
    assert [one["uid"] for one in info(gather=["dashboards"], models=True)["dashboards"]] == ["cpu"]


def test_a_refusal_names_what_could_not_be_read(info: Run, grafana: Grafana, run_module: Run) -> None:
    refused = run_module(grafana_info, url=grafana.url, username="admin", password="wrong", gather=["folders"])
    assert "Could not list folders and dashboards: Grafana at http" in refused["msg"]
    assert "answered 401" in refused["msg"]
    assert "wrong" not in refused["msg"]
