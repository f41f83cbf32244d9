# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tests that ship with the rules of an application's objectives and run before the rules are put to use."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from ansible_collections.vigil.observability.plugins.plugin_utils._applications.description import (
    Application,
    Objective,
)
from ansible_collections.vigil.observability.plugins.plugin_utils._rules.promtool import scenario
from ansible_collections.vigil.observability.plugins.plugin_utils._rules.slo.alerts import BURNS, burn_limit
from ansible_collections.vigil.observability.plugins.plugin_utils._rules.slo.expected import UNUSABLE, Expected
from ansible_collections.vigil.observability.plugins.plugin_utils._rules.slo.load import (
    Load,
    flat,
    left_out_series,
    load_series,
    metric_names,
    unusable_series,
)

__all__ = ["EVALUATION", "tests"]

# Less than the five minutes for which a sample is seen, so that the counters find their last value.
EVALUATION = "4m"
_USUAL = 0.3
_DOUBT = 0.2

Test = dict[str, Any]


def tests(application: Application) -> list[Test]:
    """Return the tests of all objectives of the application.

    Objectives that count different series are tested together, for it is the rules evaluated that take time.
    """
    return [test for batch in _batches(application) for test in _merged(application, batch)]


def _batches(application: Application) -> list[list[Objective]]:
    batches: list[tuple[set[str], list[Objective]]] = []
    for one in application.objectives:
        names = metric_names(application, one)
        used, batch = next((found for found in batches if names.isdisjoint(found[0])), (set(), []))
        if not batch:
            batches.append((used, batch))
        used |= names
        batch.append(one)
    return [batch for _used, batch in batches]


def _merged(application: Application, batch: Iterable[Objective]) -> Iterable[Test]:
    merged: dict[str, Test] = {}
    for one in batch:
        for test in _Tests(application, one).all():
            known = merged.setdefault(test["name"], {**test, "input_series": [], "promql_expr_test": []})
            known["input_series"] += test["input_series"]
            known["promql_expr_test"] += test["promql_expr_test"]
    names = ", ".join(one.name for one in batch)
    return [{**test, "name": f"{application.name}, {names}: {name}"} for name, test in merged.items()]


