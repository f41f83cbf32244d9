# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The token by which incident_response writes annotations, in a stand-in for Grafana."""

from __future__ import annotations

import grp
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.vigil.observability.tests.servers.standin_grafana.server import running
from ansible_collections.vigil.observability.tests.servers.standin_grafana.settings import Settings
from ansible_collections.vigil.observability.tests.unit.playbooks.expressions import COLLECTION, evaluated
from ansible_collections.vigil.observability.tests.unit.tests.standin_grafana.client import ask

OWN_GROUP = grp.getgrgid(os.getgid()).gr_name


def made(folder: Path, url: str, *options: str, group: str = OWN_GROUP) -> str:
    """Run the tasks, and return what the run has printed."""
    play = {
        "hosts": "localhost",
        "gather_facts": False,
        "vars": {"annotations_group": group, "annotations_token_file": str(folder / "token")},
        "module_defaults": {
            "group/vigil.observability.grafana": {"url": url, "username": "admin", "password": "admin"}
        },
        "tasks": [{"ansible.builtin.include_tasks": str(COLLECTION / "playbooks/tasks/annotations_token.yml")}],
    }
    (folder / "play.yml").write_text(json.dumps([play]))
    collections = next(parent for parent in COLLECTION.parents if parent.name == "ansible_collections").parent
    settings = {**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(collections), "ANSIBLE_NOCOLOR": "true"}
    command = [str(Path(sys.executable).with_name("ansible-playbook")), "--diff", "play.yml", *options]
    done = subprocess.run(command, cwd=folder, env=settings, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_it_is_made_once_and_may_write_annotations(tmp_path: Path) -> None:
    with running(Settings()) as served:
        assert "changed=2" in made(tmp_path, served.url, "--check")
        assert not (tmp_path / "token").exists()
        shown = made(tmp_path, served.url)
        token = (tmp_path / "token").read_text()
        assert token not in shown
        assert (tmp_path / "token").stat().st_mode & 0o777 == 0o640
        assert ask(f"{served.url}/api/annotations", {"text": "x"}, user=f"api_key:{token}")[0] == 200
        assert "changed=0" in made(tmp_path, served.url)
        assert (tmp_path / "token").read_text() == token


def test_a_host_without_the_service_gets_none(tmp_path: Path) -> None:
    with running(Settings()) as served:
        assert "changed=0" in made(tmp_path, served.url, group="no-such-group")
        assert not (tmp_path / "token").exists()
        assert ask(f"{served.url}/api/serviceaccounts/search")[1]["totalCount"] == 0


@pytest.mark.parametrize("grafanas", [{}, {"monitor1": {"ansible_host": "10.0.0.1"}}])
def test_the_engine_asks_the_grafanas_of_the_inventory(tmp_path: Path, grafanas: dict[str, dict[str, str]]) -> None:
    groups: dict[str, Any] = {"incident_response": {"monitor2": {}}, "grafana": grafanas}
    urls = evaluated(tmp_path, "incident_response_grafana_urls | to_json", ["playbooks/vars/incidents.yml"], groups)
    assert urls == dict.fromkeys(grafanas, "https://10.0.0.1:3000")
