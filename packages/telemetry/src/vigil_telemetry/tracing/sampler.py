"""Sampling by the strategies that Jaeger serves, which OpenTelemetry's SDK for Python has no sampler for.

A thread reads them; a request only looks at what was read last. Until the first answer, and for as long as Jaeger
cannot be asked, the share of the settings or the last answer counts.
"""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from opentelemetry.context import Context
from opentelemetry.instrumentation.utils import suppress_instrumentation
from opentelemetry.sdk.trace import sampling
from opentelemetry.trace import Link, SpanKind
from opentelemetry.trace.span import TraceState
from opentelemetry.util.types import Attributes

from ..settings import Settings
from .collector import Collector, Refused

__all__ = ["JaegerSampler", "Strategies", "sampler_of", "strategies_of"]

_MOST_OPERATIONS = 2000
_SECONDS_OF_A_REQUEST = 5.0
_SECONDS_BETWEEN_LINES = 60.0
_log = logging.getLogger("vigil_telemetry.tracing")

Decide = Callable[[int], bool]


class Rate:
    """At most so many traces a second, and as many at once."""

    def __init__(self, traces_per_second: float) -> None:
        self._rate = traces_per_second
        self._most = max(1.0, traces_per_second) if traces_per_second > 0 else 0.0
        self._balance, self._seen = self._most, time.monotonic()
        self._lock = threading.Lock()

    def __call__(self, _trace_id: int) -> bool:
        """Whether one more trace is kept."""
        with self._lock:
            now = time.monotonic()
            self._balance = min(self._most, self._balance + (now - self._seen) * self._rate)
            self._seen = now
            if self._balance < 1:
                return False
            self._balance -= 1
            return True


class Share:
    """A share of all traces, by their ids: the same traces in every process."""

    def __init__(self, share: float) -> None:
        self._bound = round(share * (1 << 64))

    def __call__(self, trace_id: int) -> bool:
        """Whether this trace is one of the share."""
        return trace_id & 0xFFFFFFFFFFFFFFFF < self._bound


class AtLeast:
    """A share of all traces, and where that is less, a number of them a second."""

    def __init__(self, share: float, traces_per_second: float) -> None:
        self._share, self._rate = Share(share), Rate(traces_per_second)

    def __call__(self, trace_id: int) -> bool:
        """Whether this trace is kept; one of the share counts for the rate too."""
        by_rate = self._rate(trace_id)
        return self._share(trace_id) or by_rate


class Strategies:
    """How a service's traces are sampled: by operation, which is the name of a trace's first span, else alike."""

    def __init__(self, otherwise: Decide, operations: Mapping[str, Decide]) -> None:
        self.otherwise = otherwise
        self.operations = operations

    def keeps(self, operation: str, trace_id: int) -> bool:
        """Whether a trace with this first span is kept."""
        return self.operations.get(operation, self.otherwise)(trace_id)


def strategies_of(answer: bytes) -> Strategies:
    """Return what Jaeger answered; raise ValueError on what is no strategy. Shares beyond 0 and 1 are refused."""
    found = json.loads(answer)
    if not isinstance(found, dict):
        raise ValueError("no JSON object")  # noqa: TRY004 - an answer, not an argument
    by_operation = found.get("operationSampling")
    if not by_operation:
        return Strategies(_decision(found), {})
    least = float(by_operation.get("defaultLowerBoundTracesPerSecond") or 0)
    default = _share(by_operation.get("defaultSamplingProbability", 0))
    listed = (by_operation.get("perOperationStrategies") or [])[:_MOST_OPERATIONS]
    return Strategies(AtLeast(default, least), {str(one["operation"]): _decision(one) for one in listed})


def _decision(found: Mapping[str, Any]) -> Decide:
    rate = found.get("rateLimitingSampling")
    if rate is not None:
        return Rate(float(rate["maxTracesPerSecond"]))
    return Share(_share(found["probabilisticSampling"].get("samplingRate", 0)))


def _share(found: object) -> float:
    share = float(str(found))
    if not 0 <= share <= 1:
        raise ValueError(f"a share of {share}")
    return share


class JaegerSampler(sampling.Sampler):
    """Decides by the strategies read last; `start` begins to read them in the background."""

    def __init__(self, collector: Callable[[], Collector], *, share: float, interval: float) -> None:
        self._collector = collector
        self._interval = interval
        self.strategies = Strategies(Share(share), {})
        self._begin()

    def _begin(self) -> None:
        self._end = threading.Event()
        self._next_line = 0.0
        self._answer = b""

    def start(self) -> None:
        """Begin to read strategies; also in a child of a fork, which keeps those that its parent has read."""
        if self._answer:
            # Anew, because a thread of the parent may have had the lock of a rate.
            self.strategies = strategies_of(self._answer)
        self._begin()
        threading.Thread(target=self._run, args=(self._end,), name="telemetry-sampling", daemon=True).start()

    def stop(self) -> None:
        """Read no more."""
        self._end.set()

    def _run(self, end: threading.Event) -> None:
        collector = self._collector()
        while not end.is_set():
            self._refresh(collector)
            end.wait(self._interval)
        collector.close()

    def _refresh(self, collector: Collector) -> None:
        try:
            with suppress_instrumentation():
                answer = collector.request("GET", collector.url, timeout=_SECONDS_OF_A_REQUEST)
            # The balance of a rate is kept while its strategy is.
            if answer != self._answer:
                self.strategies = strategies_of(answer)
                self._answer = answer
        except Refused as refused:
            self._tell(collector.url, refused.found)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            self._tell(collector.url, f"an answer that is no strategy ({type(error).__name__})")

    def _tell(self, url: str, found: str) -> None:
        now = time.monotonic()
        if now >= self._next_line:
            self._next_line = now + _SECONDS_BETWEEN_LINES
            _log.warning("Sampling strategies of %s cannot be read: %s; the last ones count.", url, found)

    def should_sample(
        self,
        parent_context: Context | None,  # noqa: ARG002
        trace_id: int,
        name: str,
        kind: SpanKind | None = None,  # noqa: ARG002
        attributes: Attributes = None,
        links: Sequence[Link] | None = None,  # noqa: ARG002
        trace_state: TraceState | None = None,
    ) -> sampling.SamplingResult:
        """Return the decision on a trace without a parent."""
        keeps = self.strategies.keeps(name, trace_id)
        decision = sampling.Decision.RECORD_AND_SAMPLE if keeps else sampling.Decision.DROP
        return sampling.SamplingResult(decision, attributes if keeps else None, trace_state)

    def get_description(self) -> str:
        """Return the name that OpenTelemetry gives to this kind of sampler."""
        return "JaegerRemoteSampler"


def sampler_of(settings: Settings, remote: JaegerSampler | None) -> sampling.Sampler:
    """Return the sampler that the settings name; the remote one is given, because it has to be started."""
    parent = "parentbased_"
    name = settings.sampler.removeprefix(parent)
    root: sampling.Sampler = remote or {
        "always_on": sampling.ALWAYS_ON,
        "always_off": sampling.ALWAYS_OFF,
        "traceidratio": sampling.TraceIdRatioBased(settings.sampling_share),
    }.get(name, sampling.ALWAYS_ON)
    return sampling.ParentBased(root) if settings.sampler.startswith(parent) else root
