"""What an application calls to record: it reaches the telemetry that runs, and does nothing while there is none."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from . import runtime
from .errors import TelemetryError
from .logs import Events, Logger, Transaction
from .logs import logger as logger_of
from .metrics import Metrics
from .redaction import Redactor

__all__ = [
    "declare",
    "log_business_event",
    "log_error",
    "log_performance",
    "log_security_event",
    "logger",
    "metrics_asgi",
    "metrics_wsgi",
    "record_order_processing",
    "transaction",
    "update_active_users",
    "watch_pool",
]


class _Nowhere:
    """Where events go while nothing runs."""

    redactor = Redactor()

    def event(self, level: str, message: str, fields: Mapping[str, object], *, on_disk: bool = False) -> bool:  # noqa: ARG002
        return False


_NO_EVENTS = Events(_Nowhere())


def record_order_processing(
    order_type: str,
    payment_method: str,
    seconds: float,
    *,
    product_category: str | None = None,
    status: str = "completed",
) -> None:
    """Count an order, and how many seconds it took; its category is its type unless there is a better one."""
    if metrics := _metrics():
        metrics.record_order_processing(
            order_type, payment_method, seconds, product_category=product_category, status=status
        )


def update_active_users(user_type: str, count: float) -> None:
    """Set how many users of a type are active now."""
    if metrics := _metrics():
        metrics.update_active_users(user_type, count)


def watch_pool(name: str, pool: object) -> None:
    """Measure a pool of connections: SQLAlchemy's engine or pool, psycopg's ConnectionPool.

    Raises TelemetryError for other pools, and before `start()`.
    """
    _needed("watch_pool").watch_pool(name, pool)


def declare(declarations: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Return metrics of prometheus-client by name, declared as mappings of name, type, help, labels, buckets.

    Raises TelemetryError when one does not fit, and before `start()`.
    """
    return _needed("declare").declare(declarations)


def metrics_asgi() -> Any:
    """Return the page of metrics as an ASGI application, for those who have the token of metrics_token_file."""
    return _needed("metrics_asgi").asgi()


def metrics_wsgi() -> Any:
    """Return the page of metrics as a WSGI application, for those who have the token of metrics_token_file."""
    return _needed("metrics_wsgi").wsgi()


def logger(name: str) -> Logger:
    """Return a logger of structlog: `log.info("Order placed", orderNumber=1)`. It may be made before `start()`."""
    return logger_of(name, _logs)


def log_business_event(event_type: str, **fields: Any) -> None:
    """Log that something happened in the business, such as "order_placed"; fields are those of `Events.business`."""
    _events().business(event_type, **fields)


def log_performance(operation: str, seconds: float, metadata: object = None) -> None:
    """Log how many seconds an operation took, with a category of it."""
    _events().performance(operation, seconds, metadata)


def log_security_event(event_type: str, *, severity: str, **fields: Any) -> bool:
    """Log an event that concerns security, wait for the disk, and return whether it is there."""
    return _events().security(event_type, severity=severity, **fields)


def log_error(error: BaseException, **context: Any) -> None:
    """Log an error with the context in which it occurred: operation, input_data, user_id, session_id, request_id."""
    _events().error(error, **context)


def transaction(transaction_id: str, transaction_type: str) -> Transaction:
    """Log the start of a transaction and return what logs the rest of it; also as a context manager."""
    return _events().transaction(transaction_id, transaction_type)


def _metrics() -> Metrics | None:
    telemetry = runtime.running()
    return telemetry.metrics if telemetry else None


def _needed(name: str) -> Metrics:
    metrics = _metrics()
    if metrics is None:
        raise TelemetryError(f"Using metrics: telemetry is not started; call start() before {name}().")
    return metrics


def _logs() -> Any:
    telemetry = runtime.running()
    return telemetry.logs if telemetry else None


def _events() -> Events:
    logs = _logs()
    return logs.events if logs else _NO_EVENTS
