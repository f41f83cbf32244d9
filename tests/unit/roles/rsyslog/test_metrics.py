# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Metrics of rsyslog, from the statistics that it writes."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

STATISTICS = (
    {"name": "omelasticsearch", "origin": "omelasticsearch", "submitted": 9, "response.success": 7, "failed.es": 1},
    {"name": "kept", "origin": "core.action", "processed": 2},
    {"name": "elasticsearch queue", "origin": "core.queue", "size": 3},
    {"name": "elasticsearch queue[DA]", "origin": "core.queue", "size": 4},
    {"name": "resource-usage", "origin": "impstats"},
)


@pytest.fixture
def run(
    program: Callable[[str], Any], data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., dict[str, str]]:
    """A function that runs the program with lines and patterns of files, and returns the metrics by their names."""

    def ran(lines: list[str], *patterns: str) -> dict[str, str]:
        target = tmp_path / "rsyslog.prom"
        monkeypatch.setattr(sys, "argv", ["metrics.py", str(target), str(data), "1000", "2000", *patterns])
        monkeypatch.setattr(sys, "stdin", io.StringIO("\n".join(lines)))
        program("metrics").main()
        assert target.stat().st_mode & 0o777 == 0o644
        found = (line.rsplit(" ", 1) for line in target.read_text().splitlines() if line[0] != "#")
        return {line[0]: line[1] for line in found}

    return ran


def test_statistics_and_sizes_become_metrics(run: Callable[..., dict[str, str]], data: Path) -> None:
    (data / "queue/elasticsearch.00000001").write_text("x" * 30)
    (data / "queue/main.00000001").write_text("x" * 20)
    (data / "refused/documents.json").write_text("x" * 40)
    found = run(["no JSON", *map(json.dumps, STATISTICS)])
    assert found == {
        "rsyslog_submitted_documents_total": "9",
        "rsyslog_accepted_documents_total": "7",
        "rsyslog_duplicate_documents_total": "0",
        "rsyslog_refused_documents_total": "2",
        "rsyslog_refused_requests_total": "1",
        "rsyslog_failed_requests_total": "0",
        'rsyslog_queue_documents{queue="memory"}': "3",
        'rsyslog_queue_documents{queue="disk"}': "4",
        "rsyslog_queue_bytes": "30",
        "rsyslog_queue_limit_bytes": "1000",
        "rsyslog_refused_bytes": "40",
        "rsyslog_refused_limit_bytes": "2000",
        "rsyslog_discarded_documents_total": "0",
        "rsyslog_unreadable_files": "0",
    }


def test_files_and_directories_that_rsyslog_may_not_read_are_counted(
    program: Callable[[str], Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    metrics = program("metrics")
    for name in ("open/shop.json", "closed/shop.json", "hidden/shop.json"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).touch()
    closed = {tmp_path / "closed/shop.json", tmp_path / "hidden"}
    monkeypatch.setattr(metrics.os, "access", lambda path, _mode: path not in closed)
    patterns = [f"{tmp_path}/{name}/*.json" for name in ("open", "closed", "hidden", "absent")]
    assert metrics.unreadable(patterns) == 2


def test_positions_are_noted_in_each_interval(run: Callable[..., dict[str, str]], data: Path, tmp_path: Path) -> None:
    (tmp_path / "shop.json").write_text("a line\n")
    idle = json.dumps(STATISTICS[-1])
    run([idle] * 4, f"{tmp_path}/*.json")
    assert (data / "positions.safe/heads.json").exists()
    assert (tmp_path / "shop.json").stat().st_ino == int(*json.loads((data / "positions/heads.json").read_text()))
