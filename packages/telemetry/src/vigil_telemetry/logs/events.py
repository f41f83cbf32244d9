"""The events of the guide's logger, with its messages and fields."""

from __future__ import annotations

import time
from collections.abc import Mapping
from types import TracebackType
from typing import Protocol

from ..redaction import Redactor
from .errors import error_fields, stack_of
from .lines import timestamp

__all__ = ["Events", "Transaction", "performance_category"]

_CATEGORIES = ((0.1, "fast"), (1.0, "normal"), (5.0, "slow"))


class _Writes(Protocol):
    redactor: Redactor

    def event(self, level: str, message: str, fields: Mapping[str, object], *, on_disk: bool = False) -> bool: ...


def performance_category(seconds: float) -> str:
    """Return "fast" below 0.1 s, "normal" below 1 s, "slow" below 5 s, else "critical"."""
    return next((category for bound, category in _CATEGORIES if seconds < bound), "critical")


def _given(**fields: object) -> dict[str, object]:
    return {name: value for name, value in fields.items() if value is not None}


class Events:
    """What every part of an application logs in the same shape. None of these raises."""

    def __init__(self, output: _Writes) -> None:
        self._output = output

    def business(
        self,
        event_type: str,
        *,
        event_id: str | None = None,
        user_id: str | None = None,
        entity_id: str | None = None,
        entity_type: str | None = None,
        domain: str | None = None,
        aggregate: str | None = None,
        version: str | None = None,
        metadata: object = None,
    ) -> None:
        """Log that something happened in the business, such as "order_placed"."""
        context = _given(domain=domain, aggregate=aggregate, version=version)
        fields = _given(
            eventType=event_type,
            eventId=event_id,
            userId=user_id,
            entityId=entity_id,
            entityType=entity_type,
            metadata=metadata,
            businessContext=context or None,
        )
        self._output.event("info", "Business event occurred", fields)

    def performance(self, operation: str, seconds: float, metadata: object = None) -> None:
        """Log how long an operation took: `duration` in seconds, `durationMs`, and its category."""
        try:
            fields = _given(
                operation=operation,
                duration=seconds,
                durationMs=round(seconds * 1000),
                performanceCategory=performance_category(seconds),
                metadata=metadata,
            )
        except (TypeError, ValueError, OverflowError):
            fields = _given(operation=operation, metadata=metadata)
        self._output.event("info", "Performance metrics", fields)

    def security(
        self,
        event_type: str,
        *,
        severity: str,
        source_ip: str | None = None,
        user_agent: str | None = None,
        user_id: str | None = None,
        resource: str | None = None,
        action: str | None = None,
        result: str | None = None,
        risk_score: float | None = None,
    ) -> bool:
        """Log an event that concerns security, and return whether it is on disk; this waits for the disk."""
        fields = _given(
            securityEventType=event_type,
            severity=severity,
            sourceIp=source_ip,
            userAgent=user_agent,
            userId=user_id,
            resource=resource,
            action=action,
            result=result,
            riskScore=risk_score,
        )
        return self._output.event("warn", "Security event detected", fields, on_disk=True)

    def error(
        self,
        error: BaseException,
        *,
        operation: str | None = None,
        input_data: object = None,
        user_id: str | None = None,
        session_id: str | None = None,
        request_id: str | None = None,
    ) -> None:
        """Log an error with the context in which it occurred."""
        context = _given(
            operation=operation, inputData=input_data, userId=user_id, sessionId=session_id, requestId=request_id
        )
        fields = error_fields(error, self._output.redactor)
        self._output.event("error", "Application error occurred", {**fields, **_given(context=context or None)})

    def transaction(self, transaction_id: str, transaction_type: str) -> Transaction:
        """Log the start of a transaction and return what logs the rest of it; also as a context manager."""
        return Transaction(self._output, transaction_id, transaction_type)


class Transaction:
    """A transaction: log() steps of it, then complete() or fail(), of which the first counts.

    `elapsed`, `duration` and `durationMs` are milliseconds, as in the guide. As a context manager, an exception fails
    the transaction and is raised on; otherwise it is completed.
    """

    def __init__(self, output: _Writes, transaction_id: str, transaction_type: str) -> None:
        self._output = output
        self._fields = {"transactionId": transaction_id, "transactionType": transaction_type}
        self._begun = time.monotonic()
        self._ended = False
        self._output.event("info", "Transaction started", {**self._fields, "startTime": timestamp(time.time())})

    def log(self, message: str, data: object = None) -> None:
        """Log a step."""
        self._output.event("info", message, {**self._fields, **_given(data=data), "elapsed": self._elapsed()})

    def complete(self, result: object = None) -> None:
        """Log that it has succeeded."""
        self._end("info", "Transaction completed", {**_given(result=result), "status": "success"})

    def fail(self, error: BaseException) -> None:
        """Log that it has failed, and why."""
        found = error_fields(error, self._output.redactor)
        described = {
            "name": found["errorName"],
            "message": found["errorMessage"],
            "stack": stack_of(error, self._output.redactor),
        }
        self._end("error", "Transaction failed", {"error": described, "status": "failed"})

    def __enter__(self) -> Transaction:  # noqa: PYI034 - Self came with Python 3.11
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, error: BaseException | None, _traceback: TracebackType | None
    ) -> None:
        if error is None:
            self.complete()
        else:
            self.fail(error)

    def _end(self, level: str, message: str, fields: Mapping[str, object]) -> None:
        if not self._ended:
            self._ended = True
            elapsed = self._elapsed()
            self._output.event(level, message, {**self._fields, "duration": elapsed, "durationMs": elapsed, **fields})

    def _elapsed(self) -> int:
        return round((time.monotonic() - self._begun) * 1000)
