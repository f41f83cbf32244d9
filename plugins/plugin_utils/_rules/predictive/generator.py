# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rules that foresee the violation of an objective: how probable it is, and how good the forecasts have been.

The ratio of bad requests over the rolling hour is compared with what the objective allows. In N minutes that hour
consists of a part that is known by now, 60 - N minutes, and of N minutes to come:

    ratio = (1 - w) * known + w * f,  w = N / 60

The mean ratio `f` of the part to come is unknown. It is taken for normally distributed around the linear trend of the
last 30 minutes, with the variance of the trend (from its residuals) and that of the sampling (from the number of
requests). The probability that the ratio exceeds the objective is then that of a normal distribution.
"""

from __future__ import annotations

from collections.abc import Iterator

from ansible_collections.vigil.observability.plugins.plugin_utils._applications.description import (
    Application,
    Objective,
)
from ansible_collections.vigil.observability.plugins.plugin_utils._rules.predictive.forecast import (
    COMPLIANCE_MINUTES,
    ENOUGH_FORECASTS,
    Forecast,
)
from ansible_collections.vigil.observability.plugins.plugin_utils._rules.predictive.tests import EVALUATION, tests
from ansible_collections.vigil.observability.plugins.plugin_utils._rules.slo.alerts import alert_labels
from ansible_collections.vigil.observability.plugins.plugin_utils._rules.slo.indicator import selector
from ansible_collections.vigil.observability.plugins.plugin_utils._rules.tested import (
    Rule,
    RuleSet,
    alert,
    group,
    recording,
)

__all__ = ["predictive_rule_set"]

_INTERVAL = "30s"
_CALIBRATION_INTERVAL = "2m"
_PAGE = "predictive"
_TREND_MINUTES = 30


def predictive_rule_set(application: Application, forecast: Forecast) -> RuleSet:
    """Return the rules that foresee violations of the application's objectives, and their tests.

    They read what the rules of the objectives record: `sli:total:rate5m`, `sli:bad:rate5m`, `sli:bad:ratio5m`,
    `sli:bad:ratio1h` and `slo:objective:bad_ratio`.
    """
    name = f"predictive-{application.name}"
    rules = [rule for one in application.objectives for rule in _rules(application, one, forecast)]
    calibration = [rule for one in application.objectives for rule in _calibration(application, one, forecast)]
    groups = [group(name, _INTERVAL, rules), group(f"{name}.calibration", _CALIBRATION_INTERVAL, calibration)]
    return RuleSet(name=name, groups=groups, tests=tests(application, forecast), evaluation_interval=EVALUATION)


def _rules(application: Application, objective: Objective, forecast: Forecast) -> Iterator[Rule]:
    n, of = forecast.minutes, selector(application, objective)
    labels = {"service": application.name, "slo": objective.name}
    ahead, z, probability = (
        f"slo:forecast:ratio{n}m{of}",
        f"slo:violation:z{n}m{of}",
        f"slo:violation:probability{n}m{of}",
    )
    if n < COMPLIANCE_MINUTES:
        yield recording(f"slo:forecast:known{n}m", _known(of, COMPLIANCE_MINUTES - n), labels)
    yield recording(f"slo:forecast:ratio{n}m", _trend(of, n), labels)
    yield recording(f"slo:forecast:sigma{n}m", _sigma(of, n, ahead), labels)
    yield recording(f"slo:violation:z{n}m", _z(of, n, ahead), labels)
    logistic = f"1 / (1 + exp(-1 * clamp(1.5976 * {z} + 0.070566 * {z}^3, -50, 50)))"
    yield recording(f"slo:violation:probability{n}m", logistic, labels)
    violated = f"sli:bad:ratio1h{of} > bool slo:objective:bad_ratio{of}"
    yield recording("slo:violated:bool", violated, labels)
    yield recording(f"slo:violation:brier{n}m", f"({probability} offset {n}m - slo:violated:bool{of})^2", labels)
    yield _predicted(application, objective, forecast)


def _known(of: str, minutes: int) -> str:
    """Return the share of bad requests in the part of the hour that will still count at the end of the forecast."""
    window = f"[{minutes}m]"
    return f"sum_over_time(sli:bad:rate5m{of}{window}) / (sum_over_time(sli:total:rate5m{of}{window}) > 0)"


def _trend(of: str, minutes: int) -> str:
    """Return the ratio to come, where nine tenths of the time that the forecast looks back on have one."""
    window = max(_TREND_MINUTES, COMPLIANCE_MINUTES - minutes)
    trend = f"predict_linear(sli:bad:ratio5m{of}[{_TREND_MINUTES}m], {minutes * 30})"
    return f"clamp({trend}, 0, 1)\nand {window * 9 // 10 - 1} < count_over_time(sli:bad:ratio5m{of}[{window}m:1m])"


def _sigma(of: str, minutes: int, ahead: str) -> str:
    """Return the standard deviation of the ratio to come.

    A line through 30 minutes of ratios over 5 minutes rests on 6 independent points; 270000 is the variance of their
    times in square seconds. A quarter of a request keeps a service without a bad request from being certain.
    """
    ratios, requests = f"sli:bad:ratio5m{of}[30m]", f"clamp_min(sli:total:rate5m{of} * {minutes * 60}, 1)"
    residual = f"clamp_min(stddev_over_time({ratios})^2 - deriv({ratios})^2 * 270000, 0)"
    trend = f"{residual} * (1 + 1 / 6 + ({minutes * 30} + 900)^2 / (6 * 270000))"
    return f"sqrt(\n  {trend}\n  + ({ahead} * (1 - {ahead}) + 0.25 / {requests}) / {requests}\n)"


def _z(of: str, minutes: int, ahead: str) -> str:
    """Return by how many standard deviations the ratio at the end of the forecast exceeds the objective."""
    weight = f"{minutes / COMPLIANCE_MINUTES:.12g}"
    known = (
        f"{1 - minutes / COMPLIANCE_MINUTES:.12g} * slo:forecast:known{minutes}m{of} + "
        if minutes < COMPLIANCE_MINUTES
        else ""
    )
    excess = f"{known}{weight} * {ahead} - slo:objective:bad_ratio{of}"
    return f"({excess})\n/ ({weight} * slo:forecast:sigma{minutes}m{of})"


def _predicted(application: Application, objective: Objective, forecast: Forecast) -> Rule:
    n, of = forecast.minutes, selector(application, objective)
    allowed = f"{objective.bad_ratio * 100:.3g} %"
    return alert(
        "SLOViolationPredicted",
        f"slo:violation:probability{n}m{of} > {forecast.probability:.10g}\n"
        f"and sli:total:rate5m{of} > {forecast.fewest_requests(objective):.10g}",
        wait="2m",
        labels={**alert_labels(application, objective, "warning"), "action": "preemptive_scale"},
        page=_PAGE,
        texts={
            "summary": f"{application.name} is about to violate its objective {objective.name}",
            "description": (
                "With a probability of {{ $value | humanizePercentage }} "
                f"more than {allowed} of the requests of an hour will be bad in {n} minutes."
            ),
        },
    )


def _calibration(application: Application, objective: Objective, forecast: Forecast) -> Iterator[Rule]:
    n, of = forecast.minutes, selector(application, objective)
    labels = {"service": application.name, "slo": objective.name}
    score, share = f"slo:violation:brier{n}m:avg7d{of}", f"slo:violated:bool:avg7d{of}"
    yield recording(f"slo:violation:brier{n}m:avg7d", f"avg_over_time(slo:violation:brier{n}m{of}[7d])", labels)
    yield recording("slo:violated:bool:avg7d", f"avg_over_time(slo:violated:bool{of}[7d])", labels)
    yield alert(
        "SLOForecastUnreliable",
        f"(\n  {score} > 0.25\n  or ({score} > {share} * (1 - {share}) and {share} * (1 - {share}) > 0.01)\n)\n"
        f"and count_over_time(slo:violation:brier{n}m{of}[7d]) >= {ENOUGH_FORECASTS}",
        labels=alert_labels(application, objective, "warning"),
        page=_PAGE,
        texts={
            "summary": f"The forecast for {objective.name} of {application.name} is unreliable",
            "description": (
                "Its Brier score over seven days is {{ $value | humanize }}, worse than a guess. Do not "
                "act on SLOViolationPredicted for this objective."
            ),
        },
    )
