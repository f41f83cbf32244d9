# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What deviates, service by service: the rate of errors, the response time, the traffic."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator
from typing import Any

from ansible_collections.vigil.observability.plugins.plugin_utils._logs.likelihood import SIGNIFICANT, likelihood_ratio
from ansible_collections.vigil.observability.plugins.plugin_utils._logs.tally import STEP, Tally
from ansible_collections.vigil.observability.plugins.plugin_utils._logs.windows import Windows

with contextlib.suppress(ImportError):  # refused by a sentence when logs are analysed
    import polars as pl

__all__ = ["error_rates", "response_times"]

_ERROR_FACTOR = 2.0
_TIME_FACTOR = 1.5
_FEWEST_LINES = 100
# A percentile is known when as many responses took longer.
_FEWEST_ABOVE = 10
_PERCENTILES = ((0.5, "median"), (0.95, "95th percentile"))

Finding = dict[str, Any]


def error_rates(tally: Tally, windows: Windows) -> Iterator[Finding]:
    """Yield services with more than twice the share of errors, and those whose baseline is too small to know."""
    fresh = pl.col("hour") < windows.window
    table = tally.hours.group_by("service").agg(
        pl.col("lines", "errors").filter(fresh).sum(),
        pl.col("lines", "errors").filter(~fresh).sum().name.prefix("old_"),
    )
    for number, lines, errors, old_lines, old_errors in table.iter_rows():
        service = tally.services.names[number]
        if not lines:
            continue
        if old_lines < _FEWEST_LINES:
            yield _too_small(service, "error_rate", old_lines, _FEWEST_LINES, "lines")
            continue
        rate, baseline = errors / lines, old_errors / old_lines
        if rate > _ERROR_FACTOR * baseline and likelihood_ratio(errors, lines, old_errors, old_lines) >= SIGNIFICANT:
            yield {
                "service": service,
                "type": "error_rate_spike",
                "severity": "high",
                "current": _rounded(rate),
                "baseline": _rounded(baseline),
                "threshold": _rounded(_ERROR_FACTOR * baseline),
                "description": f"{errors} of {lines} lines are errors ({rate:.2%}); before, it was {baseline:.2%}.",
            }


def response_times(tally: Tally) -> Iterator[Finding]:
    """Yield services of which the median or the 95th percentile of response times is more than 1.5 times as long."""
    for number in sorted(tally.durations["service"].unique().to_list()):
        table = tally.durations.filter(pl.col("service") == number).sort("step")
        yield from _slower(tally.services.names[number], table.filter(pl.col("fresh")), table.filter(~pl.col("fresh")))


def _slower(service: str, fresh: pl.DataFrame, old: pl.DataFrame) -> Iterator[Finding]:
    responses, before = int(fresh["responses"].sum()), int(old["responses"].sum())
    if not responses:
        return
    if before < _FEWEST_LINES:
        yield _too_small(service, "response_time", before, _FEWEST_LINES, "responses")
        return
    for share, name in _PERCENTILES:
        if min(responses, before) * (1 - share) < _FEWEST_ABOVE:
            continue
        current, baseline = _percentile(fresh, responses, share), _percentile(old, before, share)
        if current > _TIME_FACTOR * baseline:
            yield {
                "service": service,
                "type": "response_time_increase",
                "severity": "medium",
                "measure": name,
                "current": _rounded(current),
                "baseline": _rounded(baseline),
                "threshold": _rounded(_TIME_FACTOR * baseline),
                "description": f"The {name} of {responses} response times is {current:.3g}; before, it was "
                f"{baseline:.3g}.",
            }
            return


def _percentile(steps: pl.DataFrame, total: int, share: float) -> float:
    """Return the time, within a hundredth of it, that this share of responses did not exceed."""
    reached = steps.filter(pl.col("responses").cum_sum() >= share * total)
    return math.exp((reached["step"][0] + 0.5) * STEP)


def _too_small(service: str, kind: str, found: int, needed: int, what: str) -> Finding:
    return {
        "service": service,
        "type": kind,
        "severity": None,
        "description": f"The baseline is too small: it has {found} {what}, and {needed} are needed.",
    }


def _rounded(number: float) -> float:
    return float(f"{number:.4g}")
