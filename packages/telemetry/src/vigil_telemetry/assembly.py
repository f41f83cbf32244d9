"""Which parts a process has, in the order in which they start."""

from __future__ import annotations

import dataclasses

from . import context
from .logs import Logs
from .losses import Losses
from .metrics import Metrics
from .redaction import Redactor
from .requests.observed import Observers
from .runtime import Telemetry
from .settings import Settings
from .tracing import Tracing

__all__ = ["assembled"]


def assembled(settings: Settings) -> Telemetry:
    """Return the telemetry of these settings, not started."""
    return _disabled(settings) if settings.disabled else _whole(settings)


def _whole(settings: Settings) -> Telemetry:
    redactor = Redactor(settings.redact_keys)
    logs = Logs(settings, redactor, context.ids)
    metrics = Metrics(settings)
    tracing = Tracing(settings, redactor)
    dropped = {
        "telemetry_log_lines_dropped_total": logs.dropped_by_reason,
        "telemetry_spans_dropped_total": lambda: tracing.dropped,
    }
    losses = Losses(metrics.count, dropped)
    metrics.before_refresh = losses.refresh
    observers = Observers(metrics, tracing, _Report(logs), settings.request_id_header)
    telemetry = Telemetry(settings, (logs, metrics, tracing), observers)
    telemetry.logs, telemetry.metrics = logs, metrics
    return telemetry


def _disabled(settings: Settings) -> Telemetry:
    """Return one that observes nothing and opens nothing; metrics can be declared, and are not read by anyone."""
    metrics = Metrics(dataclasses.replace(settings, metrics_port=None, metrics_multiprocess_dir=None))
    telemetry = Telemetry(settings, (metrics,))
    telemetry.metrics = metrics
    return telemetry


class _Report:
    """Logs what an application did not handle."""

    def __init__(self, logs: Logs) -> None:
        self._logs = logs

    def unhandled(self, error: BaseException) -> None:
        self._logs.events.error(error)
