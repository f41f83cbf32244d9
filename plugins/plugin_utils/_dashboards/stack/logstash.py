# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The page of Logstash: what goes through its pipelines, and what waits or is refused. log_exporter measures it."""

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
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.parts.processes import RATE
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.promql import or_unknown
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.scale import CALM, Scale, above
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.stack.frame import (
    COUNT,
    FAILURES,
    stack_page,
)

if TYPE_CHECKING:
    from grafana_foundation_sdk.cog.builder import Builder
    from grafana_foundation_sdk.models import dashboard as models

__all__ = ["page"]

_CHOSEN = 'logstash=~"$logstash"'
_PIPELINE = "{{logstash}} {{pipeline}}"
_PER_SECOND = Scale(unit="eps", soft_maximum=1)
_RUNS = Scale(unit="none", texts={"0": ("down", "red"), "1": ("runs", CALM)})


def page(_pages: Collection[str]) -> Page:
    """Return the page of Logstash."""
    return stack_page(
        "logstash",
        "Logstash",
        "Whether events go through the pipelines of Logstash, how full its queues are, and what Elasticsearch refuses.",
        (Row("Now", _now()), Row("Events", _events()), Row("Queues", _queues())),
        choose=("logstash", "logstash_up", "Logstash"),
    )


def _of_pipeline(metric: str, over: str = "") -> str:
    series = f"{metric}{{{_CHOSEN}}}"
    return f"max by (logstash, pipeline) ({over.format(series) if over else series})"


def _now() -> list[Builder[models.Panel]]:
    up = f"max by (logstash) (logstash_up{{{_CHOSEN}}})"
    runs = _of_pipeline("logstash_pipeline_up")
    lost = _of_pipeline("logstash_dead_letter_queue_dropped_events_total", "increase({}[1h])")
    return [
        stat(
            "Unreachable",
            "Logstash servers that do not respond. Nothing else is known about them.",
            Query(or_unknown(f"count({up}) - sum({up})")),
            scale=FAILURES,
            size=(6, 4),
        ),
        stat(
            "Stopped pipelines",
            "Pipelines that could not start or be reloaded, and do not run.",
            Query(or_unknown(f"count({runs}) - sum({runs})")),
            scale=FAILURES,
            size=(6, 4),
        ),
        stat(
            "Fullest queue",
            "Share of its limit that the fullest queue uses. At 100 %, shippers have to wait.",
            Query(or_unknown(f"max({_fullness('logstash_queue')})")),
            scale=Scale(
                unit="percent",
                maximum=100,
                decimals=0,
                steps=above((80, "orange"), (95, "red")),
                unknown="unknown",
            ),
            size=(6, 4),
        ),
        stat(
            "Lost documents",
            "Documents that Elasticsearch refused within an hour, and that found no space in the dead letter queue.",
            Query(or_unknown(f"sum({lost})")),
            scale=FAILURES,
            size=(6, 4),
        ),
        timeline(
            "Pipelines",
            "Whether each pipeline runs. One whose Logstash does not respond is unknown.",
            Query(runs, _PIPELINE),
            scale=_RUNS,
            size=(24, 5),
        ),
    ]


def _events() -> list[Builder[models.Panel]]:
    return [
        _curves(
            "In",
            "Events per second that come into each pipeline.",
            _of_pipeline("logstash_events_in_total", f"rate({{}}[{RATE}])"),
            _PER_SECOND,
            "events per second",
        ),
        _curves(
            "Out",
            "Events per second that leave each pipeline. If less goes out than comes in, the queue grows.",
            _of_pipeline("logstash_events_out_total", f"rate({{}}[{RATE}])"),
            _PER_SECOND,
            "events per second",
        ),
        _curves(
            "Failed reloads",
            "Attempts to start or reload a pipeline that failed within five minutes.",
            _of_pipeline("logstash_reload_failures_total", "increase({}[5m])"),
            COUNT,
            "attempts within 5 min",
        ),
    ]


def _queues() -> list[Builder[models.Panel]]:
    share = Scale(unit="percent", maximum=100, steps=above((80, "orange"), (95, "red")))
    return [
        _curves(
            "Queue used",
            "Share of its limit that each persistent queue uses. An alert fires above 80 %.",
            _fullness("logstash_queue"),
            share,
            "share of the limit",
        ),
        _curves(
            "Waiting events",
            "Events in each persistent queue.",
            _of_pipeline("logstash_queue_events"),
            COUNT,
            "events",
        ),
        _curves(
            "Dead letter queue used",
            "Share of its limit that each dead letter queue uses. At 100 %, what Elasticsearch refuses is lost.",
            _fullness("logstash_dead_letter_queue"),
            share,
            "share of the limit",
        ),
    ]


def _fullness(queue: str) -> str:
    return f"100 * {_of_pipeline(f'{queue}_size_bytes')} / {_of_pipeline(f'{queue}_limit_bytes')}"


def _curves(title: str, description: str, expr: str, scale: Scale, axis: str) -> Builder[models.Panel]:
    return timeseries(title, description, Query(worst(expr), _PIPELINE), scale=scale, axis=axis, size=(8, 8))
