# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an expression is in a play, with the variables of files of the collection."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ansible_collections.vigil.observability.plugins.module_utils._http import session

__all__ = ["COLLECTION", "evaluated", "printed"]

COLLECTION = Path(session.__file__).parents[3]


def evaluated(
    folder: Path,
    expression: str,
    files: Iterable[str],
    groups: Mapping[str, Mapping[str, Mapping[str, Any]]],
    *,
    facts: Mapping[str, Any] | None = None,
    inputs: Mapping[str, Any] | None = None,
) -> Any:
    """Return what an expression that makes JSON is on the first host of an inventory: hosts with variables by group."""
    children = {group: {"hosts": dict(hosts)} for group, hosts in groups.items()}
    (folder / "hosts.yml").write_text(json.dumps({"all": {"children": children}}))
    play = {
        "hosts": next(iter(groups)),
        "gather_facts": False,
        "vars_files": [str(COLLECTION / name) for name in files],
        "vars": dict(inputs or {}),
        "tasks": [
            *([{"ansible.builtin.set_fact": dict(facts)}] if facts else []),
            {"ansible.builtin.debug": {"msg": f"{{{{ {expression} }}}}"}, "run_once": True},
        ],
    }
    (folder / "play.yml").write_text(json.dumps([play]))
    collections = next(parent for parent in COLLECTION.parents if parent.name == "ansible_collections").parent
    settings = {**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(collections), "ANSIBLE_NOCOLOR": "true"}
    command = [str(Path(sys.executable).with_name("ansible-playbook")), "-i", "hosts.yml", "play.yml"]
    done = subprocess.run(command, cwd=folder, env=settings, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    (shown,) = printed(done.stdout)
    return json.loads(shown)


def printed(said: str) -> list[str]:
    """Return the messages that tasks of a run have printed, which starts no process on a host."""
    results = (json.JSONDecoder().raw_decode(said, found.end() - 1)[0] for found in re.finditer(r"=> \{", said))
    return [result["msg"] for result in results]
