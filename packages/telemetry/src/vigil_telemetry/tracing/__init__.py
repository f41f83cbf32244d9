"""Traces: OpenTelemetry's SDK and instrumentations, sent so that no request waits for the collector."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote, urlsplit

from opentelemetry import trace
from opentelemetry.sdk.trace import SpanProcessor, sampling
from opentelemetry.sdk.trace import TracerProvider as SdkProvider

from ..parts import Part
from ..settings import Settings
from .collector import Collector, checked_tls, tell_of_expired
from .instrumentations import Instrumentations, use_stable_names
from .outgoing import Outgoing, Redacts
from .plain_span import PlainSpans
from .provider import has_own_limits, is_taken, provider_of, use_globally
from .request_id import handed_on
from .sampler import JaegerSampler, sampler_of
from .server import Begins, RequestSpan
from .span_queue import Pace, SpanQueue
from .spans import trace_business_process, trace_db_query, trace_external_call

__all__ = ["RequestSpan", "Tracing", "trace_business_process", "trace_db_query", "trace_external_call"]


SECONDS_TO_SEND = 3.0


class Tracing(Part):
    """The traces of a process. Without an endpoint, requests have ids of traces, for logs, and nothing is recorded."""

    def __init__(self, settings: Settings, redactor: Redacts, processor: SpanProcessor | None = None) -> None:
        """A processor takes the place of the queue to the collector, in tests."""
        self._settings = settings
        tls = checked_tls(settings)
        self._remote = _remote(settings, tls)
        self._queue = _queue(settings, tls, redactor)
        self._processor = processor or self._queue
        self._provider: SdkProvider | None = None
        self._instrumentations: Instrumentations | None = None
        self._tracer: Begins | None = None

    @property
    def dropped(self) -> Mapping[str, int]:
        """Return how many spans were lost in this process, by reason."""
        return dict(self._queue.dropped) if self._queue else {}

    def start(self) -> None:
        """Begin to record, if there is a collector. Raises TelemetryError when another library traces already."""
        if self._processor is None and is_taken():
            # Spans of requests belong to the traces of who traces here.
            self._tracer = trace.get_tracer("vigil_telemetry")
            return
        sampler = sampling.ALWAYS_OFF if self._processor is None else sampler_of(self._settings, self._remote)
        provider = provider_of(self._settings, sampler, self._processor)
        use_globally(provider)
        self._provider = provider
        if self._processor is None:
            return
        self._tracer = provider.get_tracer("vigil_telemetry")
        if self._queue is not None and self._processor is self._queue and not has_own_limits():
            all_new = self._settings.sampler in ("always_on", "parentbased_always_on")
            self._tracer = PlainSpans(provider, self._queue, all_new=all_new)
        use_stable_names()
        self._instrumentations = Instrumentations(provider, self._settings.disabled_instrumentations)
        self._instrumentations.start()
        self._hand_on_no_more = handed_on(self._settings.request_id_header)
        if self._remote is not None:
            self._remote.start()
        tell_of_expired(self._settings)

    def stop(self, timeout: float) -> None:
        """Send what waits, within these seconds."""
        # The rest of what a process has for its exit is the interpreter's.
        ends = time.monotonic() + min(timeout, SECONDS_TO_SEND)
        if self._instrumentations is not None:
            self._instrumentations.stop()
            self._hand_on_no_more()
        if self._remote is not None:
            self._remote.stop()
        if self._provider is not None:
            use_globally(None)
        if self._queue is not None:
            self._queue.stop(max(0.0, ends - time.monotonic()))

    def after_fork(self, *, child: bool) -> None:
        """Begin anew in a child: its own thread, queue and connections."""
        if child and self._queue is not None:
            self._queue.after_fork_in_child()
        if child and self._remote is not None and self._provider is not None:
            self._remote.start()

    @property
    def by_operation(self) -> bool:
        """Whether sampling depends on operations now, so that a request's route must be known when its span begins."""
        return self._remote is not None and bool(self._remote.strategies.operations)

    def request(
        self,
        method: str,
        route: str | None,
        carrier: Mapping[str, str],
        attributes: Callable[[], Mapping[str, Any]] = dict,
    ) -> RequestSpan:
        """Return the span of a request to this server, to be begun.

        The carrier has the request's headers in lower case. A route that is known only later is given to `complete`.
        """
        return RequestSpan(self._tracer, method, route, carrier, attributes)


def _queue(settings: Settings, tls: Mapping[str, str], redactor: Redacts) -> SpanQueue | None:
    if settings.otlp_endpoint is None and settings.otlp_traces_endpoint is None:
        return None
    url = settings.otlp_traces_endpoint or f"{settings.otlp_endpoint}/v1/traces"
    pace = Pace(
        settings.otlp_queue_spans,
        settings.otlp_batch_spans,
        settings.otlp_delay_milliseconds / 1000,
        settings.otlp_timeout_milliseconds / 1000,
        settings.otlp_retry_milliseconds / 1000,
    )
    return SpanQueue(lambda: Collector(url, tls, settings.otlp_headers), Outgoing(redactor), pace)


def _remote(settings: Settings, tls: Mapping[str, str]) -> JaegerSampler | None:
    if not settings.sampler.endswith("jaeger_remote"):
        return None
    base = settings.sampling_url or _beside(
        settings.otlp_endpoint or settings.otlp_traces_endpoint or "http://localhost:4318"
    )
    path = "" if urlsplit(base).path else "/api/sampling"
    url = f"{base}{path}?service={quote(settings.service, safe='')}"
    return JaegerSampler(
        lambda: Collector(url, tls), share=settings.sampling_share, interval=float(settings.sampling_interval)
    )


def _beside(endpoint: str) -> str:
    """Return where the collector of this endpoint serves strategies by default."""
    parts = urlsplit(endpoint)
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    return f"{parts.scheme}://{host}:5778"
