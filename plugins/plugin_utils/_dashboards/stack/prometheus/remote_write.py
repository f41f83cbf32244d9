# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Samples on their way to remote storages, where there are some."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.panels import Query, timeseries
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.scale import Scale, above
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.stack.frame import INSTANCE
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.stack.prometheus.counters import rate

if TYPE_CHECKING:
    from grafana_foundation_sdk.cog.builder import Builder
    from grafana_foundation_sdk.models import dashboard as models

__all__ = ["BEHIND", "remote_write"]

_NONE = "no remote write"
_TO = "{{instance}} to {{remote_name}}"
_EACH = ("instance", "remote_name")
_REMOTE = "prometheus_remote_storage_"
_NEWEST = f"max by (instance) ({_REMOTE}highest_timestamp_in_seconds{{{INSTANCE}}})"
_SENT = f"min by (instance, remote_name) ({_REMOTE}queue_highest_sent_timestamp_seconds{{{INSTANCE}}})"
_STARTED = f'max by (instance) (process_start_time_seconds{{job="prometheus",{INSTANCE}}})'
# Seconds that each remote storage is behind. One that never took anything is, since the start.
BEHIND = (
    f"clamp_min({_NEWEST} - on (instance) group_right ()"
    f" (({_SENT} > 0) or 0 * {_SENT} + on (instance) group_left () {_STARTED}), 0)"
)


def remote_write() -> list[Builder[models.Panel]]:
    """Return how far remote storages are behind, what they do not take, and whether sending is fast enough."""
    shards = (f"max by (instance, remote_name) ({_REMOTE}shards_{name}{{{INSTANCE}}})" for name in ("desired", "max"))
    return [
        timeseries(
            "Behind",
            "Delay of each remote storage. Samples that wait for more than about two hours are lost.",
            Query(BEHIND, _TO),
            scale=Scale(unit="s", soft_maximum=60, steps=above((300, "red"))),
            axis="behind",
            size=(8, 8),
            no_value=_NONE,
        ),
        timeseries(
            "Not accepted",
            "Samples that a remote storage rejected, and those that are retried.",
            Query(rate(f"{_REMOTE}samples_failed_total", *_EACH), f"{_TO}: rejected"),
            Query(rate(f"{_REMOTE}samples_retried_total", *_EACH), f"{_TO}: retried"),
            scale=Scale(unit="none", soft_maximum=1),
            axis="samples per second",
            colors={"/: rejected$/": "red"},
            size=(8, 8),
            no_value=_NONE,
        ),
        timeseries(
            "Shards",
            "Shards that each remote storage needs, as a share of the limit. Above 100 %, it falls behind.",
            Query("100 * " + " / ".join(shards), _TO),
            scale=Scale(unit="percent", soft_maximum=100, steps=above((100, "red"))),
            axis="share of the limit",
            size=(8, 8),
            no_value=_NONE,
        ),
    ]
