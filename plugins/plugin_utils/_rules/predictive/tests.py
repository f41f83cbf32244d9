# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tests that ship with the forecasts of an application, expected by least squares and a normal distribution."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from ansible_collections.vigil.observability.plugins.plugin_utils._applications.description import (
    Application,
    Objective,
)
from ansible_collections.vigil.observability.plugins.plugin_utils._rules.predictive.course import Course
from ansible_collections.vigil.observability.plugins.plugin_utils._rules.predictive.forecast import (
    COMPLIANCE_MINUTES,
    ENOUGH_FORECASTS,
    Forecast,
)
from ansible_collections.vigil.observability.plugins.plugin_utils._rules.promtool import (
    expectation,
    firing,
    near,
    scenario,
)
from ansible_collections.vigil.observability.plugins.plugin_utils._rules.slo.alerts import alert_labels
from ansible_collections.vigil.observability.plugins.plugin_utils._rules.slo.indicator import selector

__all__ = ["EVALUATION", "tests"]

EVALUATION = "5m"
_EVERY = 5
_DOUBT = 0.1
_SECONDS = 10

Test = dict[str, Any]


def tests(application: Application, forecast: Forecast) -> list[Test]:
    """Return the tests; each is of all objectives of the application."""
    merged: dict[str, Test] = {}
    for one in application.objectives:
        for test in _Tests(application, one, forecast).all():
            known = merged.setdefault(test["name"], {**test, "input_series": [], "promql_expr_test": []})
            known["input_series"] += test["input_series"]
            known["promql_expr_test"] += test["promql_expr_test"]
    return [{**test, "name": f"{application.name}: {name}"} for name, test in merged.items()]


