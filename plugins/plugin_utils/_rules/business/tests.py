# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tests of promtool for the rules on business metrics.

What needs weeks of history happens in one test, each in hours of the week of its own, and rules are evaluated every six
hours only: promtool evaluates all of them from the beginning of time, which takes longer than all else. Values are
given as they would be recorded, for what the user's own expressions read is not known.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from ansible_collections.vigil.observability.plugins.plugin_utils._applications.business_metric import BusinessMetric
from ansible_collections.vigil.observability.plugins.plugin_utils._applications.description import Application
from ansible_collections.vigil.observability.plugins.plugin_utils._rules.business.alerts import (
    DROP,
    MISSING,
    PAGE,
    QUIET,
    Words,
    alert_labels,
    alert_texts,
    selector,
)
from ansible_collections.vigil.observability.plugins.plugin_utils._rules.promtool import values
from ansible_collections.vigil.observability.plugins.plugin_utils._rules.tested import runbook_url

__all__ = ["EVALUATION", "tests"]

EVALUATION = "6h"
_STEP = 6
_WEEK = 168
# What happens takes two evaluations: one for an alert to wait, and one in which it is asked what fires.
_SPAN = 2 * _STEP
_SECOND, _THIRD = 1, 2
_ROBUST_WEEKS = 3
_DIFFERING = (0.1, 1.9, 1, 1)
_FEW = 0.5
_HOUR_OFF = 0.7

Test = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class _Metric:
    """A metric in its tests, which are as many weeks of history and then the week `now`."""

    metric: BusinessMetric
    now: int

    @property
    def loss(self) -> float:
        """Return the share whose loss alerts for certain."""
        return min(1.2 * self.metric.drop, (1 + self.metric.drop) / 2)

    @property
    def usual(self) -> float:
        """Return a level at which that loss is more than chance."""
        return max(1000, math.ceil(1 / self.loss**2))


# The level of a metric while something happens, by the week; 0 is the first one.
Happening = Callable[[_Metric, int], float]


def _slightly_lower(one: _Metric, week: int) -> float:
    return one.usual * (1 - 0.8 * one.metric.drop) if week == one.now else one.usual


def _lower(one: _Metric, week: int) -> float:
    return one.usual * (1 - one.loss) if week == one.now else one.usual


def _lower_in_the_second_week(one: _Metric, week: int) -> float:
    return one.usual * 0.01 if week == _SECOND else one.usual


def _lower_in_the_third_week(one: _Metric, week: int) -> float:
    return one.usual * (1 - one.loss) if week == _THIRD else one.usual


def _lower_after_an_incident(one: _Metric, week: int) -> float:
    return one.usual * {one.now: 1 - one.loss, one.now - 1: 0.01}.get(week, 1)


def _lower_after_a_sale(one: _Metric, week: int) -> float:
    return one.usual * {one.now: 1 - one.loss, one.now - 1: 2}.get(week, 1)


def _lower_after_weeks_that_differ(one: _Metric, week: int) -> float:
    return one.usual * (1 - one.loss if week == one.now else _DIFFERING[week % len(_DIFFERING)])


def _as_an_hour_later(one: _Metric, week: int) -> float:
    return one.usual * (_HOUR_OFF if week == one.now else 1)


def _as_an_hour_earlier(one: _Metric, week: int) -> float:
    return one.usual * (_HOUR_OFF if week == one.now else 1)


def _fewer_of_few(one: _Metric, week: int) -> float:
    return _FEW * (0.4 if week == one.now and one.metric.counts else 1)


def _none_of_few(one: _Metric, week: int) -> float:
    return 0 if week == one.now else _FEW


def tests(application: Application, weeks: int) -> list[Test]:
    """Return the tests, each with a name that is a sentence."""
    metrics = [_Metric(metric=metric, now=weeks) for metric in application.business]
    found = [_history(application, metrics, weeks), _nothing(application, metrics)]
    return [*found, _quiet(application, metrics)] if any(one.metric.counts for one in metrics) else found


def _happenings(weeks: int) -> list[tuple[Happening, int, bool]]:
    """Return what happens, the week in which it is asked what fires, and whether it does.

    What fires stands between what does not, so that it is seen to begin and to end.
    """
    # The median of two weeks is no bulwark against one of them.
    robust = [_lower_after_an_incident, _lower_after_a_sale] if weeks >= _ROBUST_WEEKS else []
    loud = [(one, weeks, True) for one in (_lower, _none_of_few, *robust)]
    loud.append((_lower_in_the_third_week, _THIRD, True))
    silent = [
        (one, weeks, False)
        for one in (
            _slightly_lower,
            _lower_after_weeks_that_differ,
            _as_an_hour_later,
            _as_an_hour_earlier,
            _fewer_of_few,
        )
    ]
    silent.append((_lower_in_the_second_week, _SECOND, False))
    return [one for pair in zip_longest(silent, loud) for one in pair if one]


