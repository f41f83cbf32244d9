# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The analysis of logs, which reads Elasticsearch like the modules."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from ansible.errors import AnsibleActionFail

from ansible_collections.vigil.observability.plugins.action.log_analysis import ActionModule
from ansible_collections.vigil.observability.plugins.plugin_utils._logs.reading import search
from ansible_collections.vigil.observability.tests.unit.plugins.elasticsearch import (
    LOGIN,
    Elasticsearch,
)

Result = dict[str, Any]
END = datetime(2026, 1, 10, tzinfo=UTC)
DATE = {"type": "date", "format": "dd.MM.yyyy HH:mm:ss||strict_date_optional_time"}
KINDS = {"@timestamp": DATE, "when": {"type": "date"}, "level": {"type": "keyword"}, "service": {"type": "keyword"}}


@pytest.fixture(autouse=True)
def _pages_of_three(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "_PAGE", 3)


@pytest.fixture
def logs(elasticsearch: Elasticsearch) -> Any:
    """A cluster with seven documents with a time, one of them in another notation, and one without, in two indices."""
    for index in ("logs-a", "logs-b"):
        elasticsearch.ask("DELETE", f"/{index}")
        elasticsearch.ask("PUT", f"/{index}", {"mappings": {"properties": KINDS}})
    for number in range(8):
        time = END - timedelta(hours=5 * number + 1)
        failed = number % 3 == 0
        document: Result = {
            "@timestamp": f"{time:%d.%m.%Y %H:%M:%S}" if number == 4 else time.isoformat(),
            "when": int(time.timestamp() * 1000),
            "level": "ERROR" if failed else "INFO",
            "service": "shop",
            "message": f"Order {number} placed",
            **({"error": {"name": "OrderError"}} if failed else {}),
        }
        if number == 7:
            del document["@timestamp"], document["when"]
        elasticsearch.ask("PUT", f"/logs-{'ab'[number % 2]}/_doc/{number}?refresh=true", document)
    yield elasticsearch
    for index in ("logs-a", "logs-b"):
        elasticsearch.ask("DELETE", f"/{index}")


def analyse(cluster: Elasticsearch, **options: Any) -> Result:
    """Return the analysis of two days."""
    cluster.forget()
    asked = {"url": cluster.url, "end": END.isoformat(), "baseline": "1d", "retries": 0, **LOGIN, **options}
    arguments = {name: value for name, value in asked.items() if value is not None}
    task = SimpleNamespace(args=arguments, async_val=0, check_mode=False, diff=False, action="log_analysis")
    connection = SimpleNamespace(_shell=SimpleNamespace(tmpdir=None))
    action = ActionModule(task, connection, None, None, None, None)
    result: Result = action.run(task_vars={})["analysis"]
    return result


def test_documents_of_all_pages_are_analysed_and_the_point_in_time_is_closed(logs: Elasticsearch) -> None:
    result = analyse(logs)
    paths = [(method, path.partition("?")[0]) for method, path in logs.asked]
    # One search for documents without a time, three pages of three, and one that is empty.
    assert paths == [("POST", "/logs-*/_pit"), *[("GET", "/_search")] * 5, ("DELETE", "/_pit")]
    assert result["source"] == f"logs-* at {logs.url}"
    assert (result["lines"]["read"], result["lines"]["used"], result["lines"]["without_time"]) == (8, 7, 1)
    assert (result["window"]["lines"], result["baseline"]["lines"]) == (5, 2)
    (name,) = result["errors"]["names"]
    # The documents do not reach back over the whole day before.
    assert (name["name"], name["count"], name["before"]) == ("OrderError", 2, None)
    assert name["lines"][0]["time"] == "2026-01-09T08:00:00.000Z"


def test_logs_are_narrowed_by_a_query(logs: Elasticsearch) -> None:
    result = analyse(logs, query="level:ERROR AND service:shop")
    assert (result["lines"]["read"], result["errors"]["total"]) == (3, 2)


def test_documents_are_found_by_the_first_field_of_the_time(logs: Elasticsearch) -> None:
    assert analyse(logs, fields={"time": ["when"]})["lines"]["used"] == 7


def test_too_many_documents_are_refused_before_they_are_read(logs: Elasticsearch) -> None:
    with pytest.raises(AnsibleActionFail, match=r"has 7 documents since 2026-01-08.* more than max_documents \(6\)"):
        analyse(logs, max_documents=6)
    assert len(logs.asked) == 4


def test_windows_without_documents_are_refused_with_the_time_of_those_there_are(logs: Elasticsearch) -> None:
    with pytest.raises(
        AnsibleActionFail,
        match=r"has no document with @timestamp from 2026-03-08.*: there are documents from 2026-01-08T17:00:00.000Z "
        r"to 2026-01-09T23:00:00.000Z\. Check index, query, end and fields.time",
    ):
        analyse(logs, end="2026-03-10T00:00:00Z")


def test_logs_that_cannot_be_read_are_refused_in_a_sentence(logs: Elasticsearch) -> None:
    with pytest.raises(AnsibleActionFail, match="nothing-.* has no document .*there is none with such a time"):
        analyse(logs, index="nothing-*")
    with pytest.raises(AnsibleActionFail, match=r"Could not open nothing for reading: .* no such index \[nothing\]"):
        analyse(logs, index="nothing")
    with pytest.raises(AnsibleActionFail, match=r"Could not search logs-\*: .* Failed to parse query \[level:\(\]"):
        analyse(logs, query="level:(")
    assert [method for method, _path in logs.asked] == ["POST", "GET", "DELETE"]


def test_unknown_token_is_sent_as_an_api_key_and_never_shown(logs: Elasticsearch) -> None:
    with pytest.raises(AnsibleActionFail, match=r"Could not open logs-\* for reading: .* answered 401") as error:
        analyse(logs, token="c2VjcmV0OmtleQ==", username=None, password=None)
    assert "c2VjcmV0" not in str(error.value)


def test_reading_needs_no_other_privilege_than_read(logs: Elasticsearch) -> None:
    reads = {"reader": {"indices": [{"names": ["logs-*"], "privileges": ["read"]}]}}
    key = logs.ask("POST", "/_security/api_key", {"name": "reader", "role_descriptors": reads})["encoded"]
    assert analyse(logs, token=key, username=None, password=None)["lines"]["used"] == 7
    with pytest.raises(AnsibleActionFail, match="answered 403: .* is unauthorized for API key"):
        analyse(logs, index="other", token=key, username=None, password=None)


@pytest.mark.parametrize("part", [{"timed_out": True}, {"_shards": {"total": 2, "failed": 1}}])
def test_answer_that_is_not_complete_is_refused_and_the_point_in_time_closed(
    logs: Elasticsearch, monkeypatch: pytest.MonkeyPatch, part: Result
) -> None:
    plain: Callable[..., Result] = logs.exchange
    searches = 0

    def second_page_is_partial(method: str, path: str, body: Any, login: str = "") -> Result:
        nonlocal searches
        found = plain(method, path, body, login)
        searches += path.startswith("/_search")
        return {**found, "answer": {**found["answer"], **part}} if searches == 3 else found

    monkeypatch.setattr(logs, "exchange", second_page_is_partial)
    with pytest.raises(AnsibleActionFail, match="the answer is not complete. Check its shards"):
        analyse(logs)
    assert logs.asked[-1] == ("DELETE", "/_pit")
