# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The page of alerts on log lines: how many lines match them, and whether lines arrive."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.page import Page, Row
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.panels import (
    Query,
    stat,
    timeline,
    timeseries,
    worst,
)
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.promql import or_unknown
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.scale import CALM, Scale, above
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.stack.frame import (
    COUNT,
    FAILURES,
    INSTANCE,
    service_panels,
    stack_page,
)

if TYPE_CHECKING:
    from grafana_foundation_sdk.cog.builder import Builder
    from grafana_foundation_sdk.models import dashboard as models

__all__ = ["page"]

_MATCHES = f"max by (alert) (log_alert_matches{{{INSTANCE}}})"
_THRESHOLD = f"max by (alert) (log_alert_threshold{{{INSTANCE}}})"
_SUCCESS = f"max by (query) (log_query_success{{{INSTANCE}}})"
_ANSWERED = Scale(unit="none", texts={"0": ("fails", "red"), "1": ("answered", CALM)})


def page(pages: Collection[str]) -> Page:
    """Return the page of alerts on log lines, which leads to those of `pages`."""
    return stack_page(
        "log_exporter",
        "Log alerts",
        "Whether log lines arrive in Elasticsearch, and how many match the alerts on them.",
        (
            Row("Now", [*service_panels("log_exporter", "log_exporter_build_info", pages), *_now()]),
            Row("Alerts on log lines", _alerts()),
        ),
        choose=("instance", 'up{job="log_exporter"}', "Instance"),
    )


def _now() -> list[Builder[models.Panel]]:
    newest = f"max(log_newest_document_timestamp_seconds{{{INSTANCE}}})"
    return [
        stat(
            "Above the threshold",
            "Alerts on log lines that have as many matches as their threshold, or more.",
            Query(or_unknown(f"sum({_MATCHES} >= bool {_THRESHOLD})")),
            scale=FAILURES,
            size=(8, 4),
        ),
        stat(
            "Failing queries",
            "Queries that no exporter gets a complete answer to. Alerts on these log lines cannot fire.",
            Query(or_unknown(f"count({_SUCCESS}) - sum({_SUCCESS})")),
            scale=FAILURES,
            size=(8, 4),
        ),
        stat(
            "Newest log line",
            "Age of the newest log line of any service. If it grows, no lines arrive.",
            Query(or_unknown(f"time() - {newest}")),
            scale=Scale(unit="s", decimals=0, steps=above((300, "orange"), (900, "red")), unknown="unknown"),
            size=(8, 4),
            since=True,
        ),
    ]


def _alerts() -> list[Builder[models.Panel]]:
    return [
        timeseries(
            "Share of the threshold",
            "Matches as a share of the threshold, for the ten alerts with the highest share. At 100 %, an alert fires.",
            Query(worst(f"100 * {_MATCHES} / {_THRESHOLD}"), "{{alert}}"),
            scale=Scale(unit="percent", steps=above((100, "red")), soft_maximum=100),
            axis="matches, of the threshold",
        ),
        timeseries(
            "Matches",
            "Log lines that match, within the window of each alert, for the ten alerts with the most.",
            Query(worst(_MATCHES), "{{alert}}"),
            scale=COUNT,
            axis="log lines",
        ),
        timeline(
            "Queries",
            "Whether Elasticsearch answered each query completely.",
            Query(_SUCCESS, "{{query}}"),
            scale=_ANSWERED,
        ),
    ]
