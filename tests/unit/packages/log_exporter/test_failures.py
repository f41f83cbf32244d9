# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the exporter makes of nodes that do not answer, or that refuse."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ansible_collections.vigil.observability.packages.log_exporter.log_exporter.__main__ import main
from ansible_collections.vigil.observability.packages.log_exporter.log_exporter.cluster import Cluster
from ansible_collections.vigil.observability.packages.log_exporter.log_exporter.metrics import LogMetrics
from ansible_collections.vigil.observability.packages.log_exporter.log_exporter.queries import NEWEST
from ansible_collections.vigil.observability.tests.unit.packages.log_exporter.scraped import (
    Node,
    alert,
    configured,
    scrape,
)

FOUND = {"status": 200, "timed_out": False, "_shards": {"failed": 0}, "hits": {"total": {"value": 3}, "hits": []}}


@pytest.mark.parametrize(
    ("status", "answer", "reason"),
    [
        (401, {"error": {"reason": "unable to authenticate user"}, "status": 401}, "401: unable to authenticate user"),
        (200, {"took": 1}, "Elasticsearch answered 200: it gives no reason"),
        (503, {"error": {"reason": "no master"}}, "503"),
    ],
)
def test_a_node_that_refuses_makes_every_number_unknown_and_is_logged(
    node: Node, caplog: pytest.LogCaptureFixture, status: int, answer: Any, reason: str
) -> None:
    found = scrape(configured(alert(), urls=(node(status, answer),)))
    assert found["log_query_success"] == {"errors": 0, NEWEST: 0}
    assert "log_alert_matches" not in found
    assert "log_newest_document_timestamp_seconds" not in found
    said = [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]
    assert len(said) == 2
    assert all(reason in words for words in said)
    assert "recorded-pass-1" not in caplog.text


def test_a_node_that_is_overloaded_is_passed_over(node: Node) -> None:
    urls = (node(503, {"error": {"reason": "no master"}}), node(200, {"responses": [FOUND, FOUND]}))
    assert scrape(configured(alert(), urls=urls))["log_alert_matches"] == {"errors": 3}


def test_a_check_passes_while_no_node_answers_and_says_that_it_checked_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "password").write_text("recorded-pass-1")
    (tmp_path / "told.yml").write_text(
        "elasticsearch: {urls: ['http://127.0.0.1:1'], username: analysis, password_file: password, ca_file: '',"
        " index: logs-*, timeout: 8}\nlag: 30\nalerts: [{name: errors, query: 'a:b', threshold: 1, window: 60}]\n"
    )
    assert main(["--config.file", str(tmp_path / "told.yml"), "--check"]) == 0
    assert "The queries were not checked: No node of Elasticsearch answered" in caplog.text


@pytest.mark.parametrize("text", ["", "elasticsearch: {}\n", "[\n", "elasticsearch: {urls: [a]}\nlag: soon\n"])
def test_a_configuration_that_cannot_be_used_ends_it_with_a_sentence(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, text: str
) -> None:
    (tmp_path / "told.yml").write_text(text)
    assert main(["--config.file", str(tmp_path / "told.yml")]) == 1
    assert f"Cannot use {tmp_path}/told.yml: " in caplog.text


def test_a_failure_is_logged_when_it_begins_and_when_it_ends(node: Node, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    answers: dict[str, Any] = {"responses": [{"status": 400, "error": {"reason": "odd"}}, FOUND]}
    configuration = configured(alert(), urls=(node(200, answers),))
    metrics = LogMetrics(configuration, Cluster(configuration.elasticsearch))
    for _scrape in range(2):
        list(metrics.collect())
    answers["responses"][0] = FOUND
    list(metrics.collect())
    assert [record.getMessage() for record in caplog.records if record.name.endswith("log_exporter.failures")] == [
        "The query 'errors' fails: odd",
        "The query 'errors' succeeds again",
    ]