class _Tests:
    """The tests of one objective. Ratios are multiples of what it allows, so that every objective is tested alike."""

    def __init__(self, application: Application, objective: Objective, forecast: Forecast) -> None:
        self.application = application
        self.objective = objective
        self.forecast = forecast
        self.allowed = objective.bad_ratio
        self.of = selector(application, objective)
        # When all that may be bad is bad, that is one request a second.
        self.requests = 1 / self.allowed

    def all(self) -> Iterator[Test]:
        ramp = [0.2] * 60 + [0.2 + 0.08 * minute for minute in range(41)]
        yield self.test("a ramp", self.course(ramp), (55, 75, 80, 85, 90, 95, 100))
        yield self.test("a step", self.course([0.2] * 60 + [3] * 31), (60, 65, 75, 80, 85, 90))
        noise = [0.5 + 0.2 * (-1) ** (minute // 3) for minute in range(91)]
        yield self.test("noise", self.course(noise), (60, 75, 90))
        spike = [0.2] * 60 + [1, 2, 3, 3, 3, 2, 1] + [0.2] * 29
        yield self.test("a spike that is over", self.course(spike), (65, 70, 80, 95))
        yield from (self.values(), self.low_traffic(), self.one_bad())
        yield from (self.gap(), self.fresh(), self.no_traffic(), self.no_data())
        yield from self.calibration()

    def values(self) -> Test:
        """Return a test of every number of a forecast that is neither certain nor impossible."""
        often = 60 // _SECONDS
        waves = (0.12 + 0.02 * at / often + 0.1 * math.sin(at / 2.1 / often) for at in range(60 * often + 1))
        course = self.course(waves, self.requests / 10, per_minute=often)
        wanted = course.outlook(60, self.forecast.minutes)
        n, allowed, excess = self.forecast.minutes, self.allowed, wanted.excess(self.allowed)
        checks = [
            near(
                f"slo:forecast:ratio{n}m{self.of} / {allowed:.12g}", 60, expected=wanted.to_come / allowed, within=0.04
            ),
            near(f"slo:forecast:sigma{n}m{self.of} / {allowed:.12g}", 60, expected=wanted.sigma / allowed, within=0.02),
            near(f"slo:violation:z{n}m{self.of}", 60, expected=excess, within=0.2 * max(1, abs(excess))),
            near(f"slo:violation:probability{n}m{self.of}", 60, expected=wanted.probability(allowed), within=0.06),
        ]
        return {**scenario("waves", self.recorded(course), checks), "interval": f"{_SECONDS}s"}

    def low_traffic(self) -> Test:
        course = self.course([3] * 61, 0.9 * self.forecast.fewest_requests(self.objective))
        return scenario("too few requests", self.recorded(course), [self.predicted(60, fires=False)])

    def one_bad(self) -> Test:
        requests = 2 * self.forecast.fewest_requests(self.objective)
        share = 1 / 300 / requests / self.allowed
        course = self.course([share if minute in range(50, 55) else 0 for minute in range(81)], requests)
        test = self.test("a single bad request among few", course, (55, 60, 65, 80))
        # By now the trend points below zero.
        trend = f"slo:forecast:ratio{self.forecast.minutes}m{self.of} / {self.allowed:.12g}"
        lowest = near(trend, 80, expected=0, within=0.01)
        return {**test, "promql_expr_test": [*test["promql_expr_test"], lowest]}

    def gap(self) -> Test:
        series = self.recorded(self.course([0.2] * 41 + [3] * 85))
        holed = {name: [*samples[:41], *[None] * 25, *samples[66:]] for name, samples in series.items()}
        checks = [self.predicted(80, fires=False), self.predicted(125, fires=True)]
        return scenario("samples again after a gap", holed, checks)

    def fresh(self) -> Test:
        series = self.recorded(self.course([3] * 71))
        checks = [*self.nothing(20), self.predicted(70, fires=True)]
        return scenario("a fresh application", series, checks)

    def no_traffic(self) -> Test:
        silent = {f"{name}{self.of}": [0.0] * 61 for name in ("sli:total:rate5m", "sli:bad:rate5m")}
        return scenario("no traffic", silent, self.nothing(60))

    def no_data(self) -> Test:
        return scenario("no data", {}, self.nothing(60))

    def calibration(self) -> Iterator[Test]:
        for name, samples, score, violated, fires in (
            ("forecasts worse than a coin", ENOUGH_FORECASTS, 0.3, 0.0, True),
            ("forecasts worse than a coin, but few", ENOUGH_FORECASTS // 2, 0.3, 0.0, False),
            ("forecasts better than a guess", ENOUGH_FORECASTS, 0.02, 0.05, False),
            ("forecasts worse than a guess", ENOUGH_FORECASTS, 0.1, 0.05, True),
            ("rough forecasts of what never happened", ENOUGH_FORECASTS, 0.02, 0.0, False),
        ):
            given = {f"slo:violation:brier{self.forecast.minutes}m": score, "slo:violated:bool": violated}
            series = {f"{series}{self.of}": [value] * (samples + 120) for series, value in given.items()}
            minute = (samples + 120) // 60 // _EVERY * _EVERY
            # A sample each second, as if the day went by in less than an hour.
            yield {**scenario(name, series, [self.unreliable(minute, fires=fires)]), "interval": "1s"}

    def course(self, ratios: Iterable[float], requests: float | None = None, per_minute: int = 1) -> Course:
        capped = [min(ratio * self.allowed, 1) for ratio in ratios]
        total = [self.requests if requests is None else requests] * len(capped)
        return Course(total=total, ratio=capped, per_minute=per_minute)

    def recorded(self, course: Course) -> dict[str, Sequence[float]]:
        samples = range(len(course.total))
        series = {
            "sli:total:rate5m": course.total,
            "sli:bad:rate5m": course.bad,
            "sli:bad:ratio5m": course.ratio,
            "sli:bad:ratio1h": [course.mean_ratio(at / course.per_minute, COMPLIANCE_MINUTES) for at in samples],
            "slo:objective:bad_ratio": [self.allowed] * len(samples),
        }
        return {f"{name}{self.of}": samples for name, samples in series.items()}

    def test(self, name: str, course: Course, minutes: Iterable[int]) -> Test:
        checks = [check for minute in minutes for check in self.checks(course, minute)]
        return scenario(name, self.recorded(course), checks)

    def checks(self, course: Course, minute: int) -> Iterator[Test]:
        """Yield what is expected at a minute, where the nearest minutes agree.

        Prometheus 2 takes one sample more into a window than Prometheus 3, which matters where a trend is steep.
        """
        found = [self.probability(course, at) for at in (minute - 2, minute, minute + 2) if at < len(course.total)]
        if max(found) - min(found) < _DOUBT:
            name = f"slo:violation:probability{self.forecast.minutes}m{self.of}"
            yield near(name, minute, expected=found[1], within=2 * _DOUBT)
        violated = course.mean_ratio(minute, COMPLIANCE_MINUTES) > self.allowed
        yield near(f"slo:violated:bool{self.of}", minute, expected=float(violated), within=0.1)
        lowest = min(found[1], self.probability(course, minute - _EVERY))
        if abs(lowest - self.forecast.probability) > _DOUBT:
            yield self.predicted(minute, fires=lowest > self.forecast.probability)

    def probability(self, course: Course, minute: int) -> float:
        return course.outlook(minute, self.forecast.minutes).probability(self.allowed)

    def nothing(self, minute: int) -> list[Test]:
        forecasts = expectation(f"slo:violation:probability{self.forecast.minutes}m{self.of}", minute, None)
        return [forecasts, self.predicted(minute, fires=False), self.unreliable(minute, fires=False)]

    def predicted(self, minute: int, *, fires: bool) -> Test:
        labels = {**alert_labels(self.application, self.objective, "warning"), "action": "preemptive_scale"}
        return firing("SLOViolationPredicted", labels, minute, fires=fires)

    def unreliable(self, minute: int, *, fires: bool) -> Test:
        labels = alert_labels(self.application, self.objective, "warning")
        return firing("SLOForecastUnreliable", labels, minute, fires=fires)
