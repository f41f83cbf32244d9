"""Metrics, logs and traces of an application, that agree with each other."""

from __future__ import annotations

import logging
import os
from typing import TYPE_CHECKING

from . import runtime
from .assembly import assembled
from .context import correlation as correlation_id
from .context import entered, set_route, set_user
from .errors import TelemetryError
from .recording import (
    declare,
    log_business_event,
    log_error,
    log_performance,
    log_security_event,
    logger,
    metrics_asgi,
    metrics_wsgi,
    record_order_processing,
    transaction,
    update_active_users,
    watch_pool,
)
from .requests.wrapping import asgi, wsgi
from .runtime import Telemetry, stop
from .settings import settings_from, unused_variables
from .tracing import trace_business_process, trace_db_query, trace_external_call

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from .arguments import Arguments

__all__ = [
    "Telemetry",
    "TelemetryError",
    "asgi",
    "correlation_id",
    "declare",
    "entered",
    "log_business_event",
    "log_error",
    "log_performance",
    "log_security_event",
    "logger",
    "metrics_asgi",
    "metrics_wsgi",
    "record_order_processing",
    "set_route",
    "set_user",
    "start",
    "stop",
    "trace_business_process",
    "trace_db_query",
    "trace_external_call",
    "transaction",
    "update_active_users",
    "watch_pool",
    "wsgi",
]
__version__ = "1.0.0"


def start(**given: Unpack[Arguments]) -> Telemetry:
    """Start the telemetry of this process and return it; what is not given comes from environment variables.

    The arguments are the fields of `vigil_telemetry.settings.Settings`; `service` and `environment` must be set.
    Raises TelemetryError with one sentence when something does not fit.
    """
    settings, before = settings_from(given, os.environ), runtime.running()
    telemetry = runtime.start(assembled(settings))
    if not settings.disabled and telemetry is not before and (unused := unused_variables(os.environ)):
        logging.getLogger(__name__).warning("Environment variables without effect: %s.", ", ".join(unused))
    return telemetry
