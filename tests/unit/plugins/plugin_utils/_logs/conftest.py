# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Logs in files, and their analysis."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.vigil.observability.plugins.plugin_utils._logs.analysis import Question, analysis
from ansible_collections.vigil.observability.plugins.plugin_utils._logs.events import events_of
from ansible_collections.vigil.observability.plugins.plugin_utils._logs.reading.lines import documents_in
from ansible_collections.vigil.observability.plugins.plugin_utils._logs.windows import windows_of

Document = Mapping[str, Any]
Analyse = Callable[..., dict[str, Any]]
END = datetime(2026, 1, 10, tzinfo=UTC)


def document(hours: float, message: str = "Order 1 placed", **fields: Any) -> dict[str, Any]:
    """Return a document of the shop, so many hours before the end."""
    time = (END - timedelta(hours=hours)).isoformat()
    return {"timestamp": time, "level": "info", "service": "shop", "message": message, **fields}


def steady(service: str, days: Iterable[int], each_hour: int, **fields: Any) -> list[dict[str, Any]]:
    """Return as many documents in each hour of these days before the end, 0 being the window."""
    return [
        document(24 * day + hour + (number + 1) / (each_hour + 2), service=service, **fields)
        for day in days
        for hour in range(24)
        for number in range(each_hour)
    ]


@pytest.fixture
def analyse(tmp_path: Path) -> Analyse:
    """A function that writes documents to a file, lines as they are, and returns their analysis."""

    def run(lines: Sequence[Document | str | bytes], **options: Any) -> dict[str, Any]:
        file = tmp_path / "app.log"
        raw = [line if isinstance(line, str | bytes) else json.dumps(line) for line in lines]
        file.write_bytes(b"".join((line if isinstance(line, bytes) else line.encode()) + b"\n" for line in raw))
        windows = windows_of(
            END.isoformat(), options.pop("window", "24h"), options.pop("baseline", "24h"), now=datetime.now(UTC)
        )
        events = events_of(options.pop("deployments", []), options.pop("alerts", []), windows)
        question = Question(file.name, windows, options.pop("zone", UTC), options.pop("fields", {}), events)
        return analysis(lambda counts: documents_in([str(file)], counts), question)

    return run
