"""The budget of series, and label values that would break a page."""

from __future__ import annotations

import enum

import pytest

from metrics.reading import samples, started, value


class Unshowable:
    """Raises when it is shown."""

    def __str__(self) -> str:
        raise RuntimeError("no text")


def test_scanners_add_no_series() -> None:
    metrics = started()
    metrics.http("GET", "/orders/{id}", 200, 0.01)
    metrics.http("GET", None, 404, 0.01)
    metrics.http("HACK", None, 404, 0.01)
    before = len(samples(metrics.render()[1]))
    for number in range(10_000):
        metrics.http("GET", None, 404, 0.01)
        metrics.http(f"METHOD{number}", None, 404, 0.01)
    page = metrics.render()[1]
    assert len(samples(page)) == before
    assert value(page, "http_requests_total", method="other", route="(unmatched)") == 10_001


@pytest.mark.parametrize(
    ("status", "counted"), [(200, "200"), (499, "499"), (599, "5xx"), (299, "2xx"), (0, "other"), (999, "other")]
)
def test_statuses_are_of_a_closed_set(status: int, counted: str) -> None:
    metrics = started()
    metrics.http("GET", "/", status, 0.01)
    assert value(metrics.render()[1], "http_requests_total", status_code=counted) == 1


def test_label_sets_over_the_budget_are_folded_and_counted_and_nothing_is_lost() -> None:
    metrics = started(metrics_series_budget=100)
    jobs = metrics.declare([{"name": "jobs_total", "type": "counter", "help": "Jobs.", "labels": ["kind", "user"]}])
    for number in range(1000):
        jobs["jobs_total"].labels(kind="import", user=f"u{number}").inc()
    page = metrics.render()[1]
    series = [labels for name, labels in samples(page) if name == "jobs_total"]
    assert len(series) <= 100
    assert value(page, "jobs_total") == 1000
    # What is not to blame stays as it is.
    assert value(page, "jobs_total", kind="import", user="other") == 910
    assert value(page, "telemetry_series_folded_total", metric="jobs_total") == 910


def test_all_labels_are_folded_when_one_is_not_enough() -> None:
    metrics = started(metrics_series_budget=100)
    jobs = metrics.declare([{"name": "jobs_total", "type": "counter", "help": "Jobs.", "labels": ["kind", "user"]}])
    for number in range(1000):
        jobs["jobs_total"].labels(f"k{number}", f"u{number}").inc()
    page = metrics.render()[1]
    assert len([labels for name, labels in samples(page) if name == "jobs_total"]) <= 100
    assert value(page, "jobs_total") == 1000
    assert value(page, "jobs_total", kind="other", user="other") > 0


def test_histogram_uses_its_budget_by_buckets() -> None:
    metrics = started(metrics_series_budget=60)
    for number in range(50):
        metrics.http("GET", f"/{number}", 200, 0.01)
    page = metrics.render()[1]
    assert len([1 for name, _labels in samples(page) if name.startswith("http_request_duration_seconds")]) <= 60
    assert value(page, "http_request_duration_seconds_count") == 50


def test_label_with_a_closed_set_takes_no_other_value() -> None:
    metrics = started()
    declared = {"name": "jobs_total", "type": "counter", "help": "Jobs.", "labels": {"kind": ["import", "export"]}}
    jobs = metrics.declare([declared])["jobs_total"]
    for kind in ("import", "export", "steal"):
        jobs.labels(kind).inc()
    page = metrics.render()[1]
    assert value(page, "jobs_total", kind="import") == 1
    assert value(page, "jobs_total", kind="other") == 1


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ('"} 1\nforged_total 9', '"} 1\nforged_total 9'),
        ("half a pair \ud800", "half a pair ?"),
        ("x" * 5000, "x" * 200),
        (Unshowable(), "other"),
        (True, "True"),
        (1, "1"),
        (None, "None"),
    ],
)
def test_label_value_made_to_break_the_page_arrives_escaped_or_folded(given: object, shown: str) -> None:
    metrics = started()
    metrics.update_active_users(given, 3)  # type: ignore[arg-type]
    page = metrics.render()[1]
    assert value(page, "active_users_total", user_type=shown) == 3
    assert b"\nforged_total" not in page


def test_values_that_are_equal_but_shown_otherwise_are_other_series() -> None:
    metrics = started()
    for given in (1, True, 1.0):
        metrics.update_active_users(given, 3)  # type: ignore[arg-type]
    shown = [dict(labels)["user_type"] for name, labels in samples(metrics.render()[1]) if name == "active_users_total"]
    assert shown == ["1", "True", "1.0"]


def test_wrong_labels_are_refused_as_by_prometheus_client() -> None:
    users = started().declare([{"name": "jobs_total", "type": "counter", "help": "Jobs.", "labels": ["kind"]}])
    for wrong in ({"king": "x"}, {"kind": "x", "user": "y"}):
        with pytest.raises(ValueError, match="Incorrect label names"):
            users["jobs_total"].labels(**wrong)
    with pytest.raises(ValueError, match="Incorrect label count"):
        users["jobs_total"].labels("a", "b")
    with pytest.raises(ValueError, match="already has labels"):
        users["jobs_total"].labels("a").labels("b")


def test_cleared_metric_has_its_budget_again() -> None:
    metrics = started(metrics_series_budget=10)
    jobs = metrics.declare([{"name": "jobs", "type": "gauge", "help": "Jobs.", "labels": ["kind"]}])["jobs"]
    for round_of in "ab":
        jobs.clear()
        for number in range(5):
            jobs.labels(f"{round_of}{number}").set(1)
    page = metrics.render()[1]
    assert {dict(labels)["kind"] for name, labels in samples(page) if name == "jobs"} == {f"b{n}" for n in range(5)}


def test_removed_label_set_can_come_back() -> None:
    metrics = started(metrics_series_budget=10)
    jobs = metrics.declare([{"name": "jobs", "type": "gauge", "help": "Jobs.", "labels": ["kind"]}])["jobs"]
    jobs.labels("a").set(1)
    jobs.remove("a")
    assert "jobs" not in {name for name, _labels in samples(metrics.render()[1])}
    jobs.labels("a").set(2)
    assert value(metrics.render()[1], "jobs", kind="a") == 2


def test_members_of_an_enumeration_are_label_values() -> None:
    class Kind(enum.Enum):
        GUEST = "guest"

    metrics = started()
    metrics.update_active_users(Kind.GUEST, 1)  # type: ignore[arg-type]
    assert value(metrics.render()[1], "active_users_total", user_type="Kind.GUEST") == 1
