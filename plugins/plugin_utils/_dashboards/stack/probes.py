# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The page of probes: what users of an address would see."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.page import Page, Row
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.panels import (
    Query,
    or_zero,
    stat,
    timeline,
    timeseries,
)
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.scale import Scale
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.stack.frame import FAILURES, stack_page
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.tables import Column, table

if TYPE_CHECKING:
    from grafana_foundation_sdk.cog.builder import Builder
    from grafana_foundation_sdk.models import dashboard as models

__all__ = ["probes_page"]

_WHERE = 'instance=~"$instance"'
_EACH = "{{job}} {{instance}}"
_STATE = Scale(unit="none", maximum=1, texts={"0": ("fails", "red"), "1": ("works", "green")})


def probes_page() -> Page:
    """Return the page of probes."""
    return stack_page(
        "probes",
        "Probes",
        "Whether addresses answer when they are asked from outside, and how fast.",
        (Row("Now", _now()), Row("Over time", _over_time())),
        choose=("instance", "probe_success", "Address"),
    )


def _now() -> list[Builder[models.Panel]]:
    return [
        stat(
            "Failing everywhere",
            "Addresses that no prober reaches: they are down.",
            Query(or_zero(f"count(max by (job, instance) (probe_success{{{_WHERE}}}) == 0)")),
            scale=FAILURES,
            size=(6, 8),
        ),
        stat(
            "Failing somewhere",
            "Addresses that one prober reaches and another does not: a way between them is cut.",
            Query(
                or_zero(
                    f"count((min by (job, instance) (probe_success{{{_WHERE}}}) == 0)"
                    f" and (max by (job, instance) (probe_success{{{_WHERE}}}) == 1))"
                )
            ),
            scale=FAILURES,
            size=(6, 8),
        ),
        table(
            "Availability",
            "Share of probes of the time shown that succeeded, the worst first.",
            Query(f"sort(100 * avg by (job, instance) (avg_over_time(probe_success{{{_WHERE}}}[$__range])))"),
            labels={"job": Column(head="probe"), "instance": Column(head="address")},
            values=[
                Column(
                    head="available",
                    scale=Scale(unit="percent", decimals=2, steps=((None, "red"), (99, "yellow"), (99.9, "green"))),
                )
            ],
            size=(12, 8),
        ),
    ]


def _over_time() -> list[Builder[models.Panel]]:
    return [
        timeline(
            "Reached",
            "Whether an address was reached, by any prober.",
            Query(f"max by (job, instance) (probe_success{{{_WHERE}}})", _EACH),
            scale=_STATE,
        ),
        timeseries(
            "Duration",
            "How long the slowest prober took.",
            Query(f"max by (job, instance) (probe_duration_seconds{{{_WHERE}}})", _EACH),
            scale=Scale(unit="s"),
            size=(24, 8),
        ),
    ]
