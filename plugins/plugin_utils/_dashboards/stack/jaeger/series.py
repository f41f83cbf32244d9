# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Expressions on the metrics of Jaeger, and curves of them: its instances are those of the chosen hosts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.links import Link
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.panels import (
    Query,
    timeseries,
    worst,
)
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.parts.processes import RATE
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.scale import Scale, above
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.stack.frame import UIDS

if TYPE_CHECKING:
    from grafana_foundation_sdk.cog.builder import Builder
    from grafana_foundation_sdk.models import dashboard as models

__all__ = ["CHOSEN", "PER_SECOND", "REQUESTS", "SECONDS", "SHARE", "by_host", "curves", "fullness", "rate_by_host"]

CHOSEN = 'job="jaeger",host=~"$host"'
PER_SECOND = Scale(unit="cps", soft_maximum=1)
REQUESTS = Scale(unit="reqps", soft_maximum=1)
SECONDS = Scale(unit="s")
SHARE = Scale(unit="percent", maximum=100, decimals=0, steps=above((70, "orange"), (95, "red")), unknown="unknown")
_HOST = Link.page("Host", UIDS["hosts"], host="${__field.labels.host}")


def by_host(metric: str, over: str = "{}") -> str:
    """Return the sum of a metric on each host, of what the template `over` makes of it."""
    return f"sum by (host) ({over.format(f'{metric}{{{CHOSEN}}}')})"


def rate_by_host(metric: str) -> str:
    """Return the rate of a counter on each host."""
    return by_host(metric, f"rate({{}}[{RATE}])")


def fullness() -> str:
    """Return how much of the queue of each host is used, in percent."""
    return f"100 * {by_host('otelcol_exporter_queue_size')} / {by_host('otelcol_exporter_queue_capacity')}"


def curves(
    title: str, description: str, expr: str, scale: Scale, axis: str, *, by: str = "host", no_value: str = ""
) -> Builder[models.Panel]:
    """Return a third of a line: a curve for each value of the label `by`."""
    return timeseries(
        title,
        description,
        Query(worst(expr), f"{{{{{by}}}}}"),
        scale=scale,
        axis=axis,
        size=(8, 8),
        no_value=no_value,
        link=_HOST if by == "host" else None,
    )
