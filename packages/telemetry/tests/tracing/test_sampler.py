from __future__ import annotations

import logging
import time
from types import SimpleNamespace
from typing import Any

import pytest

from metrics.reading import until
from programs import PLENTY
from tracing.collectors import begun, collector, requested, settings, unused_port
from vigil_telemetry.tracing import sampler
from vigil_telemetry.tracing.sampler import strategies_of

OPERATIONS = {
    "strategyType": "PROBABILISTIC",
    "probabilisticSampling": {"samplingRate": 0.5},
    "operationSampling": {
        "defaultSamplingProbability": 0,
        "defaultLowerBoundTracesPerSecond": 0,
        "perOperationStrategies": [{"operation": "GET /pay", "probabilisticSampling": {"samplingRate": 1}}],
    },
}


def sampled(tracing: Any, route: str, carrier: dict[str, str] | None = None) -> bool:
    with requested(tracing, "GET", route, carrier or {}) as request:
        return request.trace_id is not None


def test_strategies_are_read_by_service_and_operation_and_followed_when_they_change() -> None:
    with collector() as server:
        server.strategies = OPERATIONS
        with begun(
            otlp_endpoint=server.url, sampler="parentbased_jaeger_remote", sampling_url=server.url, sampling_interval=1
        ) as tracing:
            assert until(lambda: not sampled(tracing, "/other"))
            assert sampled(tracing, "/pay")
            assert tracing.by_operation
            assert server.asked[0] == "/api/sampling?service=shop"
            server.strategies = {"strategyType": "PROBABILISTIC", "probabilisticSampling": {"samplingRate": 1}}
            assert until(lambda: sampled(tracing, "/other"))
            assert not tracing.by_operation


def test_the_callers_decision_counts_more_than_a_strategy() -> None:
    with (
        collector() as server,
        begun(
            otlp_endpoint=server.url, sampler="parentbased_jaeger_remote", sampling_url=server.url, sampling_share=1
        ) as tracing,
    ):
        assert until(lambda: not sampled(tracing, "/"))
        assert sampled(tracing, "/", {"traceparent": f"00-{'a' * 32}-{'b' * 16}-01"})
        assert not sampled(tracing, "/", {"traceparent": f"00-{'a' * 32}-{'b' * 16}-00"})


@pytest.mark.parametrize("answer", [b"{", b"[]", b"{}", b'{"probabilisticSampling": {"samplingRate": 2}}'])
def test_an_answer_that_is_no_strategy_changes_nothing_and_is_one_line(
    answer: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    with collector() as server, caplog.at_level(logging.WARNING):
        server.strategies = answer
        with begun(
            otlp_endpoint=server.url, sampler="jaeger_remote", sampling_url=server.url, sampling_interval=1
        ) as tracing:
            assert until(lambda: len(server.asked) > 1)
            assert sampled(tracing, "/")
    assert len([record for record in caplog.records if "strategies" in record.message]) == 1


def test_without_jaeger_the_share_of_the_settings_counts_and_no_request_waits() -> None:
    url = f"http://127.0.0.1:{unused_port()}"
    with (
        collector() as server,
        begun(otlp_endpoint=server.url, sampler="jaeger_remote", sampling_url=url, sampling_share=0) as tracing,
    ):
        begins = time.perf_counter()
        assert not any(sampled(tracing, "/") for _number in range(1000))
        assert time.perf_counter() - begins < PLENTY


def test_a_child_of_a_fork_does_not_wait_for_the_rate_of_a_thread_that_it_has_not() -> None:
    with collector() as server:
        server.strategies = {"strategyType": "RATE_LIMITING", "rateLimitingSampling": {"maxTracesPerSecond": 5}}
        given = {"sampler": "jaeger_remote", "sampling_url": server.url}
        with begun(otlp_endpoint=server.url, **given) as tracing:
            remote: Any = tracing._remote
            assert until(lambda: isinstance(remote.strategies.otherwise, sampler.Rate))
            with remote.strategies.otherwise._lock:
                tracing.after_fork(child=True)
                assert sampled(tracing, "/")
            assert isinstance(remote.strategies.otherwise, sampler.Rate)


def test_a_rate_keeps_so_many_traces_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    clock = SimpleNamespace(monotonic=lambda: now)
    monkeypatch.setattr(sampler, "time", clock)
    strategies = strategies_of(b'{"strategyType": "RATE_LIMITING", "rateLimitingSampling": {"maxTracesPerSecond": 5}}')
    assert sum(strategies.keeps("x", number) for number in range(1000)) == 5
    now += 0.45
    assert sum(strategies.keeps("x", number) for number in range(1000)) == 2


def test_a_rate_of_none_keeps_none_and_a_lower_bound_keeps_the_first() -> None:
    assert not sampler.Rate(0)(1)
    least = sampler.AtLeast(0, 1)
    assert [least(1), least(1)] == [True, False]


def test_a_share_keeps_the_same_traces_everywhere() -> None:
    share = sampler.Share(0.25)
    assert share(1 << 61)
    assert not share(1 << 63)
    assert sampler.Share(1)((1 << 64) - 1)
    assert not sampler.Share(0)(0)


@pytest.mark.parametrize(
    ("name", "description"),
    [
        ("always_on", "AlwaysOnSampler"),
        ("always_off", "AlwaysOffSampler"),
        ("traceidratio", "TraceIdRatioBased{0.3}"),
        ("parentbased_traceidratio", "ParentBased{root:TraceIdRatioBased{0.3}"),
    ],
)
def test_the_samplers_of_the_sdk_are_known_by_their_names(name: str, description: str) -> None:
    found = sampler.sampler_of(settings(sampler=name, sampling_share=0.3), None)
    assert found.get_description().startswith(description)
