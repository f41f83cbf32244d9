# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plays of a user's own that run a role without the playbooks, which would join it to the others."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.vigil.observability.plugins.plugin_utils._inventory.role_inputs import ROLES, described_inputs
from ansible_collections.vigil.observability.plugins.plugin_utils._services.registry import services

COLLECTIONS = next(parent for parent in ROLES.parents if parent.name == "ansible_collections").parent
JOINED = {
    **{name: f"{name}_clients" for name, service in services().items() if service.access == "certificate"},
    "alertmanager": "alertmanager_peers",
    "prometheus": "prometheus_targets",
    "certificates": "certificates_services",
}
EMPTY: dict[str, Any] = {"list": [], "dict": {}, "str": "x"}


def _ran(play: dict[str, Any], tmp_path: Path) -> str:
    (tmp_path / "play.yml").write_text(yaml.dump([play]))
    command = [str(Path(sys.executable).with_name("ansible-playbook")), "-i", "localhost,", "play.yml"]
    environment = {**os.environ, "HOME": str(tmp_path), "ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS)}
    done = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    return f"{done.stdout}{done.stderr}"


@pytest.mark.parametrize("role", JOINED)
def test_role_without_what_the_playbooks_find_names_it_and_touches_nothing(tmp_path: Path, role: str) -> None:
    required = {name: option for name, option in described_inputs()[role].items() if option.get("required")}
    given = {name: EMPTY[option["type"]] for name, option in required.items() if name != JOINED[role]}
    play = {"hosts": "localhost", "connection": "local", "gather_facts": False, "vars": given}
    said = _ran({**play, "roles": [f"vigil.observability.{role}"]}, tmp_path)
    assert f"missing required arguments: {JOINED[role]}" in said
    assert "Check that the host can run the service" not in said
    assert "Stage the release" not in said
