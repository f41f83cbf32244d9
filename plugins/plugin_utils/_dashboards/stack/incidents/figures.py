# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How incidents went: how soon they were detected, answered and closed, what they cost, and why automation did less."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.panels import (
    Query,
    stat,
    timeseries,
    worst,
)
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.promql import or_unknown
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.scale import Scale
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.stack.frame import COUNT
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.stack.incidents.series import (
    mean,
    of,
    total,
)

if TYPE_CHECKING:
    from grafana_foundation_sdk.cog.builder import Builder
    from grafana_foundation_sdk.models import dashboard as models

__all__ = ["figures"]

_SHOWN = "$__range"
_TIME = Scale(unit="s", decimals=1)
_NONE = "none known"


def figures() -> list[Builder[models.Panel]]:
    return [*_of_the_time_shown(), *_over_time()]


def _of_the_time_shown() -> list[Builder[models.Panel]]:
    return [
        _known(
            "Mean time to detect",
            "MTTD in the selected time range: from the onset, when the condition of an alert began to hold, until the "
            "incident was opened. Incidents whose onset is not known are left out.",
            mean("detection_seconds", _SHOWN),
        ),
        _known(
            "Mean time to acknowledge",
            "MTTA in the selected time range: from the opening of an incident until a person acknowledged it or took "
            "it over. Incidents that nobody answered are left out.",
            mean("acknowledgement_seconds", _SHOWN),
        ),
        _known(
            "Mean time to resolve",
            "MTTR in the selected time range: from the opening of an incident until its last alert was gone.",
            mean("resolution_seconds", _SHOWN),
        ),
        _known(
            "Revenue lost",
            "Revenue lost by incidents that were closed in the selected time range, in the currency of the business "
            "metrics. Incidents of which it is not known are left out.",
            total("lost_revenue", _SHOWN),
            Scale(unit="short", decimals=0),
        ),
        _known(
            "Error budget lost",
            "Error budget lost by incidents that were closed in the selected time range, as the time in which it would "
            "be lost if all requests failed. Incidents of services without an objective are left out.",
            total("lost_budget_seconds", _SHOWN),
        ),
        stat(
            "Escalations",
            "Runs in the selected time range that automation gave up and escalated to people.",
            Query(or_unknown(f"sum(increase({of('escalations_total')}[{_SHOWN}]))")),
            scale=Scale(unit="none", decimals=0, unknown="unknown"),
        ),
    ]


def _known(title: str, meaning: str, expr: str, scale: Scale = _TIME) -> Builder[models.Panel]:
    """Return a figure of those incidents of which it is known."""
    return stat(title, meaning, Query(expr), scale=scale, no_value=_NONE)


def _over_time() -> list[Builder[models.Panel]]:
    times = (("detect", "detection"), ("acknowledge", "acknowledgement"), ("resolve", "resolution"))
    return [
        timeseries(
            "Incidents opened and closed",
            "Incidents that were opened and that were closed within 24 hours.",
            *(Query(f"sum(increase({of(f'incidents_{name}_total')}[1d]))", name) for name in ("opened", "closed")),
            scale=COUNT,
            axis="incidents within 24 h",
            size=(8, 8),
        ),
        timeseries(
            "Mean times",
            "Average time to detect, acknowledge and resolve an incident, over 7 days.",
            *(Query(mean(f"{name}_seconds", "7d"), verb) for verb, name in times),
            scale=Scale(unit="s", soft_maximum=600),
            axis="duration",
            size=(8, 8),
            no_value=_NONE,
        ),
        timeseries(
            "Refusals by guard",
            "Runs of runbooks that were refused within an hour, by each guard that did; target is a runbook without a "
            "host to act on. Guards are asked at the levels observe and manual too.",
            Query(worst(f"sum by (guard) (increase({of('refusals_total')}[1h]))", used=True), "{{guard}}"),
            scale=COUNT,
            axis="refusals within 1 h",
            size=(8, 8),
            no_value="no refusals",
        ),
    ]
