# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbook export_dashboards, and its files provisioned again, run as a user runs them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.vigil.observability.plugins.module_utils._http import session
from ansible_collections.vigil.observability.plugins.module_utils._http.session import Endpoint, Session
from ansible_collections.vigil.observability.tests.servers.standin_grafana import dashboard_records
from ansible_collections.vigil.observability.tests.unit.conftest import Grafana

COLLECTION = Path(session.__file__).parents[3]
AGAIN = [
    {
        "hosts": "localhost",
        "gather_facts": False,
        "vars": {"ansible_python_interpreter": "{{ ansible_playbook_python }}"},
        "tasks": [
            {
                "vigil.observability.grafana_folders": {
                    "folders": "{{ lookup('ansible.builtin.file', 'grafana/folders.json') | from_json }}"
                }
            },
            {
                "vigil.observability.grafana_dashboards": {
                    "dashboards": "{{ 'grafana/dashboards' | vigil.observability.dashboard_files }}",
                    "owner": "{{ owner }}",
                }
            },
        ],
    }
]
LEGEND = {"id": 1, "title": "Größe", "targets": [{"expr": "up", "legendFormat": "{{instance}} {% raw %}"}]}


@pytest.fixture
def existing(grafana: Grafana) -> Grafana:
    """A Grafana with nested folders and dashboards of people, one of a file on the server, and one of our playbook."""
    asked = Session(Endpoint(grafana.url, "admin", "admin"))
    for uid, parent in (("hosts", ""), ("disks", "hosts")):
        asked.request("POST", "/api/folders", body={"uid": uid, "title": uid.title(), "parentUid": parent})
    for uid, folder in (("start", ""), ("cpu", "hosts"), ("smart", "disks")):
        body = {"dashboard": {"uid": uid, "title": uid.upper(), "panels": [LEGEND]}, "folderUid": folder}
        assert asked.request("POST", "/api/dashboards/db", body=body).status == 200
    site = {"uid": "site", "title": "Site", "tags": ["vigil.observability:provision_grafana"]}
    assert asked.request("POST", "/api/dashboards/db", body={"dashboard": site}).status == 200
    asked.close()
    store = grafana.served.application.store
    with store.transaction():
        source = {"externalId": "stack.json", "locked": True}
        fields: dict[str, Any] = {"uid": "file", "title": "File", "folderUid": "", "provisioned": source}
        dashboard_records.save(store, 1, {"uid": "file", "title": "File"}, over=None, by="file", **fields)
    grafana.forget()
    return grafana


def play(grafana: Grafana, folder: Path, playbook: str, *options: str) -> str:
    """Run a playbook in the folder and return its last lines."""
    collections = next(parent for parent in COLLECTION.parents if parent.name == "ansible_collections").parent
    environment = {
        **os.environ,
        "ANSIBLE_COLLECTIONS_PATH": str(collections),
        "ANSIBLE_NOCOLOR": "true",
        "GRAFANA_URL": grafana.url,
        "GRAFANA_USERNAME": grafana.user,
        "GRAFANA_PASSWORD": grafana.password,
    }
    command = [str(Path(sys.executable).with_name("ansible-playbook")), playbook, *options]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_what_was_made_in_the_browser_is_taken_back_from_its_files_without_a_change(
    existing: Grafana, tmp_path: Path
) -> None:
    said = play(existing, tmp_path, str(COLLECTION / "playbooks/export_dashboards.yml"))
    assert f"3 dashboards are in {tmp_path}/grafana, 4 files were written" in said
    assert "2 dashboards were skipped because files on the server or the playbook provision_grafana" in said
    files = sorted(str(file.relative_to(tmp_path / "grafana")) for file in tmp_path.rglob("*.json"))
    written = ["dashboards/disks/smart.json", "dashboards/general/start.json", "dashboards/hosts/cpu.json"]
    assert files == [*written, "folders.json"]
    text = (tmp_path / "grafana" / written[0]).read_text()
    model: dict[str, Any] = json.loads(text)
    assert model == {"uid": "smart", "title": "SMART", "panels": [LEGEND]}
    assert "Größe" in text
    assert existing.writes == 0
    again = play(existing, tmp_path, str(COLLECTION / "playbooks/export_dashboards.yml"))
    assert "0 files were written" in again
    assert "changed=0 " in again

    (tmp_path / "again.yml").write_text(yaml.safe_dump(AGAIN))
    assert "changed=0 " in play(existing, tmp_path, "again.yml", "-e", "owner=''")
    assert existing.writes == 0
    assert "changed=1 " in play(existing, tmp_path, "again.yml", "-e", "owner=team")
    assert "changed=0 " in play(existing, tmp_path, "again.yml", "-e", "owner=team")
    assert existing.writes == 3
