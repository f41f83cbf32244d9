# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rules that compare what the business watches with the same time in previous weeks."""

from __future__ import annotations

from collections.abc import Iterator

from ansible_collections.vigil.observability.plugins.module_utils._errors.sentence import OperatorError
from ansible_collections.vigil.observability.plugins.plugin_utils._applications.business_metric import BusinessMetric
from ansible_collections.vigil.observability.plugins.plugin_utils._applications.description import Application
from ansible_collections.vigil.observability.plugins.plugin_utils._rules.business.alerts import alerts, selector
from ansible_collections.vigil.observability.plugins.plugin_utils._rules.business.tests import EVALUATION, tests
from ansible_collections.vigil.observability.plugins.plugin_utils._rules.tested import (
    Rule,
    RuleSet,
    group,
    recording,
)

__all__ = ["business_rule_set"]

_INTERVAL = "1m"
_HOURS = 168
_FEWEST_WEEKS = 2
_MOST_WEEKS = 12
# Where clocks were changed within the weeks, the same time is an hour off, one way or the other.
_CLOCKS = {"same": 0, "ahead": -1, "behind": 1}


def business_rule_set(application: Application, weeks: int) -> RuleSet:
    """Return the rules for the business metrics of an application, of which it has one at least, and their tests.

    They look back `weeks` weeks and an hour in their own recordings. Raises OperatorError for fewer weeks than a
    comparison needs.
    """
    if not _FEWEST_WEEKS <= weeks <= _MOST_WEEKS:
        raise OperatorError(
            f"Business metrics can be compared with {_FEWEST_WEEKS} to {_MOST_WEEKS} previous weeks, not with {weeks}."
        )
    name = f"business-{application.name}"
    rules = [rule for metric in application.business for rule in _rules(application, metric, weeks)]
    return RuleSet(
        name=name,
        groups=[group(name, _INTERVAL, rules)],
        tests=tests(application, weeks),
        evaluation_interval=EVALUATION,
    )


def _rules(application: Application, metric: BusinessMetric, weeks: int) -> Iterator[Rule]:
    labels, of = {"service": application.name, "metric": metric.name}, selector(application, metric)
    level, same = f"business:level:avg30m{of}", f'business:level:past{of[:-1]},clock="same"}}'
    # No requests, no ratio: a value that is no number would make the whole average none.
    yield recording("business:metric:value", f"sum({metric.expr}) < +Inf", labels)
    # What was there a week ago and is gone counts as zero. A gap in the samples is left out of the average instead.
    vanished = f"0 * ({level} offset {_HOURS}h)"
    yield recording("business:level:avg30m", f"avg_over_time(business:metric:value{of}[30m]) or {vanished}", labels)
    for clock, hours in _CLOCKS.items():
        past = "\nor ".join(_week(level, week, hours) for week in range(1, weeks + 1))
        yield recording("business:level:past", past, {**labels, "clock": clock})
    median = f"business:baseline:median{of}"
    yield recording("business:baseline:median", f"quantile without (week, clock) (0.5, {same})", labels)
    least = f"min without (clock) (quantile without (week) (0.5, business:level:past{of}))"
    yield recording("business:baseline:least", least, labels)
    distance = f"abs({same} - ignoring (week, clock) group_left () {median})"
    yield recording("business:baseline:mad", f"quantile without (week, clock) (0.5, {distance})", labels)
    yield recording("business:baseline:weeks", f"count without (week, clock) ({same})", labels)
    yield recording("business:drop:ratio", f"1 - {level} / ({median} > 0)", labels)
    yield from alerts(application, metric, weeks)


def _week(level: str, week: int, hours: int) -> str:
    return f'label_replace({level} offset {week * _HOURS + hours}h, "week", "{week}", "", "")'
