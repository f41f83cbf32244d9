# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an objective counts: the expressions for all requests, for bad ones, and for series that say too little."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ansible_collections.vigil.observability.plugins.plugin_utils._applications.description import (
    Application,
    Objective,
)
from ansible_collections.vigil.observability.plugins.plugin_utils._rules.tested import quoted

__all__ = ["Indicator", "bound_spellings", "indicator", "selector"]


@dataclass(frozen=True, kw_only=True)
class Indicator:
    """Expressions of PromQL over the application's own series.

    `total` and `bad` give requests per second over five minutes, one sample without labels, summed over instances.
    `source` selects the series without which there is no data, `unusable` gives the number of those of them that lack
    what separates good from bad, and `lacking` is its description.
    """

    source: str
    total: str
    bad: str
    unusable: str
    lacking: str


def indicator(application: Application, objective: Objective) -> Indicator:
    """Return what the objective counts."""
    return (_availability if objective.kind == "availability" else _latency)(application, objective)


def selector(application: Application, objective: Objective) -> str:
    """Return the matchers of everything that is recorded for the objective."""
    return f'{{service="{application.name}",slo="{objective.name}"}}'


def bound_spellings(bound: float) -> list[str]:
    """Return how the bound of a bucket is written: as programs write it, and as Prometheus 3 stores it.

    Prometheus 2 keeps the label `le` as it was exposed, such as 1; Prometheus 3 stores 1.0.
    """
    exact = f"{bound:.15g}"
    plain = re.sub(r"\.?0+$", "", f"{bound:.15f}") if bound < 1 else exact
    return sorted(
        {exact, plain} | {f"{text}.0" for text in (exact, plain) if text.isdigit()}, key=lambda text: (len(text), text)
    )


def _where(application: Application, objective: Objective) -> str:
    """Return the matchers of the requests that count."""
    return ",".join((f"job={quoted(application.job)}", *map(str, (*application.matchers, *objective.matchers))))


def _availability(application: Application, objective: Objective) -> Indicator:
    metrics, where = application.metrics, _where(application, objective)
    source = f"{metrics['requests']}{{{where}}}"
    failed = f"{metrics['requests']}{{{where},{metrics['status_label']}=~{quoted(metrics['bad_status'])}}}"
    return Indicator(
        source=source,
        total=f"sum(rate({source}[5m]))",
        # The series of a status begins with its first response: until then nothing was bad.
        bad=f"sum(rate({failed}[5m])) or 0 * sum(rate({source}[5m]))",
        unusable=f'count({metrics["requests"]}{{{where},{metrics["status_label"]}=""}})',
        lacking=f"the label {metrics['status_label']}",
    )


def _latency(application: Application, objective: Objective) -> Indicator:
    spellings = bound_spellings(objective.threshold or 0)
    bounds = quoted("|".join(re.escape(text) for text in spellings))
    metric, where = application.metrics["duration"], _where(application, objective)
    source, bucket = f"{metric}_count{{{where}}}", f"{metric}_bucket{{{where},le=~{bounds}}}"
    return Indicator(
        source=source,
        # Requests of a series without the bucket are neither good nor bad, so they are not counted at all.
        total=f"sum(rate({source}[5m]) and ignoring (le) rate({bucket}[5m]))",
        bad=(f"clamp_min(sum(rate({source}[5m]) and ignoring (le) rate({bucket}[5m])) - sum(rate({bucket}[5m])), 0)"),
        unusable=f"count({source} unless ignoring (le) {bucket})",
        lacking=f'the bucket le="{spellings[0]}"',
    )
