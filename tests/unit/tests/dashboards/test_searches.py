# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is read of a dashboard's searches in Elasticsearch."""

from __future__ import annotations

from typing import Any

from ansible_collections.vigil.observability.tests.dashboards.searches import fields, searches

LINES = {"query": "service:$service AND level:ERROR", "timeField": "@timestamp", "metrics": [{"type": "logs"}]}
WANTED = [
    {"range": {"@timestamp": {"gte": "now-1h"}}},
    {"query_string": {"query": "service:* AND level:ERROR", "analyze_wildcard": True}},
]
NAMES = {"min_doc_count": "1", "size": "10", "missing": "none", "orderBy": "_count", "order": "desc"}
COUNTS = {
    **LINES,
    "bucketAggs": [
        {"type": "terms", "field": "errorName", "settings": NAMES},
        {"type": "date_histogram", "field": "@timestamp", "settings": {"min_doc_count": "0", "interval": "auto"}},
    ],
}


def dashboard(*targets: dict[str, Any]) -> dict[str, Any]:
    """Return a dashboard with a panel that asks this, and one that asks Prometheus."""
    return {"panels": [{"title": "Logs", "targets": targets}, {"title": "Up", "targets": [{"expr": "up"}]}]}


def test_newest_lines_are_searched_for_with_every_value_of_variables() -> None:
    (found,) = searches(dashboard(LINES))
    assert (found.panel, found.by) == ("Logs", "")
    assert found.body == {"query": {"bool": {"filter": WANTED}}, "size": 1}


def test_counts_are_those_of_each_value_over_time() -> None:
    (found,) = searches(dashboard(COUNTS))
    over_time = {"field": "@timestamp", "min_doc_count": 0, "fixed_interval": "1m"}
    names = {"field": "errorName", "min_doc_count": 1, "size": 10, "missing": "none", "order": {"_count": "desc"}}
    counts = {"by": {"terms": names, "aggs": {"by": {"date_histogram": over_time}}}}
    assert (found.by, found.body["size"], found.body["aggs"]) == ("errorName", 0, counts)


def test_fields_are_those_of_queries_and_counts() -> None:
    assert fields(dashboard(LINES)) == {"@timestamp", "service", "level"}
    assert fields(dashboard(COUNTS)) == {"@timestamp", "service", "level", "errorName"}
