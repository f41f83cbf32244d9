# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tests of rules in the form of promtool: series by the minute, and what is expected of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import accumulate, pairwise
from typing import Any

from ansible_collections.vigil.observability.plugins.plugin_utils._rules.tested import quoted

__all__ = ["counter", "expectation", "firing", "near", "scenario", "values"]

Test = dict[str, Any]

_DIGITS = 9
_SHORTEST_RUN = 2


def scenario(name: str, series: Mapping[str, Sequence[float | None]], checks: Iterable[Test]) -> Test:
    """Return a test; each series has a sample a minute, from minute 0 on, and none where the value is None."""
    given = [{"series": series_name, "values": values(samples)} for series_name, samples in series.items()]
    return {"name": name, "interval": "1m", "input_series": given, "promql_expr_test": list(checks)}


def expectation(expr: str, minute: int, expected: float | None, labels: str = "{}") -> Test:
    """Return the expectation of one sample with these labels, or of none at all."""
    samples = [] if expected is None else [{"labels": labels, "value": expected}]
    return {"expr": expr, "eval_time": f"{minute}m", "exp_samples": samples}


def near(expr: str, minute: int, *, expected: float, within: float) -> Test:
    """Return the expectation that the sum over `expr` is at most half of `within` away from a number.

    It is their difference that is rounded, since promtool before 2.54 compares floats exactly.
    """
    return expectation(f"round((sum({expr}) - {expected:.10g}) / {within:.10g})", minute, 0)


def firing(alertname: str, labels: Mapping[str, str], minute: int, *, fires: bool) -> Test:
    """Return the expectation that one alert of this name and these labels fires, or that none does."""
    matchers = {"alertname": alertname, "alertstate": "firing", **labels}
    expr = f"count(ALERTS{{{','.join(f'{name}={quoted(value)}' for name, value in matchers.items())}}})"
    return expectation(expr, minute, 1 if fires else None)


def counter(increments: Iterable[float], *, reset_at: int | None = None) -> list[float]:
    """Return a counter that begins at 0 and grows by an increment each minute; at `reset_at` it begins anew."""
    given = list(increments)
    split = len(given) if reset_at is None else reset_at
    first = list(accumulate(given[:split], initial=0.0))
    return first + list(accumulate(given[split:]))


def values(samples: Iterable[float | None]) -> str:
    """Return the samples in the notation of promtool, runs of equal steps in short."""
    return " ".join(_runs(list(samples)))


def _runs(samples: Sequence[float | None]) -> Iterator[str]:
    steps = [*(_step(here, after) for here, after in pairwise(samples)), None]
    at = 0
    while at < len(samples):
        first, step, end = samples[at], steps[at], at
        while step is not None and steps[end] == step:
            end += 1
        if first is None:
            yield "_"
        elif step is None or end - at < _SHORTEST_RUN:
            end = at
            yield _number(first)
        else:
            yield f"{_number(first)}{_number(step, sign=True)}x{end - at}"
        at = end + 1


def _step(here: float | None, after: float | None) -> float | None:
    """Return by how much a sample is exceeded by the next, None where one of them is missing."""
    # Without the sign of a step down that is too small to be written.
    return None if here is None or after is None else round(after - here, _DIGITS) + 0.0


def _number(value: float, *, sign: bool = False) -> str:
    """Return the number without an exponent, which promtool does not read everywhere."""
    digits = f"{value:{'+' if sign else ''}.{_DIGITS}f}"
    return digits.rstrip("0").rstrip(".")
