# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Stands in for vigil-telemetry: notes what the shop reports, and reports it nowhere."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

import vigil_telemetry

__all__ = ["StandinTelemetry"]

_EVENTS = ("log_business_event", "log_security_event", "update_active_users", "set_user", "watch_pool")
_SPANS = ("trace_business_process", "trace_external_call")

Call = tuple[tuple[Any, ...], dict[str, Any]]


class StandinTelemetry:
    """The calls of the library, by the name of the function. Errors are noted by their class, and no duration is."""

    def __init__(self) -> None:
        self._calls: dict[str, list[Call]] = {}

    def of(self, name: str) -> list[Call]:
        """Return the positional and the named arguments of each call of a function."""
        return self._calls.get(name, [])

    def replace(self, patch: pytest.MonkeyPatch) -> None:
        """Take the place of the library's functions."""

        def put(name: str, function: Any) -> None:
            patch.setattr(vigil_telemetry, name, function, raising=False)

        for name in _EVENTS:
            put(name, lambda *given, _name=name, **named: self._note(_name, *given, **named))
        for name in _SPANS:
            put(name, lambda *given, _name=name, **named: self._span(_name, *given, **named))
        put("log_error", lambda error, **named: self._note("log_error", type(error).__name__, **named))
        put("record_order_processing", self._order)
        put("transaction", lambda *given: self._span("transaction", *given))
        put("correlation_id", lambda: "request-1")
        put("logger", structlog.get_logger)

    def _note(self, name: str, *given: Any, **named: Any) -> None:
        self._calls.setdefault(name, []).append((given, named))

    def _order(self, order_type: str, payment_method: str, seconds: float, **named: Any) -> None:
        assert seconds > 0
        self._note("record_order_processing", order_type, payment_method, **named)

    @contextlib.contextmanager
    def _span(self, name: str, *given: Any, **named: Any) -> Iterator[StandinTelemetry]:
        self._note(name, *given, **named)
        yield self

    def log(self, message: str, data: object = None) -> None:
        """Note a step of a transaction."""
        self._note("log", message, data)
