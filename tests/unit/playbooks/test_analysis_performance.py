# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbook analysis/performance, run as a user runs it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from ansible_collections.vigil.observability.plugins.module_utils._http import session

COLLECTION = Path(session.__file__).parents[3]
MS = 1_000_000


def play(folder: Path, *options: str) -> str:
    """Run the playbook in the folder and return what it prints."""
    collections = next(parent for parent in COLLECTION.parents if parent.name == "ansible_collections").parent
    settings = {**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(collections), "ANSIBLE_NOCOLOR": "true"}
    program = str(Path(sys.executable).with_name("ansible-playbook"))
    command = [program, str(COLLECTION / "playbooks/analysis/performance.yml"), *options]
    done = subprocess.run(command, cwd=folder, env=settings, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def span(trace: int, name: int, operation: str, start: int, end: int, **more: Any) -> dict[str, Any]:
    times = {"startTimeUnixNano": str(start * MS), "endTimeUnixNano": str(end * MS)}
    return {"traceId": f"{trace:032x}", "spanId": f"{name:016x}", "name": operation, **times, **more}


def write_traces(path: Path, loops: int) -> str:
    """Write an export of requests with that many statements in a loop, and return its path."""
    spans = []
    for trace in range(1, 31):
        spans.append(span(trace, 1, "GET /orders", 0, 200, kind=2))
        for loop in range(loops):
            text = {"key": "db.query.text", "value": {"stringValue": f"GET item:{loop}"}}
            more = {"kind": 3, "parentSpanId": f"{1:016x}", "attributes": [text]}
            spans.append(span(trace, loop + 2, "SELECT", 10 + 15 * loop, 24 + 15 * loop, **more))
    resource = {"attributes": [{"key": "service.name", "value": {"stringValue": "shop"}}]}
    path.write_text(json.dumps({"resourceSpans": [{"resource": resource, "scopeSpans": [{"spans": spans}]}]}))
    return str(path)


def test_statements_in_a_loop_are_named_and_a_page_is_written_once(tmp_path: Path) -> None:
    options = ["-e", f"traces_files={write_traces(tmp_path / 'now.json', 10)}", "-e", "traces_json=result.json"]
    options += ["-e", f"traces_baseline_files={write_traces(tmp_path / 'before.json', 1)}"]
    shown = play(tmp_path, *options)
    assert '"shop.SELECT: GET item:? runs 10 times in one request' in shown
    assert "changed=2 " in shown
    changes = json.loads((tmp_path / "result.json").read_text())["changes"]
    assert [(change["path"][-1], change["change"]) for change in changes] == [("shop.SELECT", "slower")]
    assert "runs 10 times in one request" in (tmp_path / "performance.html").read_text()
    assert (tmp_path / "performance.html").stat().st_mode & 0o777 == 0o600
    assert "changed=0 " in play(tmp_path, *options)
