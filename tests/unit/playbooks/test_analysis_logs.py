# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbook analysis/logs, run as a user runs it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

from ansible_collections.vigil.observability.plugins.module_utils._http import session
from ansible_collections.vigil.observability.tests.unit.plugins.conftest import LoopbackServer

COLLECTION = Path(session.__file__).parents[3]
MESSAGES = ("Order 1 placed", "Stock of item 4 is negative")


def play(folder: Path, *options: str, **environment: str) -> str:
    """Run the playbook in the folder and return what it prints."""
    collections = next(parent for parent in COLLECTION.parents if parent.name == "ansible_collections").parent
    settings = {**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(collections), "ANSIBLE_NOCOLOR": "true", **environment}
    program = str(Path(sys.executable).with_name("ansible-playbook"))
    command = [program, str(COLLECTION / "playbooks/analysis/logs.yml"), *options]
    done = subprocess.run(command, cwd=folder, env=settings, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def write_logs(folder: Path, end: datetime) -> str:
    """Write two files, of the day before the last one and of the last one, and return the option that names them."""
    files = []
    for days, message in zip((1.5, 0.5), MESSAGES, strict=True):
        time = (end - timedelta(days=days)).isoformat()
        line = {"timestamp": time, "service": "shop", "level": "error", "errorName": "StockError", "message": message}
        files.append(folder / f"app.log.{days}")
        files[-1].write_text(f"{json.dumps(line)}\n")
    return f"logs_files={files[0]},{files[1]}"


def test_new_messages_are_shown_and_a_page_is_written_once(tmp_path: Path) -> None:
    options = ["-e", write_logs(tmp_path, datetime(2026, 1, 10, tzinfo=UTC)), "-e", "logs_end=2026-01-10T00:00:00Z"]
    options += ["-e", '{"logs_deployments": [{"time": "2026-01-09T11:55:00Z", "version": "1.4.2"}]}']
    shown = play(tmp_path, *options)
    assert '"Stock of item <number> is negative"' in shown
    assert '"StockError": 1' in shown
    assert "changed=1 " in shown
    assert "deployment 1.4.2 5 min before" in (tmp_path / "logs.html").read_text()
    assert "changed=0 " in play(tmp_path, *options)


def test_alerts_that_fired_are_read_from_prometheus(tmp_path: Path) -> None:
    now = datetime.now(UTC)
    fired = [[(now - timedelta(hours=hours)).timestamp(), "1"] for hours in (13, 11)]
    series = {"metric": {"alertname": "StockAlert", "service": "shop"}, "values": fired}
    data = {"resultType": "matrix", "result": [series]}
    with LoopbackServer() as server:
        server.bodies["/api/v1/query_range"] = json.dumps({"status": "success", "data": data}).encode()
        threading.Thread(target=server.serve_forever, args=(0.02,)).start()
        try:
            play(tmp_path, "-e", write_logs(tmp_path, now), PROMETHEUS_URL=server.url)
        finally:
            server.shutdown()
        assert [path.partition("?")[0] for path, _headers in server.requests] == ["/api/v1/query_range"]
    assert "alert StockAlert 60 min before" in (tmp_path / "logs.html").read_text()
