# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The exporter against Elasticsearch: recorded, and in the job elasticsearch_modules a real one."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.vigil.observability.packages.log_exporter.log_exporter.__main__ import main
from ansible_collections.vigil.observability.packages.log_exporter.log_exporter.queries import NEWEST
from ansible_collections.vigil.observability.tests.unit.packages.log_exporter.scraped import (
    NOW,
    alert,
    configured,
    scrape,
)
from ansible_collections.vigil.observability.tests.unit.plugins.elasticsearch import Elasticsearch

MAPPINGS = {"properties": {"@timestamp": {"type": "date"}, "level": {"type": "keyword"}, "took": {"type": "integer"}}}
DAY, ODD = "/logs-shop-2026.01.01", "/logs-odd-2026.01.01"
# Fails on an index that does not have the field as a text.
PHRASE = {"match_phrase": {"took": "too long"}}


@pytest.fixture
def logs(elasticsearch: Elasticsearch) -> Any:
    """A cluster with an index of logs, and a function that writes a line so many seconds before NOW."""

    def write(ago: float, index: str = DAY, level: str = "ERROR") -> None:
        number = len(elasticsearch.exchanges) if elasticsearch.forward else elasticsearch.place
        document = {"@timestamp": round((NOW - ago) * 1000), "level": level}
        elasticsearch.ask("PUT", f"{index}/_doc/{number}?refresh=true", document)

    for index in (DAY, ODD):
        elasticsearch.ask("DELETE", index)
    elasticsearch.ask("PUT", DAY, {"mappings": MAPPINGS})
    yield elasticsearch, write
    for index in (DAY, ODD):
        elasticsearch.ask("DELETE", index)


def asked(cluster: Elasticsearch) -> list[tuple[str, str]]:
    return [(method, path.partition("?")[0]) for method, path in cluster.asked]


def test_a_hundred_alerts_are_asked_in_one_request(logs: Any) -> None:
    cluster, write = logs
    for ago in (31, 100, 329, 331):
        write(ago)
    write(100, level="INFO")
    alerts = [alert(f"errors_{number}") for number in range(99)]
    found = scrape(configured(*alerts, alert("all", {"match_all": {}}, window=3600), urls=(cluster.url,)))
    assert asked(cluster) == [("POST", "/_msearch")]
    assert found["log_alert_matches"] == {**{one.name: 3 for one in alerts}, "all": 5}
    assert found["log_query_success"] == {**{one.name: 1 for one in alerts}, "all": 1, NEWEST: 1}
    assert found["log_newest_document_timestamp_seconds"] == {"": NOW - 31}


def test_a_line_between_two_windows_is_counted_in_one_of_them(logs: Any) -> None:
    cluster, write = logs
    for ago in (30, 330, 630):
        write(ago)
    configuration = configured(alert(), urls=(cluster.url,))
    counts = [scrape(configuration, NOW + later)["log_alert_matches"]["errors"] for later in (-300, 0, 300)]
    assert counts == [1, 1, 1]


def test_a_line_that_arrives_late_is_counted(logs: Any) -> None:
    cluster, write = logs
    configuration = configured(alert(window=10), urls=(cluster.url,))
    write(25)
    # It happened 25 seconds before it arrives, so without the lag its window would be over.
    assert scrape(configuration, NOW + 10)["log_alert_matches"] == {"errors": 1}
    assert scrape(configured(alert(window=10), urls=(cluster.url,), lag=0))["log_alert_matches"] == {"errors": 0}


def test_a_query_that_fails_has_no_number_and_leaves_the_others_theirs(logs: Any) -> None:
    cluster, write = logs
    write(100)
    alerts = [alert(), alert("broken", "level:[ERROR"), alert("unfit", PHRASE), alert("none", "level:FATAL")]
    found = scrape(configured(*alerts, urls=(cluster.url,)))
    assert found["log_alert_matches"] == {"errors": 1, "none": 0}
    assert found["log_query_success"] == {"errors": 1, "broken": 0, "unfit": 0, "none": 1, NEWEST: 1}
    assert found["log_alert_threshold"] == dict.fromkeys(("errors", "broken", "unfit", "none"), 10)


def test_an_index_that_cannot_answer_makes_a_count_partial_and_so_unknown(logs: Any) -> None:
    cluster, write = logs
    write(100)
    cluster.ask("PUT", ODD, {"mappings": {"properties": {"took": {"type": "text"}}}})
    found = scrape(configured(alert(query=PHRASE), urls=(cluster.url,)))
    assert found["log_query_success"] == {"errors": 0, NEWEST: 1}
    assert "log_alert_matches" not in found


def test_an_index_whose_time_is_no_date_makes_the_newest_line_unknown(logs: Any) -> None:
    cluster, write = logs
    write(100)
    cluster.ask("PUT", ODD, {"mappings": {"properties": {"@timestamp": {"type": "keyword"}}}})
    found = scrape(configured(urls=(cluster.url,)))
    assert found["log_query_success"] == {NEWEST: 0}
    assert "log_newest_document_timestamp_seconds" not in found


def test_a_line_of_the_future_is_not_the_newest(logs: Any) -> None:
    cluster, write = logs
    write(-3600)
    assert scrape(configured(urls=(cluster.url,)))["log_newest_document_timestamp_seconds"] == {"": 0}
    write(5)
    assert scrape(configured(urls=(cluster.url,)))["log_newest_document_timestamp_seconds"] == {"": NOW - 5}


def test_logs_that_there_are_none_of_are_counted_as_none(logs: Any) -> None:
    cluster, _write = logs
    cluster.ask("DELETE", DAY)
    found = scrape(configured(alert(), urls=(cluster.url,)))
    assert found["log_alert_matches"] == {"errors": 0}
    assert found["log_query_success"] == {"errors": 1, NEWEST: 1}
    assert found["log_newest_document_timestamp_seconds"] == {"": 0}


def test_another_node_is_asked_where_one_is_down(logs: Any) -> None:
    cluster, write = logs
    write(100)
    configuration = configured(alert(), urls=("http://127.0.0.1:1", cluster.url))
    assert [scrape(configuration)["log_alert_matches"] for _again in range(2)] == [{"errors": 1}] * 2


def test_a_query_that_cannot_be_parsed_is_named_by_the_check(
    logs: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    cluster, _write = logs
    fine = {"errors": "level:ERROR AND took:>5", "json": {"term": {"level": "ERROR"}}}
    assert checked(tmp_path, cluster.url, fine) == 0
    assert checked(tmp_path, cluster.url, {**fine, "broken": "level:[ERROR", "odd": {"match_nothing": {}}}) == 1
    said = [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]
    assert [words.partition(": ")[0] for words in said] == [
        "Elasticsearch cannot parse the query of the log alert broken",
        "Elasticsearch cannot parse the query of the log alert odd",
    ]
    assert "match_nothing" in said[1]


def checked(folder: Path, url: str, queries: Mapping[str, Any]) -> int:
    """Return the exit code of the check of a configuration with these queries."""
    alerts = [{"name": name, "query": query, "threshold": 1, "window": 60} for name, query in queries.items()]
    login = {"username": "elastic", "password_file": "password", "ca_file": "", "index": "logs-*", "timeout": 20}
    (folder / "password").write_text("recorded-pass-1\n")
    (folder / "told.yml").write_text(
        yaml.safe_dump({"elasticsearch": {"urls": [url], **login}, "lag": 30, "alerts": alerts})
    )
    return main(["--config.file", str(folder / "told.yml"), "--check"])
