# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Alerts on the levels that the business watches: a drop beyond noise, no level at all, one too low to be judged."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ansible_collections.vigil.observability.plugins.plugin_utils._applications.business_metric import BusinessMetric
from ansible_collections.vigil.observability.plugins.plugin_utils._applications.description import Application
from ansible_collections.vigil.observability.plugins.plugin_utils._rules.tested import Rule, alert

__all__ = [
    "DROP",
    "MINUTES",
    "MISSING",
    "PAGE",
    "QUIET",
    "SIGMAS",
    "SIGMA_OF_MAD",
    "Words",
    "alert_labels",
    "alert_texts",
    "alerts",
    "selector",
]

DROP = "BusinessMetricDrop"
MISSING = "BusinessMetricMissing"
QUIET = "BusinessMetricTooQuiet"
PAGE = "business"
MINUTES = 30
_SEVERITIES = {DROP: "critical", MISSING: "warning", QUIET: "warning"}
SIGMAS = 3
SIGMA_OF_MAD = 1.4826


@dataclass(frozen=True, kw_only=True)
class Words:
    """What an alert fills in when it fires: the share that is gone, and the loss per minute.

    A rule has templates for them, a test what they become.
    """

    share: str = ""
    loss: str = ""


def selector(application: Application, metric: BusinessMetric) -> str:
    """Return the matchers of everything that is recorded for the metric."""
    return f'{{service="{application.name}",metric="{metric.name}"}}'


def alerts(application: Application, metric: BusinessMetric, weeks: int) -> Iterator[Rule]:
    """Yield the alerts; the one on a level too low to be judged only where counts are."""
    of = selector(application, metric)
    ratio = f"business:drop:ratio{of}".replace('"', "'")
    words = Words(
        share=f'{{{{ range query "{ratio}" }}}}{{{{ .Value | humanizePercentage }}}}{{{{ end }}}}',
        loss='{{ $value | printf "%.2f" }}',
    )
    conditions = {DROP: (_drop(metric, of), "10m"), MISSING: (f"absent(business:level:avg30m{of})", "1h")}
    if metric.counts:
        conditions[QUIET] = (f"max_over_time(business:baseline:median{of}[1d]) * {MINUTES} < {SIGMAS**2}", "1d")
    for name, (expr, wait) in conditions.items():
        texts = alert_texts(application, metric, name, words=words, weeks=weeks)
        yield alert(name, expr, wait=wait, labels=alert_labels(application, metric, name), page=PAGE, texts=texts)


def alert_labels(application: Application, metric: BusinessMetric, alertname: str) -> dict[str, str]:
    """Return the labels of an alert."""
    action = {"action": "executive_notification"} if alertname == DROP else {}
    return {
        "service": application.name,
        "metric": metric.name,
        "team": application.team,
        "environment": application.environment,
        "severity": _SEVERITIES[alertname],
        **action,
    }


def alert_texts(
    application: Application, metric: BusinessMetric, alertname: str, *, words: Words, weeks: int
) -> dict[str, str]:
    """Return summary and description of an alert, and for a drop what it costs."""
    service, name = application.name, metric.name
    if alertname == MISSING:
        return {
            "summary": f"{name} of {service} has no data",
            "description": "It has no level now, and had none a week ago, so a drop cannot be detected.",
        }
    if alertname == QUIET:
        return {
            "summary": f"{name} of {service} is too low to detect a drop",
            "description": (
                f"Fewer than {SIGMAS**2} in {MINUTES} minutes are usual all day, so even none can be chance. If it "
                "is a ratio rather than a count, set counts: false."
            ),
        }
    loss = _loss(metric, words.loss)
    return {
        "summary": f"{name} of {service} is {words.share} below its usual level",
        "description": (
            f"It is the average of the last {MINUTES} minutes, compared with the median of the same time in the last "
            f"{weeks} weeks, and more than chance. Loss per minute: {loss}."
        ),
        "loss_per_minute": loss,
    }


def _drop(metric: BusinessMetric, of: str) -> str:
    median, level = f"business:baseline:median{of}", f"business:level:avg30m{of}"
    gone = f"({median} - {level})"
    conditions = [
        f"{gone} * {metric.loss_per_unit or 1:.12g}",
        f"business:baseline:weeks{of} >= 2",
        # What is least is the median itself or lower.
        f"{level} < {1 - metric.drop:.12g} * (business:baseline:least{of} > 0)",
        f"{gone} > {SIGMAS} * {SIGMA_OF_MAD} * business:baseline:mad{of}",
    ]
    if metric.counts:
        conditions.append(f"{gone} * {MINUTES} > {SIGMAS} * sqrt({median} * {MINUTES})")
    return "\nand ".join(conditions)


def _loss(metric: BusinessMetric, amount: str) -> str:
    """Return what is lost: money where a unit has a price, else units, where they are counted."""
    if metric.loss_per_unit is not None:
        return f"{amount} {metric.currency}".strip()
    return f"{amount} {metric.name}" if metric.counts else "unknown, because loss_per_unit is not set"
