# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Everything that is analysed, as one result."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from typing import Any

from ansible_collections.vigil.observability.plugins.module_utils._errors.sentence import OperatorError
from ansible_collections.vigil.observability.plugins.plugin_utils._logs.anomalies import error_rates, response_times
from ansible_collections.vigil.observability.plugins.plugin_utils._logs.errors import error_patterns
from ansible_collections.vigil.observability.plugins.plugin_utils._logs.events import Event, events_result
from ansible_collections.vigil.observability.plugins.plugin_utils._logs.messages import message_patterns
from ansible_collections.vigil.observability.plugins.plugin_utils._logs.notes import (
    Known,
    notes,
    nothing_in_window,
    refuse_unusable,
)
from ansible_collections.vigil.observability.plugins.plugin_utils._logs.reading.counts import Counts
from ansible_collections.vigil.observability.plugins.plugin_utils._logs.reading.fields import field_names
from ansible_collections.vigil.observability.plugins.plugin_utils._logs.reading.frames import frames_of
from ansible_collections.vigil.observability.plugins.plugin_utils._logs.reading.source import Documents
from ansible_collections.vigil.observability.plugins.plugin_utils._logs.tally import tallied
from ansible_collections.vigil.observability.plugins.plugin_utils._logs.traffic import Hour, traffic, traffic_findings
from ansible_collections.vigil.observability.plugins.plugin_utils._logs.windows import Windows, shown_time

with contextlib.suppress(ImportError):  # refused by a sentence when logs are analysed
    import polars as pl

__all__ = ["Question", "analysis"]


@dataclass(frozen=True)
class Question:
    """What is asked: where fields are, the zone of times without one, the windows, and the events of the time."""

    source: str
    windows: Windows
    zone: tzinfo
    fields: Mapping[str, Sequence[str] | None]
    events: Sequence[Event] = ()


def analysis(documents: Documents, question: Question) -> dict[str, Any]:
    """Return the result, the same for the same documents. Raises OperatorError when nothing can be analysed."""
    counts, windows = Counts(), question.windows
    places = field_names(question.fields)
    tally = tallied(frames_of(documents(counts), places, question.zone, windows, counts))
    refuse_unusable(counts, question.source, question.fields)
    lines = int(tally.hours.filter(pl.col("hour") < windows.window)["lines"].sum())
    if not lines:
        raise OperatorError(nothing_in_window(counts, question.source, windows))
    known = Known.of(counts, windows, baseline_lines=counts.used - lines)
    hours = traffic(tally, windows)
    findings = [*error_rates(tally, windows), *response_times(tally), *traffic_findings(hours)]
    return {
        "source": question.source,
        "window": {"start": shown_time(windows.start), "end": shown_time(windows.end), "lines": lines},
        "baseline": {
            "start": shown_time(windows.oldest),
            "end": shown_time(windows.start),
            "lines": known.baseline_lines,
        },
        "lines": counts.result(),
        "notes": notes(counts, tally, windows, known),
        "errors": error_patterns(tally, windows, covered=known.before),
        "anomalies": sorted((each for each in findings if each["severity"]), key=_order),
        "baselines_too_small": sorted((each for each in findings if not each["severity"]), key=_order),
        "messages": message_patterns(tally, question.events, covered=known.baseline_lines > 0),
        "events": events_result(question.events),
        "traffic": {service: [_shown_hour(hour) for hour in each] for service, each in hours.items()},
    }


def _order(finding: Mapping[str, Any]) -> tuple[Any, ...]:
    return (finding["severity"] != "high", finding["service"], finding["type"], finding.get("start", ""))


def _shown_hour(hour: Hour) -> dict[str, Any]:
    return {"lines": hour.lines, "expected": hour.expected, "spread": hour.spread and round(hour.spread, 1)}
