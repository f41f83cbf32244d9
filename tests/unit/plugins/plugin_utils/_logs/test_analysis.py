# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from ansible_collections.vigil.observability.plugins.module_utils._errors.sentence import OperatorError
from ansible_collections.vigil.observability.plugins.plugin_utils._logs import numbered, tally
from ansible_collections.vigil.observability.plugins.plugin_utils._logs.reading import frames
from ansible_collections.vigil.observability.tests.unit.plugins.plugin_utils._logs.conftest import (
    Analyse,
    document,
    steady,
)

Result = dict[str, Any]


def failed(hours: float, name: str = "CardError", **fields: Any) -> Result:
    return document(hours, "Payment 7 failed", level="ERROR", errorName=name, **fields)


def kinds(result: Result) -> set[tuple[str, str]]:
    return {(each["service"], each["type"]) for each in result["anomalies"]}


def too_small(result: Result) -> set[tuple[str, str]]:
    return {(each["service"], each["type"]) for each in result["baselines_too_small"]}


def test_errors_are_counted_by_name_service_and_hour_with_their_trend(analyse: Analyse) -> None:
    lines = [document(48)]
    lines += (
        [failed(2.5) for _time in range(40)] + [failed(0.5, service="billing")] + [failed(30) for _time in range(4)]
    )
    lines += [failed(1, "Timeout")] * 3 + [failed(25, "Timeout")] * 3 + [failed(1, "Fresh"), failed(26, "Gone")]
    errors = analyse(lines)["errors"]
    assert (errors["total"], errors["before"], errors["names_count"]) == (45, 8, 3)
    assert [(each["name"], each["count"], each["before"], each["trend"]) for each in errors["names"]] == [
        ("CardError", 41, 4, "rising"),
        ("Timeout", 3, 3, "steady"),
        ("Fresh", 1, 0, "new"),
    ]
    card = errors["names"][0]
    assert card["services"] == [{"service": "shop", "count": 40}, {"service": "billing", "count": 1}]
    assert (card["timeline"][21], card["timeline"][23], sum(card["timeline"])) == (40, 1, 41)
    assert errors["hours"][21] == "2026-01-09T21:00:00.000Z"
    assert errors["gone"] == [{"name": "Gone", "before": 1}]


def test_twenty_names_are_listed_and_all_are_counted(analyse: Analyse) -> None:
    errors = analyse([failed(1, f"Error{number}") for number in range(30) for _time in range(number + 1)])["errors"]
    assert errors["names_count"] == 30
    assert [each["name"] for each in errors["names"]] == [f"Error{number}" for number in range(29, 9, -1)]


def test_users_and_correlation_ids_of_errors_are_counted_with_lines_to_find_them_by(analyse: Analyse) -> None:
    lines = [failed(3 - number / 10, userId=number % 4, correlationId=f"c{number}") for number in range(12)]
    (name,) = analyse(lines)["errors"]["names"]
    assert name["users"] == {"count": 4, "exact": True}
    assert name["correlation_ids"] == {"count": 12, "exact": True}
    assert [(line["user"], line["correlation_id"]) for line in name["lines"]] == [("0", "c0"), ("1", "c1"), ("2", "c2")]
    assert name["lines"][0]["line"] == "Payment 7 failed"


def test_very_many_users_are_estimated(analyse: Analyse) -> None:
    (name,) = analyse([failed(1, userId=f"u{number}") for number in range(20_000)])["errors"]["names"]
    assert not name["users"]["exact"]
    assert name["users"]["count"] == pytest.approx(20_000, rel=0.2)


@pytest.mark.parametrize("level", ["error", "ERROR", "Fatal", "CRITICAL", "err", "emerg", 50, "60"])
def test_level_of_an_error_has_many_names(analyse: Analyse, level: Any) -> None:
    assert analyse([document(1, level=level)])["errors"]["total"] == 1


def test_line_without_a_level_is_an_error_when_it_has_an_error_name(analyse: Analyse) -> None:
    line = document(1, error={"name": "CardError"})
    del line["level"]
    assert analyse([line])["errors"]["names"][0]["name"] == "CardError"