def _history(application: Application, metrics: Sequence[_Metric], weeks: int) -> Test:
    happenings = _happenings(weeks)
    begins = {happening: number * _SPAN for number, (happening, _week, _fires) in enumerate(happenings)}
    end = weeks * _WEEK + len(happenings) * _SPAN
    series = {name: samples for one in metrics for name, samples in _samples(application, one, begins, end)}
    checks = []
    for happening, week, fires in happenings:
        begin = week * _WEEK + begins[happening]
        drops = [(one, happening(one, 0), happening(one, week)) for one in metrics] if fires else []
        checks += [*_checks(application, begin), *_checks(application, begin + _STEP, drops=drops)]
    drops = [(one, one.usual, 0.0) for one in metrics]
    checks += [*_checks(application, end), *_checks(application, end + 2 * _STEP, drops=drops)]
    return _test(
        f"{application.name}: a drop beyond noise alerts; a smaller one, noise, a changed clock and the first weeks do "
        "not; an incident of the week before is not usual; a series that vanishes counts as zero",
        series,
        checks,
    )


def _samples(
    application: Application, one: _Metric, begins: Mapping[Happening, int], end: int
) -> Iterator[tuple[str, list[float | None]]]:
    """Yield the hourly values of a metric, and its levels in the hours beside those in which clocks are changed.

    The latter are recorded between the evaluations of the test, so that they do not meet what the rules record.
    """
    hours: list[float | None] = [one.usual] * (end + 1)
    between: list[float | None] = [None] * (end + 1)
    for week in range(one.now + 1):
        for happening, begin in begins.items():
            at = week * _WEEK + begin
            hours[at : at + _SPAN] = [happening(one, week)] * min(_SPAN, end + 1 - at)
        for happening, aside in ((_as_an_hour_later, 1), (_as_an_hour_earlier, -1)):
            for asked in (begins[happening], begins[happening] + _STEP):
                between[week * _WEEK + asked + aside] = one.usual * _HOUR_OFF
    yield f"business:metric:value{selector(application, one.metric)}", hours
    yield f"business:level:avg30m{selector(application, one.metric)}", between


def _nothing(application: Application, metrics: Sequence[_Metric]) -> Test:
    checks = [*_checks(application, 0), *_checks(application, _STEP, others={MISSING: metrics})]
    return _test(f"{application.name}: without any data no drop can be seen, and that alerts", {}, checks)


def _quiet(application: Application, metrics: Sequence[_Metric]) -> Test:
    """Return a test of levels at which even none may be chance."""
    little = [0.2] * 30
    series = {f"business:level:avg30m{selector(application, one.metric)}": little for one in metrics}
    counted = [one for one in metrics if one.metric.counts]
    series |= {f"business:baseline:median{selector(application, one.metric)}": little for one in counted}
    checks = [*_checks(application, 18), *_checks(application, 24, others={QUIET: counted})]
    return _test(f"{application.name}: a level too low for a drop to be seen alerts after a day", series, checks)


def _checks(
    application: Application,
    hour: int,
    *,
    drops: Sequence[tuple[_Metric, float, float]] = (),
    others: Mapping[str, Sequence[_Metric]] | None = None,
) -> Iterator[Test]:
    """Yield what is expected in an hour of all alerts: drops as metric, usual level and level, others by name."""
    fire = {name: [_alert(application, one, name, Words()) for one in found] for name, found in (others or {}).items()}
    for one, usual, level in drops:
        loss = (usual - level) * (one.metric.loss_per_unit or 1)
        words = Words(share=f"{(1 - level / usual) * 100:.4g}%", loss=f"{loss:.2f}")
        fire.setdefault(DROP, []).append(_alert(application, one, DROP, words))
    for name in (DROP, MISSING, QUIET):
        yield {"eval_time": f"{hour}h", "alertname": name, "exp_alerts": fire.get(name, [])}


def _alert(application: Application, one: _Metric, name: str, words: Words) -> Test:
    texts = alert_texts(application, one.metric, name, words=words, weeks=one.now)
    return {
        "exp_labels": alert_labels(application, one.metric, name),
        "exp_annotations": {**texts, "runbook_url": runbook_url(PAGE, name)},
    }


def _test(name: str, series: Mapping[str, Sequence[float | None]], checks: Sequence[Test]) -> Test:
    given = [{"series": selected, "values": values(samples)} for selected, samples in series.items()]
    return {"name": name, "interval": "1h", "input_series": given, "alert_rule_test": list(checks)}
