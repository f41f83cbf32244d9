# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rules from service-level objectives: what is recorded for each objective, and the file of an application."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ansible_collections.vigil.observability.plugins.plugin_utils._applications.description import (
    Application,
    Objective,
)
from ansible_collections.vigil.observability.plugins.plugin_utils._applications.objective import minutes_of
from ansible_collections.vigil.observability.plugins.plugin_utils._rules.slo.alerts import alerts, budget_alerts
from ansible_collections.vigil.observability.plugins.plugin_utils._rules.slo.indicator import indicator, selector
from ansible_collections.vigil.observability.plugins.plugin_utils._rules.slo.tests import EVALUATION, tests
from ansible_collections.vigil.observability.plugins.plugin_utils._rules.tested import (
    Rule,
    RuleSet,
    group,
    recording,
)

__all__ = ["RATIO_WINDOWS", "slo_rule_set"]

RATIO_WINDOWS = ("5m", "30m", "1h", "2h", "6h", "1d", "3d")
_INTERVAL_SECONDS = 30
_BUDGET_INTERVAL = "2m"


def slo_rule_set(application: Application) -> RuleSet:
    """Return the rules of the application's objectives, of which it has one at least, and their tests.

    One group holds all that has an order. What reads the whole window of an objective is a group of its own that is
    evaluated less often and needs nothing of the other but its past.
    """
    name = f"slo-{application.name}"
    rules = [rule for one in application.objectives for rule in _rules(application, one)]
    budgets = [rule for one in application.objectives for rule in _budget(application, one)]
    groups = [group(name, f"{_INTERVAL_SECONDS}s", rules), group(f"{name}.budget", _BUDGET_INTERVAL, budgets)]
    return RuleSet(name=name, groups=groups, tests=tests(application), evaluation_interval=EVALUATION)


def _rules(application: Application, objective: Objective) -> Iterator[Rule]:
    labels = {"service": application.name, "slo": objective.name}
    counted, of = indicator(application, objective), selector(application, objective)
    yield recording("slo:objective:bad_ratio", f"vector({objective.bad_ratio:.12g})", labels)
    yield recording("slo:objective:window_seconds", f"vector({minutes_of(objective.window) * 60})", labels)
    yield recording("sli:total:rate5m", counted.total, labels)
    yield recording("sli:bad:rate5m", counted.bad, labels)
    for window in RATIO_WINDOWS:
        yield recording(f"sli:bad:ratio{window}", _ratio(of, window), labels)
    for window in RATIO_WINDOWS:
        burn_rate = f"sli:bad:ratio{window}{of} / slo:objective:bad_ratio{of}"
        yield recording(f"slo:burn_rate:ratio{window}", burn_rate, labels)
    yield recording("slo:compliance:ratio24h", f"1 - sli:bad:ratio1d{of}", labels)
    yield _counter("sla_checks_total", f"sli:total:rate5m{of}", of, labels)
    yield _counter("sla_violations_total", f"sli:bad:rate5m{of}", of, labels)
    yield from alerts(application, objective)


def _budget(application: Application, objective: Objective) -> Iterator[Rule]:
    labels = {"service": application.name, "slo": objective.name}
    spent = f"({_ratio(selector(application, objective), objective.window)}) / {objective.bad_ratio:.12g}"
    yield recording("slo:error_budget:remaining_ratio", f"1 - {spent}", labels)
    yield from budget_alerts(application, objective)


def _ratio(of: str, window: str) -> str:
    """Return the share of bad requests in a window: each request weighs the same, whenever it came."""
    if window == "5m":
        return f"sli:bad:rate5m{of} / (sli:total:rate5m{of} > 0)"
    return f"sum_over_time(sli:bad:rate5m{of}[{window}]) / (sum_over_time(sli:total:rate5m{of}[{window}]) > 0)"


def _counter(name: str, rate: str, of: str, labels: Mapping[str, str]) -> Rule:
    """Return a rule that counts on from its own last value, so that no restart of an instance is seen in it."""
    since = f"(sum({rate}) or vector(0)) * {_INTERVAL_SECONDS}"
    return recording(name, f"(sum({name}{of}) or vector(0)) + {since}", labels)