def test_new_vanished_and_changed_messages_are_found(analyse: Analyse) -> None:
    lines = [document(hour, f"Order {hour} placed") for hour in range(1, 48) for _time in range(10)]
    lines += [document(hour + 24, f"Cache {hour} warmed") for hour in range(1, 24) for _time in range(4)]
    lines += [document(hour, "Slow query") for hour in range(1, 24) for _time in range(5)] + [
        document(30, "Slow query")
    ]
    lines += [document(2, "Stock of item 4 is negative", level="error", userId="u1")]
    messages = analyse(lines)["messages"]
    assert [(each["pattern"], each["window"], each["level"]) for each in messages["new"]] == [
        ("Stock of item <number> is negative", 1, "error")
    ]
    assert messages["new"][0]["users"] == {"count": 1, "exact": True}
    assert [each["pattern"] for each in messages["vanished"]] == ["Cache <number> warmed"]
    assert messages["changed"][0]["pattern"] == "Slow query"
    assert (messages["count"], messages["new_count"], messages["left_out_lines"]) == (4, 1, 0)


def test_error_is_told_by_its_detail_where_all_messages_are_the_same(analyse: Analyse) -> None:
    lines = [document(hour, "Application error occurred", errorMessage="Card declined") for hour in (1, 30)]
    lines += [document(1, "Application error occurred", errorMessage="Stock 4 is negative")]
    (new,) = analyse(lines)["messages"]["new"]
    assert new["pattern"] == "Application error occurred: Stock <number> is negative"


def test_message_that_is_known_of_one_service_is_new_in_another(analyse: Analyse) -> None:
    lines = [document(30, "Disk is full"), document(1, "Disk is full", service="billing")]
    assert [each["service"] for each in analyse(lines)["messages"]["new"]] == ["billing"]


def test_nothing_is_new_or_rising_without_a_baseline(analyse: Analyse) -> None:
    result = analyse([failed(1)])
    assert result["messages"]["new"] == []
    assert result["messages"]["new_count"] is None
    assert result["errors"]["names"][0]["trend"] == "unknown"
    assert result["errors"]["before"] is None
    assert "The baseline has no line: nothing can be called new or vanished." in result["notes"]


def test_error_rate_that_more_than_doubles_is_an_anomaly_of_high_severity(analyse: Analyse) -> None:
    lines = steady("shop", (0, 1), 20) + [failed(hour) for hour in range(1, 48)] + [failed(1) for _time in range(60)]
    (found,) = (each for each in analyse(lines)["anomalies"] if each["type"] == "error_rate_spike")
    assert (found["service"], found["severity"]) == ("shop", "high")
    assert found["threshold"] == pytest.approx(2 * found["baseline"], rel=0.001)
    assert found["current"] > found["threshold"]


@pytest.mark.parametrize("more", [0, 15])
def test_error_rate_below_twice_the_baseline_is_none(analyse: Analyse, more: int) -> None:
    lines = steady("shop", (0, 1), 20) + [failed(hour) for hour in range(1, 48)] + [failed(1) for _time in range(more)]
    assert kinds(analyse(lines)) == set()


def test_first_error_of_a_service_is_no_spike_and_many_are(analyse: Analyse) -> None:
    lines = steady("shop", (0, 1), 10)
    assert kinds(analyse([*lines, failed(1)])) == set()
    assert kinds(analyse([*lines, *[failed(1)] * 20])) == {("shop", "error_rate_spike")}


@pytest.mark.parametrize(("milliseconds", "expected"), [(140, set()), (160, {("shop", "response_time_increase")})])
def test_response_time_of_more_than_one_and_a_half_is_an_anomaly(
    analyse: Analyse, milliseconds: int, expected: set[tuple[str, str]]
) -> None:
    lines = steady("shop", [1], 10, durationMs=100) + steady("shop", [0], 10, durationMs=milliseconds)
    result = analyse(lines)
    assert kinds(result) == expected
    assert all(each["severity"] == "medium" for each in result["anomalies"])


def test_slow_tail_is_found_where_the_median_is_the_same(analyse: Analyse) -> None:
    lines = steady("shop", (0, 1), 20, responseTime=100) + steady("shop", [0], 2, responseTime=900)
    (found,) = analyse(lines)["anomalies"]
    assert (found["type"], found["measure"]) == ("response_time_increase", "95th percentile")


def test_baseline_that_is_too_small_is_reported_instead_of_judged(analyse: Analyse) -> None:
    lines = [*steady("shop", [0], 10, durationMs=900), document(30, durationMs=1)]
    result = analyse(lines)
    assert result["anomalies"] == []
    assert too_small(result) == {("shop", "error_rate"), ("shop", "response_time"), ("shop", "traffic")}


