# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The page of rsyslog: whether each host ships its log lines, and what waits or was refused there."""

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
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.scale import Scale, above
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
_BYTES = Scale(unit="bytes", soft_maximum=1024)
_SHARE = Scale(unit="percent", maximum=100, decimals=0, steps=above((80, "red")))


def page(_pages: Collection[str]) -> Page:
    """Return the page of rsyslog."""
    return stack_page(
        "rsyslog",
        "rsyslog",
        "Whether rsyslog ships the log lines of each host, and what waits or was refused there.",
        (Row("Now", _now()), Row("Lines", _lines()), Row("Disk", _disk())),
        choose=("host", "rsyslog_accepted_documents_total", "Host"),
    )


def _now() -> list[Builder[models.Panel]]:
    written = f'node_textfile_mtime_seconds{{file=~".*/rsyslog\\\\.prom",{_WHERE}}}'
    return [
        stat(
            "Silent",
            "Hosts whose rsyslog has not written its metrics for two minutes: it is down or hangs.",
            Query(or_unknown(f"sum(time() - {written} > bool 120)")),
            scale=WARNINGS,
            size=(6, 4),
        ),
        stat(
            "With refused lines",
            "Hosts that keep lines which Elasticsearch has refused, until they are sent again.",
            Query(or_unknown(f"sum(rsyslog_refused_bytes{{{_WHERE}}} > bool 0)")),
            scale=WARNINGS,
            size=(6, 4),
        ),
        stat(
            "Lost lines",
            "Refused lines that were removed within the last hour, because the space for them was full.",
            Query(or_unknown(f"sum(increase(rsyslog_discarded_documents_total{{{_WHERE}}}[1h]))")),
            scale=FAILURES,
            size=(6, 4),
        ),
        stat(
            "Unreadable files",
            "Log files and directories that rsyslog may not read, of all hosts.",
            Query(or_unknown(f"sum(rsyslog_unreadable_files{{{_WHERE}}})")),
            scale=WARNINGS,
            size=(6, 4),
        ),
    ]


def _lines() -> list[Builder[models.Panel]]:
    refused = f"rate(rsyslog_refused_documents_total{{{_WHERE}}}[{RATE}])"
    return [
        timeseries(
            "Accepted lines",
            "Log lines that Elasticsearch accepts, for the ten hosts with the most.",
            Query(worst(f"sum by (host) (rate(rsyslog_accepted_documents_total{{{_WHERE}}}[{RATE}]))"), "{{host}}"),
            scale=_PER_SECOND,
            axis="log lines per second",
            link=_HOST,
        ),
        timeseries(
            "Refused lines",
            "Log lines that Elasticsearch refuses, for the ten hosts with the most.",
            Query(worst(f"sum by (host) ({refused})"), "{{host}}"),
            scale=_PER_SECOND,
            axis="log lines per second",
            link=_HOST,
        ),
        timeseries(
            "Waiting lines",
            "Log lines in the queue, in memory and on disk, for the ten hosts with the most.",
            Query(worst(f"sum by (host) (rsyslog_queue_documents{{{_WHERE}}})"), "{{host}}"),
            scale=COUNT,
            axis="log lines",
            link=_HOST,
        ),
        timeseries(
            "Requests without an answer",
            "Requests to Elasticsearch that failed and are sent again, for the ten hosts with the most.",
            Query(worst(f"sum by (host) (rate(rsyslog_failed_requests_total{{{_WHERE}}}[{RATE}]))"), "{{host}}"),
            scale=_PER_SECOND,
            axis="requests per second",
            link=_HOST,
        ),
    ]


def _disk() -> list[Builder[models.Panel]]:
    used = f"rsyslog_queue_bytes{{{_WHERE}}} / rsyslog_queue_limit_bytes{{{_WHERE}}}"
    return [
        timeseries(
            "Queue on disk",
            "Share of the disk space for waiting lines that is used. When it is full, files and the journal wait.",
            Query(worst(f"100 * max by (host) ({used})"), "{{host}}"),
            scale=_SHARE,
            axis="used, of the limit",
            link=_HOST,
        ),
        timeseries(
            "Refused lines on disk",
            "Size of the lines that Elasticsearch has refused. At the limit, the oldest are removed.",
            Query(worst(f"max by (host) (rsyslog_refused_bytes{{{_WHERE}}})"), "{{host}}"),
            scale=_BYTES,
            axis="size",
            link=_HOST,
        ),
    ]
