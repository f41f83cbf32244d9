# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Panels about how long probes take, and what addresses answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.links import Link
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.panels import (
    Query,
    timeline,
    timeseries,
    worst,
)
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.scale import STATUSES, Scale, above, below
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.stack.frame import UIDS

if TYPE_CHECKING:
    from grafana_foundation_sdk.cog.builder import Builder
    from grafana_foundation_sdk.models import dashboard as models

__all__ = ["EACH", "THIS_ADDRESS", "WHERE", "durations"]

WHERE = 'instance=~"$instance"'
EACH = "{{job}} {{instance}}"
THIS_ADDRESS = Link.page("Only this address", UIDS["probes"], instance="${__field.labels.instance:percentencode}")
_PHASES = {
    "/^resolve$/": "purple",
    "/^connect$/": "blue",
    "/^tls$/": "yellow",
    "/^processing$/": "orange",
    "/^transfer$/": "green",
}
_STATUS = Scale(
    unit="none",
    decimals=0,
    steps=below(
        "red",
        (100, "blue"),
        (200, STATUSES["/^2/"]),
        (300, STATUSES["/^3/"]),
        (400, STATUSES["/^4/"]),
        (500, STATUSES["/^5/"]),
    ),
)


def durations() -> list[Builder[models.Panel]]:
    """Return how long probes take, with what, and what HTTP answers."""
    duration = f"max by (job, instance) (probe_duration_seconds{{{WHERE}}})"
    phases = f"probe_http_duration_seconds{{{WHERE}}} and on (job, instance, prober) probe_success == 1"
    echo = f'max by (job, instance) (probe_icmp_duration_seconds{{phase="rtt",{WHERE}}})'
    return [
        timeseries(
            "Probe duration",
            "Duration of a probe from the slowest prober, including probes that timed out.",
            Query(worst(duration), EACH),
            scale=Scale(unit="s", steps=above((2, "orange"))),
            axis="duration",
            no_value="no probes",
            link=THIS_ADDRESS,
        ),
        timeseries(
            "Phases of HTTP probes",
            "Phases of successful probes: name resolution, connection, TLS, waiting for the response, reading it. "
            "Averaged over the selected addresses.",
            Query(f"avg by (phase) ({phases})", "{{phase}}"),
            scale=Scale(unit="s"),
            axis="duration",
            stacked=True,
            colors=_PHASES,
            no_value="no HTTP probe succeeds",
        ),
        timeseries(
            "Name resolution",
            "Duration of name resolution from the slowest prober.",
            Query(worst(f"max by (job, instance) (probe_dns_lookup_time_seconds{{{WHERE}}})"), EACH),
            scale=Scale(unit="s", soft_maximum=0.01),
            axis="duration",
            size=(8, 8),
            no_value="no probes",
            link=THIS_ADDRESS,
        ),
        timeseries(
            "Round trip",
            "Round-trip time of an echo request from the slowest prober.",
            Query(worst(echo), EACH),
            scale=Scale(unit="s", soft_maximum=0.01, steps=above((0.3, "orange"))),
            axis="round-trip time",
            size=(8, 8),
            no_value="no ICMP probe",
            link=THIS_ADDRESS,
        ),
        timeline(
            "HTTP status",
            "Status of the response: green 2xx, blue 3xx, orange 4xx, red 5xx or no response.",
            Query(worst(f"max by (job, instance) (probe_http_status_code{{{WHERE}}})"), EACH),
            scale=_STATUS,
            size=(8, 8),
            no_value="no HTTP probe",
            link=THIS_ADDRESS,
        ),
    ]