def without(lines: list[Result], *hours: int) -> list[Result]:
    starts = {f"2026-01-09T{23 - hour:02}" for hour in hours}
    return [line for line in lines if line["timestamp"][:13] not in starts]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda lines: lines, set()),
        (lambda lines: without(lines, 4, 5), {("shop", "silence")}),
        (lambda lines: without(lines, *range(24)), {("shop", "silence")}),
        (lambda lines: lines + [document(3.5)] * 100, {("shop", "traffic_spike")}),
        (lambda lines: without(lines, 3) + [document(3.5)] * 5, {("shop", "traffic_drop")}),
        (lambda lines: lines + [document(3.5)] * 5, set()),
    ],
)
def test_traffic_is_compared_with_the_same_hours_both_ways(
    analyse: Analyse, change: Callable[[list[Result]], list[Result]], expected: set[tuple[str, str]]
) -> None:
    other = steady("billing", range(6), 2)
    result = analyse([*change(steady("shop", range(6), 30)), *other], baseline="5d")
    assert {each for each in kinds(result) if each[0] == "shop"} == expected


def test_silence_of_several_hours_is_one_anomaly_with_its_begin(analyse: Analyse) -> None:
    lines = without(steady("shop", range(6), 30), 4, 5)
    (found,) = analyse(lines, baseline="5d")["anomalies"]
    assert (found["start"], found["hours"], found["current"], found["baseline"]) == (
        "2026-01-09T18:00:00.000Z",
        2,
        0,
        60,
    )


def test_quiet_service_that_is_silent_all_day_is_found(analyse: Analyse) -> None:
    lines = steady("quiet", range(1, 6), 2) + steady("shop", range(6), 2)
    assert kinds(analyse(lines, baseline="5d")) == {("quiet", "silence")}


def test_service_that_varies_from_day_to_day_may_vary(analyse: Analyse) -> None:
    lines = [line for day in range(1, 8) for line in steady("shop", [day], 10 * day)] + steady("shop", [0], 70)
    assert kinds(analyse(lines, baseline="7d")) == set()


def test_new_service_has_no_baseline_of_zeros(analyse: Analyse) -> None:
    result = analyse(steady("shop", range(6), 5) + steady("new", [0, 1], 50), baseline="5d")
    assert kinds(result) == set()
    assert ("new", "traffic") in too_small(result)


def test_deployments_and_alerts_of_the_time_stand_beside_new_messages(analyse: Analyse) -> None:
    result = analyse(
        [document(30), document(2, "Disk is full"), document(2, "Disk is full", service="billing")],
        deployments=[
            {"time": "2026-01-09T21:30:00Z", "service": "shop", "version": "1.4.2"},
            {"time": "2026-01-01T00:00:00Z", "version": "old"},
        ],
        alerts=[
            {"labels": {"alertname": "HighErrorRate", "service": "billing"}, "startsAt": "2026-01-09T21:00:00Z"},
            {"metric": {"alertname": "Full", "job": "billing"}, "values": [[1767990000, "1"], [1767996000, "1"]]},
        ],
    )
    assert [(event["title"], event["service"], event["end"]) for event in result["events"]] == [
        ("Full", "billing", "2026-01-09T22:00:00.000Z"),
        ("HighErrorRate", "billing", None),
        ("1.4.2", "shop", None),
    ]
    assert {each["service"]: each["after"] for each in result["messages"]["new"]} == {
        "shop": ["deployment 1.4.2 30 min before"],
        "billing": ["alert Full 100 min before", "alert HighErrorRate 60 min before"],
    }


def test_event_without_a_time_is_refused(analyse: Analyse) -> None:
    with pytest.raises(OperatorError, match=r"The deployment '1\.4\.2' has no readable time: give it time"):
        analyse([], deployments=[{"version": "1.4.2", "time": "soon"}])


def test_all_lines_are_accounted_for(analyse: Analyse) -> None:
    lines = [
        document(1),
        document(30),
        document(100),
        document(-1),
        {"message": "no time"},
        {"timestamp": "soon"},
        "{",
        "[]",
        "",
    ]
    result = analyse(lines)
    counted = result["lines"]
    left_out = ("blank", "not_json", "not_objects", "too_long", "without_time", "outside")
    assert counted["read"] == len(lines) == counted["used"] + sum(counted[name] for name in left_out)
    assert (counted["used"], counted["without_time"], counted["outside"]) == (2, 2, 2)
    assert result["notes"][:4] == [
        "1 of 9 lines are not JSON.",
        "1 of 9 lines are JSON, but no object.",
        "2 of 9 lines have no readable time.",
        "2 of 9 lines are outside the window and its baseline.",
    ]
    assert counted["refused_at"] == ["app.log:7", "app.log:8"]