class _Tests:
    """The tests of one objective. Loads are multiples of what it allows, so that every objective is tested alike."""

    def __init__(self, application: Application, objective: Objective) -> None:
        self.application = application
        self.objective = objective
        self.expected = Expected(application, objective)
        self.allowed = objective.bad_ratio
        self.usual = _USUAL * self.allowed
        # The bad ratio above which the quickest pair of windows alerts.
        self.paging = burn_limit(BURNS[0], objective) * self.allowed
        # When all that may be bad is bad, that is one request a second.
        self.requests = 60 / self.allowed

    def all(self) -> Iterator[Test]:
        yield from self.levels()
        yield from (
            self.noise(),
            self.ramp(),
            self.step(),
            self.beginning(),
            self.spike(),
            self.perfect(),
            self.low_traffic(),
        )
        yield from (self.gap(), self.reset())
        yield from (self.no_data(), self.no_traffic(), self.unusable())
        if self.application.matchers or self.objective.matchers:
            yield self.left_out()

    def levels(self) -> Iterator[Test]:
        limits = sorted({burn_limit(burn, self.objective) for burn in BURNS})
        around = [(number, limit, side) for number, limit in enumerate(limits, 1) for side in ("below", "above")]
        for number, limit, side in around:
            level = limit * (0.96 if side == "below" else 1.04)
            load = flat(self.requests, (12, level * self.allowed))
            checks = [*self.expected.alerts(load, 12), self.expected.burn_rate(level, 12)]
            name = f"a burn rate just {side} limit {number}"
            yield self.test(name, load, [*checks, self.expected.remaining(1 - level, 12)])

    def noise(self) -> Test:
        load = flat(self.requests, *[(4, 0.5 * self.usual), (4, 1.5 * self.usual)] * 4)
        checks = [*self.expected.alerts(load, 32), *self.expected.compliance(_USUAL, 32)]
        return self.test("noise", load, checks)

    def ramp(self) -> Test:
        highest = min(40 * self.allowed, 1)
        load = flat(self.requests, *((4, highest * step / 10) for step in range(11)))
        early, late = (self.expected.alerts(load, minute, doubt=_DOUBT) for minute in (4, 44))
        return self.test("a ramp", load, [*early, *late])

    def step(self) -> Test:
        load = flat(self.requests, (40, self.usual), (12, 1))
        before, after = (self.expected.alerts(load, minute, doubt=_DOUBT) for minute in (40, 52))
        return self.test("a step to nothing but bad requests", load, [*before, *after])

    def beginning(self) -> Test:
        load = flat(self.requests, (60, self.usual), (8, min(1, 2 * self.paging)))
        return self.test("trouble that just began", load, self.expected.alerts(load, 68, doubt=_DOUBT))

    def spike(self) -> Test:
        load = flat(self.requests, (20, self.usual), (12, min(1, 9 * self.paging)), (36, self.usual))
        soon, late = (self.expected.alerts(load, minute, doubt=_DOUBT) for minute in (40, 68))
        return self.test("a spike that is over", load, [*soon, *late])

    def perfect(self) -> Test:
        load = flat(self.requests, (12, 0))
        known = [self.expected.burn_rate(0, 12), self.expected.remaining(1, 12), *self.expected.compliance(0, 12)]
        return self.test("not a single bad request", load, [*self.expected.alerts(load, 12), *known])

    def low_traffic(self) -> Test:
        load = Load(requests=[*([0] * 9 + [1]) * 4, *[0] * 24], bad_ratio=[0] * 20 + [1] * 44)
        checks = [*self.expected.quiet(40), *self.expected.quiet(64)]
        return self.test("four requests, two of them bad, and then none", load, checks)

    def gap(self) -> Test:
        load = flat(self.requests, (44, self.usual))
        series = load_series(self.application, self.objective, load)
        holed = {name: [*samples[:17], *[None] * 8, *samples[25:]] for name, samples in series.items()}
        checks = [*self.expected.quiet(24), *self.expected.quiet(44), self.expected.burn_rate(_USUAL, 44, "1h")]
        return scenario("eight minutes without samples", holed, checks)

    def reset(self) -> Test:
        load = flat(self.requests, (40, self.usual))
        kept = load_series(self.application, self.objective, load)
        begun = load_series(self.application, self.objective, load, instance="b", reset_at=18)
        quiet = [*self.expected.quiet(20), *self.expected.quiet(40)]
        known = [self.expected.burn_rate(_USUAL, 40, "1h"), *self.expected.compliance(_USUAL, 40)]
        return scenario("an instance whose counters begin anew", kept | begun, [*quiet, *known])

    def no_data(self) -> Test:
        checks = [*self.expected.quiet(8), *self.expected.quiet(16, except_for={"SLONoData"})]
        return scenario("no data", {}, checks)

    def no_traffic(self) -> Test:
        load = Load(requests=[self.requests] * 12 + [0] * 28, bad_ratio=[0] * 40)
        checks = [*self.expected.quiet(24), *self.expected.quiet(40, except_for={"SLONoTraffic"})]
        return self.test("no traffic any more", load, checks)

    def unusable(self) -> Test:
        load = flat(self.requests, (16, self.usual))
        usable = load_series(self.application, self.objective, load)
        series = usable | unusable_series(self.application, self.objective, load, instance="b")
        checks = [*self.expected.quiet(8), *self.expected.quiet(16, except_for={UNUSABLE[self.objective.kind]})]
        # Without a bucket requests do not count; without a status they do, as good ones.
        known = _USUAL if self.objective.kind == "latency" else _USUAL / 2
        checks += [self.expected.burn_rate(known, 16)]
        return scenario("an instance that does not tell good from bad", series, checks)

    def left_out(self) -> Test:
        load = flat(self.requests, (16, self.usual))
        outside = left_out_series(self.application, self.objective, flat(9 * self.requests, (16, 0)))
        checks = [*self.expected.quiet(16), self.expected.burn_rate(_USUAL, 16)]
        return scenario("requests that do not count, all of them good", self.series(load) | outside, checks)

    def series(self, load: Load) -> dict[str, list[float]]:
        return load_series(self.application, self.objective, load)

    def test(self, name: str, load: Load, checks: Iterable[Test]) -> Test:
        return scenario(name, self.series(load), checks)
