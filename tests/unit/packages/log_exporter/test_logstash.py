# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the exporter makes of the API of Logstash. The answers have the shape of upstream's, of 8.9 and of 8.17."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.registry import Collector

from ansible_collections.vigil.observability.packages.log_exporter.log_exporter import __version__
from ansible_collections.vigil.observability.packages.log_exporter.log_exporter.__main__ import main
from ansible_collections.vigil.observability.packages.log_exporter.log_exporter.configuration import Logstash
from ansible_collections.vigil.observability.packages.log_exporter.log_exporter.logstash import QueueMetrics
from ansible_collections.vigil.observability.packages.log_exporter.log_exporter.together import Together
from ansible_collections.vigil.observability.tests.unit.packages.log_exporter.collected import collected
from ansible_collections.vigil.observability.tests.unit.packages.log_exporter.scraped import Node

RELOADS = {"last_error": None, "successes": 1, "last_success_timestamp": None, "last_failure_timestamp": None}
MAIN: dict[str, Any] = {
    "events": {"in": 7, "filtered": 6, "out": 5, "duration_in_millis": 9, "queue_push_duration_in_millis": 2},
    "flow": {"input_throughput": {"current": 0.0, "lifetime": 0.1}},
    "plugins": {"inputs": [], "codecs": [], "filters": [], "outputs": []},
    "reloads": {**RELOADS, "failures": 2},
    "queue": {
        "type": "persisted",
        "capacity": {"max_unread_events": 0, "max_queue_size_in_bytes": 1024, "queue_size_in_bytes": 300},
        "data": {"path": "/queue", "free_space_in_bytes": 4096, "storage_type": "ext4"},
        "events": 2,
        "events_count": 2,
        "queue_size_in_bytes": 300,
        "max_queue_size_in_bytes": 1024,
    },
    "dead_letter_queue": {
        "queue_size_in_bytes": 200,
        "max_queue_size_in_bytes": 2048,
        "dropped_events": 3,
        "expired_events": 0,
        "last_error": "no errors",
        "storage_policy": "drop_newer",
    },
    "hash": "a",
    "ephemeral_id": "b",
}
IN_MEMORY = {"type": "memory", "events_count": 0, "queue_size_in_bytes": 0, "max_queue_size_in_bytes": 0}
FOUND = {
    "logstash_pipeline_up": 1,
    "logstash_events_in_total": 7,
    "logstash_events_out_total": 5,
    "logstash_dead_letter_queue_dropped_events_total": 3,
    "logstash_reload_failures_total": 2,
    "logstash_queue_events": 2,
    "logstash_queue_size_bytes": 300,
    "logstash_queue_limit_bytes": 1024,
    "logstash_dead_letter_queue_size_bytes": 200,
    "logstash_dead_letter_queue_limit_bytes": 2048,
}


def answer(**pipelines: Any) -> dict[str, Any]:
    """Return what a Logstash with these pipelines answers."""
    return {"host": "logs1", "version": "8.9.0", "name": "logs1", "pipelines": pipelines, "reloads": {"failures": 9}}


def asking(**urls: str) -> QueueMetrics:
    """Return the metrics of the Logstash at each URL."""
    return QueueMetrics(tuple(Logstash(name=name, url=url, timeout=20) for name, url in urls.items()))


@pytest.mark.parametrize("more", [{}, {"pipeline": {"workers": 2, "batch_size": 125, "batch_delay": 50}}])
def test_every_pipeline_of_every_logstash_has_its_numbers(node: Node, more: dict[str, Any]) -> None:
    main_only, two = node(200, answer(main={**MAIN, **more})), node(200, answer(main=MAIN, own={**MAIN, **more}))
    found = collected(asking(logs1=main_only, logs2=two))
    assert found.pop("logstash_up") == {"logs1": 1, "logs2": 1}
    assert found == {name: dict.fromkeys(("logs1/main", "logs2/main", "logs2/own"), one) for name, one in FOUND.items()}


STOPPED = {name: MAIN[name] for name in ("events", "plugins", "reloads", "queue")}
STOPPED |= {"events": None, "queue": {"type": "persisted", "events": 2}}
EARLY, LATE = "2026-01-01T10:00:00.000Z", "2026-01-01T10:00:03.000Z"