def test_values_of_other_types_are_ignored_and_counted(analyse: Analyse) -> None:
    lines = [
        document(1, service={"name": "shop"}, durationMs="fast", userId=[1]),
        {**document(1), "message": {"order": 7}},
    ]
    result = analyse(lines)
    assert result["lines"]["unusable_values"] == {"response_time": 1, "service": 1, "user": 1}
    assert set(result["traffic"]) == {"", "shop"}
    assert result["messages"]["count"] == 2


def test_document_with_nothing_but_a_time_is_counted(analyse: Analyse) -> None:
    result = analyse([{"timestamp": "2026-01-09T12:00:00Z"}])
    assert (result["window"]["lines"], result["messages"]["count"], list(result["traffic"])) == (1, 0, [""])


def test_fields_of_other_names_are_read_where_they_are(analyse: Analyse) -> None:
    line = {"when": "2026-01-09T12:00:00Z", "kubernetes": {"app": "shop"}, "msg.text": "Disk is full", "sev": "error"}
    fields = {"time": ["ts", "when"], "service": ["kubernetes.app"], "message": ["msg.text"], "level": ["sev"]}
    result = analyse([line], fields=fields)
    assert (list(result["traffic"]), result["errors"]["total"], result["messages"]["count"]) == (["shop"], 1, 1)


@pytest.mark.parametrize(
    ("lines", "options", "sentence"),
    [
        ([], {}, "app.log has no line"),
        (["x", "[]"], {}, r"None of the 2 lines of app.log is a JSON object \(app.log:1, app.log:2\)"),
        ([document(100)], {}, "No line of app.log is in the window from 2026-01-09T00.* are from 2026-01-05T20:00"),
        ([{"timestamp": "soon"}], {}, "No line of app.log has a readable time"),
        ([{"when": "2026-01-09T12:00:00Z"}], {}, "has the field @timestamp or timestamp .*The first lines have when"),
        ([document(1)], {"fields": {"service": ["srv"]}}, r"has the field srv \(fields.service\)"),
        ([document(1)], {"fields": {"user": [" "]}}, "fields.user holds an empty name"),
        ([document(1)], {"window": "90m"}, "window '90m' must be whole hours, between 1h and 92d"),
        ([document(1)], {"window": "1000d"}, "between 1h and 92d"),
        ([document(1)], {"baseline": "1h"}, "baseline '1h' must not be shorter than window '24h'"),
    ],
)
def test_question_without_an_answer_is_refused_in_a_sentence(
    analyse: Analyse, lines: list[Any], options: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(OperatorError, match=sentence):
        analyse(lines, **options)


def test_same_lines_in_another_order_and_in_other_batches_give_the_same_bytes(
    analyse: Analyse, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = steady("shop", range(3), 10, durationMs=7) + steady("billing", range(3), 3, level="warn")
    for number, line in enumerate(lines):
        line |= {"userId": f"u{number % 400}", "correlationId": f"c{number}", "message": f"User {number % 60}x came by"}
    lines += [failed(number, f"E{number % 5}", userId=number) for number in range(40)]
    first = json.dumps(analyse(lines, baseline="2d"))
    lines.sort(key=lambda line: line.get("correlationId", "")[::-1])
    monkeypatch.setattr(frames, "_BATCH", 17)
    assert json.dumps(analyse(lines, baseline="2d")) == first


def test_very_many_messages_and_names_are_bounded_and_reported(
    analyse: Analyse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tally, "_MOST_TEXTS", 20)
    monkeypatch.setattr(tally, "_MOST_SERVICES", 3)
    monkeypatch.setattr(tally, "_MOST_NAMES", 2)
    letters = [chr(97 + number) * 3 for number in range(25)]
    lines = [document(1, f"{one} {one} {one}", service=f"s{one}", errorName=one, level="error") for one in letters]
    result = analyse([*lines, *[document(30, "Order placed", service="saaa")] * 3])
    assert list(result["traffic"]) == sorted([numbered.OTHERS, "saaa", "sbbb", "sccc"])
    assert result["messages"]["left_out_lines"] > 0
    assert result["errors"]["total"] == 25
    found = " ".join(result["notes"])
    for part in ("the rarest", "more than 3 services", "more than 2 error names"):
        assert part in found
