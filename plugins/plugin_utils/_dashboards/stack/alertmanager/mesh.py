# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What members of the mesh tell each other, and what they remember to have told people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.panels import Query, timeseries
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.parts.processes import RATE
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.scale import Scale
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.stack.alertmanager.alerts import mean
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.stack.frame import COUNT, INSTANCE

if TYPE_CHECKING:
    from grafana_foundation_sdk.cog.builder import Builder
    from grafana_foundation_sdk.models import dashboard as models

__all__ = ["MISSING", "log", "mesh"]

_EACH = "{{instance}}"
_NONE = "no mesh"
_EVERY = 'count(count by (instance) (up{job="alertmanager"}))'
# Members that some chosen member does not see. One that is alone has no mesh, and no metrics of one.
MISSING = (
    f"clamp_min({_EVERY} - (min(alertmanager_cluster_members{{{INSTANCE}}})"
    f' or 0 * count(up{{job="alertmanager",{INSTANCE}}} == 1) + {_EVERY}), 0)'
)


def _now(name: str) -> str:
    return f"max by (instance) (alertmanager_{name}{{{INSTANCE}}})"


def _grew(name: str, window: str) -> str:
    return f"sum by (instance) (increase(alertmanager_{name}{{{INSTANCE}}}[{window}]))"


def mesh() -> list[Builder[models.Panel]]:
    """Return who sees whom, how fast, and what is lost between them."""
    pings = f"sum by (le, instance) (rate(alertmanager_cluster_pings_seconds_bucket{{{INSTANCE}}}[{RATE}]))"
    lost = " + ".join(_grew(f"oversized_gossip_message_{what}_total", "15m") for what in ("failure", "dropped"))
    return [
        timeseries(
            "Members seen",
            "Number of mesh members that each member sees, including itself.",
            Query(_now("cluster_members"), _EACH),
            scale=COUNT,
            axis="members",
            size=(6, 8),
            lowest_first=True,
            no_value=_NONE,
        ),
        timeseries(
            "Time to reach a member",
            "95th percentile of the time to ping other members.",
            Query(f"histogram_quantile(0.95, {pings}) >= 0", _EACH),
            scale=Scale(unit="s", soft_maximum=0.01),
            axis="duration",
            size=(6, 8),
            no_value=_NONE,
        ),
        timeseries(
            "Queued messages",
            (
                "Messages for other members that have not been sent yet. As long as the queue does not drain, people "
                "are notified twice."
            ),
            Query(_now("cluster_messages_queued"), _EACH),
            scale=COUNT,
            axis="messages",
            size=(6, 8),
            no_value=_NONE,
        ),
        timeseries(
            "Failures in the mesh",
            "Members that do not respond, failed attempts to reconnect, and large messages lost within 15 minutes.",
            Query(_now("cluster_failed_peers"), f"{_EACH} members failed"),
            Query(_grew("cluster_reconnections_failed_total", "15m"), f"{_EACH} not reconnected"),
            Query(lost, f"{_EACH} messages lost"),
            scale=COUNT,
            axis="failures",
            size=(6, 8),
            no_value=_NONE,
        ),
    ]


def log() -> list[Builder[models.Panel]]:
    """Return the log of what people were told, by which a member knows not to tell them again."""
    kinds = {"nflog": "notification log", "silences": "silences"}
    return [
        timeseries(
            "Size of stored data",
            "Size of the notification log and of the silences when they were last written to the disk.",
            *(Query(_now(f"{kind}_snapshot_size_bytes"), f"{_EACH} {called}") for kind, called in kinds.items()),
            scale=Scale(unit="bytes"),
            axis="size",
            size=(8, 8),
        ),
        timeseries(
            "Duration of notification log queries",
            "Average duration of a query over 15 minutes.",
            Query(mean("alertmanager_nflog_query_duration_seconds"), _EACH),
            scale=Scale(unit="s", soft_maximum=0.001),
            axis="duration",
            size=(8, 8),
            no_value="no notifications seen",
        ),
        timeseries(
            "Failures to save",
            "Failed attempts to write the notification log or silences to the disk within an hour. After a restart, "
            "unsaved data is lost: people are notified again and silences disappear.",
            *(
                Query(_grew(f"{kind}_maintenance_errors_total", "1h"), f"{_EACH} {called}")
                for kind, called in kinds.items()
            ),
            scale=COUNT,
            axis="failures within 1 h",
            size=(8, 8),
        ),
    ]
