# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reports of users, such as those that support receives: each belongs to the open incident of its service."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ..journal.entries import Entries
from .correlation import Correlation

__all__ = ["Report", "ReportError", "Reports"]

_LONGEST = {"service": 100, "text": 4000}


class ReportError(Exception):
    """What was sent is no report, for the reason in the message."""


@dataclass(frozen=True)
class Report:
    """What a user reports of a service, and who passed that on."""

    service: str
    text: str
    by: str

    @classmethod
    def of(cls, told: Any, by: str) -> Report:
        """Return the report that a body describes. Raises ReportError."""
        if not isinstance(told, dict) or set(told) != set(_LONGEST):
            raise ReportError("A report has service and text.")
        for key, longest in _LONGEST.items():
            if not isinstance(told[key], str) or not 0 < len(told[key]) <= longest:
                raise ReportError(f"{key} has to be a text of at most {longest} characters.")
        return cls(**told, by=by)


class Reports:
    """What the journal gets for reports."""

    def __init__(self, correlation: Correlation) -> None:
        self._correlation = correlation

    def write(self, told: Report, at: float) -> Callable[[sqlite3.Connection], dict[str, int | None]]:
        """Return the write of a report, which returns its number and that of its incident, None without one."""

        def write(connection: sqlite3.Connection) -> dict[str, int | None]:
            entries = Entries(connection, at, f"user {told.by}")
            incident = self._correlation.of_service(entries, told.service)
            number = entries.add("report", source=told.by, service=told.service, text=told.text, incident=incident)
            return {"report": number, "incident": incident}

        return write