@pytest.mark.parametrize("success", [None, EARLY])
def test_pipeline_that_could_not_start_is_down_and_has_no_queue(node: Node, success: str | None) -> None:
    times = {"last_failure_timestamp": LATE, "last_success_timestamp": success}
    failed = {**STOPPED, "reloads": {**MAIN["reloads"], **times}}
    assert collected(asking(logs1=node(200, answer(main=failed)))) == {
        "logstash_up": {"logs1": 1},
        "logstash_pipeline_up": {"logs1/main": 0},
        "logstash_reload_failures_total": {"logs1/main": 2},
    }


def test_pipeline_that_runs_although_its_last_reload_failed_is_up(node: Node) -> None:
    one = {**MAIN, "reloads": {**MAIN["reloads"], "last_failure_timestamp": LATE}}
    assert collected(asking(logs1=node(200, answer(main=one))))["logstash_pipeline_up"] == {"logs1/main": 1}


@pytest.mark.parametrize("times", [(None, None), (EARLY, LATE)])
def test_pipeline_that_was_removed_is_not_down(node: Node, times: tuple[str | None, str | None]) -> None:
    reloads = {"last_failure_timestamp": times[0], "last_success_timestamp": times[1]}
    removed = {**STOPPED, "reloads": {**MAIN["reloads"], **reloads}}
    found = collected(asking(logs1=node(200, answer(main=MAIN, replay=removed))))
    assert found["logstash_pipeline_up"] == {"logs1/main": 1}


def test_queue_in_memory_has_no_size_and_no_limit(node: Node) -> None:
    found = collected(asking(logs1=node(200, answer(main={**MAIN, "queue": IN_MEMORY}))))
    assert found.keys() == {"logstash_up", *FOUND} - {name for name in FOUND if name.startswith("logstash_queue_")}


@pytest.mark.parametrize(
    ("status", "said"),
    [(200, {"pipelines": ["main"]}), (200, {"status": "red"}), (200, []), (404, answer(main=MAIN)), (503, {})],
)
def test_logstash_that_does_not_respond_as_one_is_down_and_has_no_queue(node: Node, status: int, said: Any) -> None:
    assert collected(asking(logs1=node(status, said))) == {"logstash_up": {"logs1": 0}}


def test_logstash_that_is_down_leaves_the_others_their_numbers(node: Node) -> None:
    found = collected(asking(logs1="http://127.0.0.1:1", logs2=node(200, answer(main=MAIN))))
    assert found["logstash_up"] == {"logs1": 0, "logs2": 1}
    assert found["logstash_queue_events"] == {"logs2/main": 2}


def test_proxy_for_downloads_is_not_asked(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    monkeypatch.delenv("no_proxy", raising=False)
    assert collected(asking(logs1=node(200, answer())))["logstash_up"] == {"logs1": 1}


def test_logstash_that_fails_is_logged_when_it_begins_and_when_it_ends(
    node: Node, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    pipelines: dict[str, Any] = {"pipelines": None}
    url = node(200, pipelines)
    metrics = asking(logs1=url)
    for _scrape in range(2):
        collected(metrics)
    pipelines["pipelines"] = {}
    collected(metrics)
    assert [record.getMessage() for record in caplog.records] == [
        f"Logstash 'logs1' fails: {url}: AttributeError: 'NoneType' object has no attribute 'items'",
        "Logstash 'logs1' succeeds again",
    ]


def test_collectors_wait_at_the_same_time_and_the_version_is_there() -> None:
    class Waiting(Collector):
        """Waits until another one waits too."""

        def collect(self) -> Any:
            both.wait(timeout=60)
            return []

    both = threading.Barrier(2)
    found = collected(Together(Waiting(), Waiting()))
    assert found == {"log_exporter_build_info": {__version__: 1}}


def test_check_without_a_cluster_has_no_query_to_parse(tmp_path: Path) -> None:
    nodes = "[{name: logs1, url: 'http://127.0.0.1:9600', timeout: 8}]"
    (tmp_path / "told.yml").write_text(f"lag: 30\nalerts: [{{}}]\nlogstash: {nodes}\n")
    assert main(["--config.file", str(tmp_path / "told.yml"), "--check"]) == 0
