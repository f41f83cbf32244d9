# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.vigil.observability.plugins.module_utils._http.session import Endpoint, Session
from ansible_collections.vigil.observability.plugins.modules import (
    grafana_dashboards,
    grafana_export,
    grafana_folders,
)
from ansible_collections.vigil.observability.tests.servers.standin_grafana import dashboard_records
from ansible_collections.vigil.observability.tests.servers.standin_grafana.server import running
from ansible_collections.vigil.observability.tests.servers.standin_grafana.settings import Settings
from ansible_collections.vigil.observability.tests.unit.conftest import Grafana

Run = Callable[..., dict[str, Any]]
Ask = Callable[..., Any]

LOGIN = {"username": "admin", "password": "admin"}
LEGEND = {"id": 1, "title": "Größe", "targets": [{"expr": "up", "legendFormat": "{{instance}} {% raw %}"}]}
LINK = {"id": 2, "gridPos": {"x": 0}, "libraryPanel": {"uid": "load", "name": "Load"}}
LOAD = {"type": "timeseries", "title": "Load", "gridPos": {"h": 8}, "targets": [{"expr": "node_load1"}]}


@pytest.fixture
def ask(grafana: Grafana) -> Ask:
    """A function that asks as somebody else would, of a Grafana with folders, dashboards and a library panel."""

    def asked(method: str, path: str, body: Any = None, allowed: tuple[int, ...] = ()) -> Any:
        session = Session(Endpoint(grafana.url, "admin", "admin"))
        answer = session.request(method, path, body=body)
        session.close()
        assert answer.status < 300 or answer.status in allowed, answer.body
        return answer.json()

    for uid, parent in (("hosts", ""), ("disks", "hosts")):
        asked("POST", "/api/folders", {"uid": uid, "title": uid.title(), "parentUid": parent})
    panel = {"uid": "load", "name": "Load", "kind": 1, "folderUid": "disks", "model": LOAD}
    asked("POST", "/api/library-elements", panel)
    for uid, folder, panels in (("start", "", [LEGEND]), ("cpu", "hosts", [LINK]), ("smart", "disks", [])):
        body = {"dashboard": {"uid": uid, "title": uid.upper(), "panels": panels}, "folderUid": folder}
        asked("POST", "/api/dashboards/db", body)
    return asked


@pytest.fixture
def export(grafana: Grafana, ask: Ask, run_module: Run, tmp_path: Path) -> Run:
    """A function that runs the module; what it answers has the number of writes to the server too."""

    def run(**options: Any) -> dict[str, Any]:
        grafana.forget()
        given = {"url": grafana.url, **LOGIN, "path": str(tmp_path / "out"), **options}
        return {**run_module(grafana_export, **given), "writes": grafana.writes}

    return run


FILES = ["dashboards/disks/smart.json", "dashboards/general/start.json", "dashboards/hosts/cpu.json", "folders.json"]


def files(root: Path) -> list[str]:
    return sorted(str(path.relative_to(root / "out")) for path in root.rglob("*") if path.is_file())


def test_everything_is_read_over_one_connection_and_written_once(export: Run, tmp_path: Path) -> None:
    result = export()
    assert (result["changed"], sorted(result["created"])) == (True, FILES)
    # One to list, one for each dashboard, one for library panels.
    assert (result["requests"], result["connections"], result["writes"]) == (5, 1, 0)
    assert files(tmp_path) == FILES
    text = (tmp_path / "out/dashboards/general/start.json").read_text()
    assert json.loads(text) == {"uid": "start", "title": "START", "panels": [LEGEND]}
    assert "Größe" in text
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.json")}
    again = export()
    assert (again["changed"], sorted(again["unchanged"])) == (False, FILES)
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.json")} == before


def test_check_mode_tells_the_same_and_writes_nothing(export: Run, tmp_path: Path) -> None:
    checked = export(check=True, diff=True)
    assert not (tmp_path / "out").exists()
    result = export(diff=True)
    assert (checked["created"], checked["diff"]) == (result["created"], result["diff"])
    assert "Größe" in "".join(part["after"] for part in result["diff"])


def test_what_changed_in_the_browser_is_the_difference(export: Run, ask: Ask, tmp_path: Path) -> None:
    export()
    changed = {"uid": "smart", "title": "SMART", "panels": [LEGEND], "version": 1}
    ask("POST", "/api/dashboards/db", {"dashboard": changed, "folderUid": "disks"})
    result = export(diff=True)
    assert (result["updated"], [part["after_header"] for part in result["diff"]]) == ([FILES[0]], [FILES[0]])
    assert "Größe" in (tmp_path / "out" / FILES[0]).read_text()


