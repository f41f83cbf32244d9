# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbook that has the engine and the hosts know each other notices a key on the wrong host."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from ansible_collections.vigil.observability.tests.unit.playbooks.expressions import COLLECTION


def test_engine_whose_connection_leads_to_the_target_gets_no_key(tmp_path: Path) -> None:
    """As an ansible_host made of inventory_hostname does, in a task that is delegated."""
    local = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable, "ansible_become": False}
    groups = {"incident_response": {"hosts": {"monitor1": local}}, "runbook_target": {"hosts": {"web1": local}}}
    (tmp_path / "hosts.yml").write_text(json.dumps(groups))
    collections = next(one for one in COLLECTION.parents if one.name == "ansible_collections").parent
    environment = {**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(collections), "ANSIBLE_NOCOLOR": "true"}
    command = [str(Path(sys.executable).with_name("ansible-playbook")), "-i", "hosts.yml", "--check"]
    command.append("vigil.observability.runbook_targets")
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode, done.stdout
    assert "The connection to monitor1 leads to web1." in " ".join(done.stdout.split())
    assert "Install the SSH client" not in done.stdout
