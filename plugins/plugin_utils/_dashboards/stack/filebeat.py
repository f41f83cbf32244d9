# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The page of Filebeat: whether each host ships its log lines, and what waits there."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.links import Link
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.page import Page, Row
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.panels import (
    Query,
    stat,
    timeseries,
    worst,
)
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.parts.processes import RATE
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.promql import or_unknown
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.scale import Scale
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.stack.frame import (
    COUNT,
    FAILURES,
    UIDS,
    WARNINGS,
    stack_page,
)

if TYPE_CHECKING:
    from grafana_foundation_sdk.cog.builder import Builder
    from grafana_foundation_sdk.models import dashboard as models

__all__ = ["page"]

_WHERE = 'host=~"$host"'
_HOST = Link.page("Host", UIDS["hosts"], host="${__field.labels.host}")
_PER_SECOND = Scale(unit="cps", soft_maximum=1)


def page(_pages: Collection[str]) -> Page:
    """Return the page of Filebeat."""
    return stack_page(
        "filebeat",
        "Filebeat",
        "Whether Filebeat ships the log lines of each host to Logstash, and what waits there.",
        (Row("Now", _now()), Row("Lines", _lines())),
        choose=("host", "filebeat_shipped_events_total", "Host"),
    )


def _now() -> list[Builder[models.Panel]]:
    written = f'node_textfile_mtime_seconds{{file=~".*/filebeat\\\\.prom",{_WHERE}}}'
    numbers = (
        (
            "Silent",
            "Hosts whose Filebeat has not answered for two minutes.",
            f"time() - {written} > bool 120",
            WARNINGS,
        ),
        (
            "Dropped lines",
            "Lines that Filebeat has given up within the last hour.",
            f"increase(filebeat_dropped_events_total{{{_WHERE}}}[1h])",
            FAILURES,
        ),
        (
            "Unreadable files",
            "Log files and directories that Filebeat may not read, of all hosts.",
            f"filebeat_unreadable_files{{{_WHERE}}}",
            WARNINGS,
        ),
    )
    return [
        stat(title, meaning, Query(or_unknown(f"sum({expression})")), scale=scale, size=(8, 4))
        for title, meaning, expression, scale in numbers
    ]


def _lines() -> list[Builder[models.Panel]]:
    rates = (
        ("Shipped lines", "Log lines that Logstash has acknowledged", "shipped_events", "log lines per second"),
        (
            "Lines sent again",
            "Log lines that Logstash has not acknowledged in time",
            "failed_events",
            "log lines per second",
        ),
        ("Errors", "Errors of connections to Logstash", "output_errors", "errors per second"),
    )
    waiting = timeseries(
        "Waiting lines",
        "Log lines that are read and not acknowledged, for the ten hosts with the most.",
        Query(worst(f"sum by (host) (filebeat_waiting_events{{{_WHERE}}})"), "{{host}}"),
        scale=COUNT,
        axis="log lines",
        link=_HOST,
    )
    return [
        *(
            timeseries(
                title,
                f"{meaning}, for the ten hosts with the most.",
                Query(worst(f"sum by (host) (rate(filebeat_{metric}_total{{{_WHERE}}}[{RATE}]))"), "{{host}}"),
                scale=_PER_SECOND,
                axis=axis,
                link=_HOST,
            )
            for title, meaning, metric, axis in rates
        ),
        waiting,
    ]