def test_a_file_that_somebody_spoilt_is_written_again(export: Run, tmp_path: Path) -> None:
    export()
    (tmp_path / "out" / FILES[0]).write_text("{no JSON")
    result = export(diff=True)
    assert (result["updated"], result["diff"][0]["before"]) == ([FILES[0]], '"{no JSON"\n')
    assert not export()["changed"]


def test_files_of_what_is_gone_or_moved_are_named_and_deleted_when_told(export: Run, ask: Ask, tmp_path: Path) -> None:
    export()
    ask("DELETE", "/api/dashboards/uid/smart")
    ask(
        "POST",
        "/api/dashboards/db",
        {"dashboard": {"uid": "start", "title": "START", "version": 1}, "folderUid": "hosts"},
    )
    (tmp_path / "out/README").write_text("of people")
    left = export()
    assert (left["created"], left["deleted"]) == (["dashboards/hosts/start.json"], [])
    assert f"would be provisioned again: {FILES[0]}, {FILES[1]}." in left["warnings"][0]
    assert export(prune=True, check=True)["deleted"] == FILES[:2]
    pruned = export(prune=True)
    assert (pruned["deleted"], pruned["warnings"]) == (FILES[:2], [])
    assert files(tmp_path) == ["README", "dashboards/hosts/cpu.json", "dashboards/hosts/start.json", "folders.json"]


def test_what_is_code_already_is_left_out(export: Run, ask: Ask, grafana: Grafana, tmp_path: Path) -> None:
    for uid, tag in (("site", "vigil.observability:provision_grafana"), ("team", "vigil.observability:team")):
        ask("POST", "/api/dashboards/db", {"dashboard": {"uid": uid, "title": uid, "tags": [tag]}})
    store = grafana.served.application.store
    with store.transaction():
        source = {"externalId": "stack.json", "locked": True}
        fields: dict[str, Any] = {"uid": "file", "title": "File", "folderUid": "", "provisioned": source}
        dashboard_records.save(store, 1, {"uid": "file", "title": "File"}, over=None, by="file", **fields)
    result = export(exclude_owners=["provision_grafana"])
    assert sorted(result["left_out"]) == ["file", "site"]
    assert "dashboards/general/team.json" in files(tmp_path)
    assert "dashboards/general/site.json" not in files(tmp_path)


def test_an_empty_grafana_gets_all_of_it_in_one_run_library_panels_too(
    export: Run, run_module: Run, tmp_path: Path
) -> None:
    export()
    folders = json.loads((tmp_path / "out/folders.json").read_text())
    # As the filter dashboard_files lists them.
    listed = [
        {"dashboard": file.read_text(), "folder_uid": file.parent.name.replace("general", "")}
        for file in tmp_path.glob("out/dashboards/*/*.json")
    ]
    with running(Settings()) as other:
        login = {"url": other.url, **LOGIN}
        run_module(grafana_folders, **login, folders=folders)
        made = run_module(grafana_dashboards, **login, dashboards=listed, owner="")
        assert (sorted(made["created"]), made["library_panels"]["created"]) == (["cpu", "smart", "start"], ["load"])
        assert not run_module(grafana_dashboards, **login, dashboards=listed, owner="")["changed"]
        again = run_module(grafana_export, **login, path=str(tmp_path / "out"))
    assert (again["changed"], sorted(again["unchanged"])) == (False, FILES)


def test_dashboards_that_are_broken_already_are_named(export: Run, ask: Ask) -> None:
    gone = {"uid": "broken", "title": "Broken", "panels": [{"id": 1, "libraryPanel": {"uid": "gone"}}]}
    bare = {"uid": "bare", "title": "Bare", "panels": [{"id": 3, "libraryPanel": {}}]}
    for model in (gone, bare):
        ask("POST", "/api/dashboards/db", {"dashboard": model}, allowed=(500,))
    first, second = sorted(export()["warnings"])
    assert "The dashboard 'bare' (Bare) cannot be provisioned again as it is: its panel 3 is a library panel" in first
    assert "'broken' (Broken) shows library panels that do not exist, and cannot be provisioned again" in second


def test_a_directory_that_cannot_be_written_is_said(export: Run, tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file")
    assert f"{tmp_path}/out/folders.json cannot be written" in export()["msg"]
