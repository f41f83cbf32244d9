# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which nodes a run starts together, before it changes one after the other."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from ansible_collections.vigil.observability.plugins.plugin_utils._inventory import run_tags

COLLECTION = Path(run_tags.__file__).parents[3]
HERE = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable, "ansible_become": False}
Services = list[str]
STOPPED: Services = ["elasticsearch"]
RUNS: Services = []
UNREACHABLE = None


def started(folder: Path, nodes: dict[str, Services | None], pillars: tuple[str, ...]) -> set[str]:
    """Return the nodes that a run would start together, after it has checked some, which are stopped or run."""
    inventory = {"all": {"children": {"elasticsearch": {"hosts": dict.fromkeys(nodes, HERE)}}}}
    (folder / "hosts.yml").write_text(yaml.safe_dump(inventory))
    fact = {"vigil_stopped": "{{ stopped[inventory_hostname] }}", "cacheable": True}
    checks = {"ansible.builtin.set_fact": fact, "when": "stopped[inventory_hostname] is not none"}
    playbook = [
        {"hosts": "all", "gather_facts": False, "vars": {"stopped": nodes}, "tasks": [checks]},
        {
            "ansible.builtin.import_playbook": str(COLLECTION / "playbooks/parts/start_elasticsearch.yml"),
            "vars": {"deploy_pillars": list(pillars)},
        },
    ]
    (folder / "play.yml").write_text(yaml.safe_dump(playbook))
    collections = next(parent for parent in COLLECTION.parents if parent.name == "ansible_collections").parent
    settings = {**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(collections), "ANSIBLE_NOCOLOR": "true"}
    program = str(Path(sys.executable).with_name("ansible-playbook"))
    # No node is installed here, so none starts.
    command = [program, "--check", "-i", "hosts.yml", "play.yml"]
    done = subprocess.run(command, cwd=folder, env=settings, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return set(re.findall(r"(\w+) did not start together with the others", done.stdout))


@pytest.mark.parametrize(
    ("nodes", "pillars", "together"),
    [
        ({"search1": STOPPED, "search2": STOPPED, "search3": STOPPED}, ("logs",), {"search1", "search2", "search3"}),
        ({"search1": STOPPED, "search2": STOPPED, "search3": UNREACHABLE}, (), {"search1", "search2"}),
        ({"search1": STOPPED, "search2": RUNS, "search3": STOPPED}, ("logs",), set()),
        ({"search1": STOPPED, "search2": STOPPED}, ("metrics",), set()),
        ({"search1": STOPPED}, ("logs",), set()),
        ({"search1": STOPPED, "search2": UNREACHABLE}, ("logs",), set()),
    ],
)
def test_nodes_are_started_together_when_no_node_that_was_checked_runs(
    tmp_path: Path, nodes: dict[str, Services | None], pillars: tuple[str, ...], together: set[str]
) -> None:
    assert started(tmp_path, nodes, pillars) == together
