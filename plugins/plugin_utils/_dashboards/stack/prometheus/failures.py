# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is wrong with Prometheus now, as numbers: each should be 0, or well below its limit."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.links import Link
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.panels import (
    Query,
    stat,
)
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.promql import or_unknown
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.scale import CALM, Scale, above, below
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.stack.frame import (
    FAILURES,
    INSTANCE,
    UIDS,
    WARNINGS,
    YES,
)
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.stack.prometheus.counters import (
    grew,
    lost_alerts,
    total,
)
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.stack.prometheus.queries import BUSY
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.stack.prometheus.remote_write import (
    BEHIND,
)
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.stack.prometheus.scrapes import (
    DISCOVERY,
    DROPPED,
    REFUSED,
)
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.stack.prometheus.storage import (
    FAILED,
    FULL,
)

if TYPE_CHECKING:
    from grafana_foundation_sdk.cog.builder import Builder
    from grafana_foundation_sdk.models import dashboard as models

__all__ = ["failures"]

_KNOWN = Scale(unit="none", decimals=0, steps=below("red", (1, CALM)), unknown="unknown")
_SHARE = Scale(unit="percent", decimals=0, maximum=100, steps=above((80, "yellow"), (95, "red")))


def failures(pages: Collection[str]) -> list[Builder[models.Panel]]:
    """Return the numbers, the ones first that let alerts reach nobody."""
    return [*_alerts(pages), *_counts(), *_shares()]


def _alerts(pages: Collection[str]) -> list[Builder[models.Panel]]:
    peers = Link.page("Alertmanager", UIDS["alertmanager"]) if "alertmanager" in pages else None
    return [
        stat(
            "Alerts lost",
            "Alerts that no Alertmanager accepted within 15 minutes. An alert that one of them accepted is not lost.",
            Query(or_unknown(f"sum({lost_alerts('increase', '15m')})")),
            scale=FAILURES,
            since=True,
            link=peers,
        ),
        stat(
            "Alertmanagers known",
            (
                "Number of Alertmanagers to which alerts are sent, for the instance with the fewest. At 0, nobody is "
                "notified."
            ),
            Query(or_unknown(f"min(prometheus_notifications_alertmanagers_discovered{{{INSTANCE}}})")),
            scale=_KNOWN,
            since=True,
            link=peers,
        ),
        stat(
            "Rule failures",
            "Failed evaluations of rules within 15 minutes: their alerts cannot fire. The groups are listed below.",
            Query(or_unknown(grew("prometheus_rule_evaluation_failures_total", "15m"))),
            scale=FAILURES,
            since=True,
        ),
        stat(
            "Missed rule evaluations",
            "Evaluations of rule groups that were skipped within 15 minutes, because the previous one took too long.",
            Query(or_unknown(grew("prometheus_rule_group_iterations_missed_total", "15m"))),
            scale=WARNINGS,
            since=True,
        ),
        stat(
            "Configuration loaded",
            (
                "Whether the last reload of the configuration succeeded. If not, the previous configuration is still "
                "active."
            ),
            Query(or_unknown(f"min(prometheus_config_last_reload_successful{{{INSTANCE}}})")),
            scale=YES,
        ),
        stat(
            "Discovery failures",
            "Target configurations that are not active, and service discovery failures within 15 minutes.",
            Query(or_unknown(f"sum(prometheus_sd_failed_configs{{{INSTANCE}}}) + {total(DISCOVERY, '15m')}")),
            scale=WARNINGS,
            since=True,
        ),
    ]


def _counts() -> list[Builder[models.Panel]]:
    return [
        stat(
            "Samples dropped",
            "Scraped samples that were not stored within 15 minutes: duplicates, too old, or in the future.",
            Query(or_unknown(total(tuple(DROPPED), "15m"))),
            scale=WARNINGS,
            since=True,
        ),
        stat(
            "Rejected by limits",
            "Scrapes that were discarded within 15 minutes, because they exceeded a limit of their job.",
            Query(or_unknown(total(tuple(REFUSED), "15m"))),
            scale=WARNINGS,
            since=True,
        ),
        stat(
            "Storage failures",
            "Failures of the write-ahead log, the head and blocks within the last hour.",
            Query(or_unknown(total(tuple(FAILED), "1h"))),
            scale=FAILURES,
            since=True,
        ),
    ]


def _shares() -> list[Builder[models.Panel]]:
    return [
        stat(
            "Storage full",
            "Used share of the size limit. At 100 %, the oldest blocks are deleted before the retention time.",
            Query(f"max({FULL})"),
            scale=Scale(unit="percent", decimals=0, maximum=100),
            no_value="no limit",
        ),
        stat(
            "Running queries",
            "Running queries as a share of the limit. At 100 %, queries wait, including those of rules.",
            Query(or_unknown(f"max({BUSY})")),
            scale=_SHARE,
            since=True,
        ),
        stat(
            "Remote write behind",
            "Delay of the slowest remote storage.",
            Query(f"max({BEHIND})"),
            scale=Scale(unit="s", steps=above((60, "yellow"), (300, "red"))),
            no_value="no remote write",
        ),
    ]
