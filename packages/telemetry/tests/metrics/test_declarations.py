"""Own metrics declared as data: whatever does not fit is refused in one sentence when it is declared."""

from __future__ import annotations

import math
from typing import Any

import pytest

from metrics.reading import started, value
from vigil_telemetry.errors import TelemetryError

JOBS: dict[str, Any] = {"name": "jobs_total", "type": "counter", "help": "Jobs.", "labels": ["kind"]}
WAIT: dict[str, Any] = {"name": "wait_seconds", "type": "histogram", "help": "Waiting.", "buckets": [0.1, 1]}
DEPTH: dict[str, Any] = {"name": "queue_depth", "type": "gauge", "help": "Waiting jobs."}


def test_declared_metrics_record_and_are_shown() -> None:
    metrics = started()
    own = metrics.declare([JOBS, WAIT, DEPTH])
    own["jobs_total"].labels(kind="import").inc(2)
    own["wait_seconds"].observe(0.5)
    own["queue_depth"].set(7)
    page = metrics.render()[1]
    assert value(page, "jobs_total", kind="import") == 2
    assert value(page, "wait_seconds_bucket", le="0.1") == 0
    assert value(page, "wait_seconds_bucket", le="1.0") == 1
    assert value(page, "queue_depth") == 7


def test_same_declaration_again_is_the_same_metric() -> None:
    metrics = started()
    assert metrics.declare([JOBS])["jobs_total"] is metrics.declare([dict(JOBS)])["jobs_total"]


def test_unbounded_bucket_may_be_written() -> None:
    metrics = started()
    metrics.declare([{**WAIT, "buckets": [0.1, math.inf]}])["wait_seconds"].observe(5)
    assert value(metrics.render()[1], "wait_seconds_bucket", le="+Inf") == 1


@pytest.mark.parametrize(
    ("declared", "sentence"),
    [
        ({"name": "9lives"}, "use letters, digits and _"),
        ({"name": "sla_checks_total"}, "rules of Prometheus record it"),
        ({"name": "sla_violations_total"}, "rules of Prometheus record it"),
        ({"name": "http_requests_total"}, "the library exports metrics of this name"),
        ({"name": "process_jobs"}, "the library exports metrics of this name"),
        ({"kind": "counter"}, "there is no key 'kind'; use "),
        ({"label": ["kind"]}, "there is no key 'label'; use labels"),
        ({"type": "summary"}, "type is 'summary'; use counter, gauge or histogram"),
        ({"name": "jobs"}, "names of counters, and of nothing else, end in _total"),
        ({"type": "gauge"}, "names of counters, and of nothing else, end in _total"),
        ({"help": " "}, "help is missing"),
        ({"labels": "kind"}, "labels is 'kind'; write a list of names"),
        ({"labels": ["kind", "kind"]}, "has a label twice"),
        ({"labels": ["instance"]}, "which Prometheus sets"),
        ({"labels": ["le"]}, "which Prometheus sets"),
        ({"labels": ["a-b"]}, "'a-b' cannot be a label"),
        ({"labels": {"kind": "import"}}, "label kind has the values 'import'; write a list"),
        ({"labels": {"kind": []}}, "label kind has the values []; write a list"),
        ({"buckets": [1]}, "a counter has no buckets"),
        ({"across": "sum"}, "only a gauge has it"),
    ],
)
def test_declaration_that_does_not_fit_is_refused(declared: dict[str, Any], sentence: str) -> None:
    with pytest.raises(TelemetryError) as refused:
        started().declare([{**JOBS, **declared}])
    assert sentence in str(refused.value)
    assert str(refused.value).startswith("Declaration of the metric ")


@pytest.mark.parametrize(
    ("buckets", "sentence"),
    [
        ([1, 0.5, 2], "buckets [1, 0.5, 2] do not ascend"),
        ([1, 1], "buckets [1, 1] do not ascend"),
        ([math.inf, 1], "do not ascend"),
        ([], "write a list of upper bounds"),
        (None, "write a list of upper bounds"),
        ("1,2", "write a list of upper bounds"),
        ([1, "2"], "write a list of upper bounds"),
        ([math.nan], "write a list of upper bounds"),
    ],
)
def test_buckets_that_do_not_ascend_are_refused(buckets: object, sentence: str) -> None:
    with pytest.raises(TelemetryError, match="Declaration of the metric wait_seconds") as refused:
        started().declare([{**WAIT, "buckets": buckets}])
    assert sentence in str(refused.value)


def test_metric_declared_twice_with_other_labels_is_refused_and_nothing_of_that_call_is_made() -> None:
    metrics = started()
    metrics.declare([JOBS])
    with pytest.raises(TelemetryError) as refused:
        metrics.declare([DEPTH, {**JOBS, "labels": ["kind", "user"]}])
    assert "declared already, as a counter with the labels kind and" in str(refused.value)
    assert "now as a counter with the labels kind, user" in str(refused.value)
    assert b"queue_depth" not in metrics.render()[1]


def test_twice_within_one_call_is_refused_too() -> None:
    with pytest.raises(TelemetryError, match="declared already"):
        started().declare([WAIT, {**WAIT, "buckets": [0.1, 2]}])


def test_closed_labels_that_make_more_series_than_the_budget_are_refused() -> None:
    labels = {"kind": [f"k{number}" for number in range(20)], "size": ["s", "m", "l"]}
    with pytest.raises(TelemetryError, match="labels make up to 60 series, and metrics_series_budget is 50"):
        started(metrics_series_budget=50).declare([{**JOBS, "labels": labels}])
    started(metrics_series_budget=60).declare([{**JOBS, "labels": labels}])


def test_labels_with_closed_sets_are_never_folded() -> None:
    metrics = started(metrics_series_budget=10)
    jobs = metrics.declare([{**JOBS, "labels": {"kind": [f"k{number}" for number in range(10)]}}])["jobs_total"]
    for number in range(10):
        jobs.labels(f"k{number}").inc()
    page = metrics.render()[1]
    assert value(page, "telemetry_series_folded_total", metric="jobs_total") == 0
    assert [value(page, "jobs_total", kind=f"k{number}") for number in range(10)] == [1.0] * 10
