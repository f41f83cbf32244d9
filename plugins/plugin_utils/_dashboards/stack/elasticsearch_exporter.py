# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The page of clusters of Elasticsearch. Several exporters of a cluster report the same, so panels ask for the most."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.page import Page, Row
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.panels import (
    Query,
    stat,
    timeseries,
    worst,
)
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.parts.processes import RATE
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.promql import or_unknown
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.scale import CALM, Scale, above
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.stack.frame import (
    COUNT,
    INSTANCE,
    WARNINGS,
    service_panels,
    stack_page,
)

if TYPE_CHECKING:
    from grafana_foundation_sdk.cog.builder import Builder
    from grafana_foundation_sdk.models import dashboard as models

__all__ = ["page"]

_NODE = "{{name}}"
_HEAP = 'area="heap"'
_SHARDS = ("active", "initializing", "relocating", "unassigned")
_STATE = Scale(
    unit="none", texts={"0": ("healthy", CALM), "1": ("yellow", "orange"), "2": ("red", "red")}, unknown="unknown"
)
_FULL = Scale(unit="percent", maximum=100, decimals=0, steps=above((85, "orange"), (95, "red")), unknown="unknown")
_SHARE = Scale(unit="percent", maximum=100, decimals=0, steps=above((90, "orange")), unknown="unknown")
_OLD = Scale(unit="s", decimals=0, steps=above((30 * 3600, "orange")))
_PER_SECOND = Scale(unit="ops", soft_maximum=1)


def page(pages: Collection[str]) -> Page:
    """Return the page of clusters of Elasticsearch, which leads to those of `pages`."""
    return stack_page(
        "elasticsearch_exporter",
        "Elasticsearch",
        "Whether clusters keep all documents and take new ones, and what nodes lack.",
        (
            Row("Exporters", service_panels("elasticsearch_exporter", "elasticsearch_exporter_build_info", pages)),
            Row("Now", _now()),
            Row("Indexing and searches", _load()),
            Row("Memory", _memory()),
            Row("Storage and shards", _storage()),
        ),
        choose=("instance", 'up{job="elasticsearch_exporter"}', "Instance"),
    )


def _of_cluster(metric: str, *matchers: str) -> str:
    """Return the expression for a metric of each cluster."""
    return f"max by (cluster) (elasticsearch_cluster_health_{metric}{{{','.join((*matchers, INSTANCE))}}})"


def _of_node(metric: str, *matchers: str, by: str = "", per_second: bool = False) -> str:
    """Return the expression for a metric of each node, or for how fast it rises."""
    series = f"elasticsearch_{metric}{{{','.join((*matchers, INSTANCE))}}}"
    return f"max by (cluster, name{by}) ({f'rate({series}[{RATE}])' if per_second else series})"


def _disk_used() -> str:
    free, size = (_of_node(f"filesystem_data_{what}_bytes", by=", path") for what in ("available", "size"))
    return f"100 * max by (cluster, name) (1 - {free} / {size})"


def _now() -> list[Builder[models.Panel]]:
    red, yellow = (_of_cluster("status", f'color="{color}"') for color in ("red", "yellow"))
    shards = " + ".join(_of_cluster(f"{how}_shards") for how in ("active", "initializing", "unassigned"))
    limit = f"max(elasticsearch_clustersettings_stats_max_shards_per_node{{{INSTANCE}}})"
    last = f"max by (repository) (elasticsearch_snapshot_stats_latest_snapshot_timestamp_seconds{{{INSTANCE}}})"
    return [
        stat(
            "State",
            "State of the worst cluster. Yellow: a replica is not assigned. Red: some documents can be neither found "
            "nor written. Unknown: no elected master responds.",
            Query(or_unknown(f"max(2 * {red} + {yellow})")),
            scale=_STATE,
            since=True,
        ),
        stat(
            "Nodes",
            "Nodes that have joined their cluster.",
            Query(or_unknown(f"sum({_of_cluster('number_of_nodes')})")),
            scale=Scale(unit="none", decimals=0, unknown="unknown"),
            since=True,
        ),
        stat(
            "Unassigned shards",
            "Shards without a node, including those that wait for theirs to return.",
            Query(or_unknown(f"sum({_of_cluster('unassigned_shards')})")),
            scale=WARNINGS,
            since=True,
        ),
        stat(
            "Fullest disk",
            "Used share of the fullest disk of a node. By default, no new shard is put on a node above 85 %, and its "
            "indices become read-only above 95 %.",
            Query(or_unknown(f"max({_disk_used()})")),
            scale=_FULL,
            since=True,
        ),
        stat(
            "Shards used",
            "Share of the shards that data nodes may have. At 100 %, no index can be created.",
            Query(or_unknown(f"100 * max(({shards}) / {_of_cluster('number_of_data_nodes')}) / {limit}")),
            scale=_SHARE,
            since=True,
        ),
        stat(
            "Last snapshot",
            "Time since the last snapshot in each repository began.",
            Query(f"time() - {last}", "{{repository}}"),
            scale=_OLD,
            no_value="no repository",
        ),
    ]


def _load() -> list[Builder[models.Panel]]:
    searches = _of_node("indices_search_query_total", per_second=True)
    duration = f"{_of_node('indices_search_query_time_seconds', per_second=True)} / ({searches} > 0)"
    pressure = (
        f"100 * {_of_node('indexing_pressure_current_all_in_bytes')} / {_of_node('indexing_pressure_limit_in_bytes')}"
    )
    pools = 'type=~"get|search|write"'
    rejected = (
        f"max by (cluster, name, type) (increase(elasticsearch_thread_pool_rejected_count{{{pools},{INSTANCE}}}[10m]))"
    )
    return [
        _curves(
            "Documents indexed",
            "Documents that nodes write per second, replicas included.",
            Query(worst(_of_node("indices_indexing_index_total", per_second=True)), _NODE),
            scale=_PER_SECOND,
            axis="documents per second",
        ),
        _curves(
            "Searches",
            "Queries of shards per second.",
            Query(worst(searches), _NODE),
            scale=_PER_SECOND,
            axis="queries per second",
        ),
        _curves(
            "Duration of searches",
            "Average duration of the query of a shard.",
            Query(worst(duration), _NODE),
            scale=Scale(unit="s", soft_maximum=0.1),
            axis="duration",
            no_value="no searches",
        ),
        _curves(
            "Rejected requests",
            "Requests that were rejected within ten minutes because the queue of their thread pool was full.",
            Query(worst(rejected), f"{_NODE} {{{{type}}}}"),
            scale=COUNT,
            axis="requests within 10 min",
        ),
        _curves(
            "Waiting requests",
            "Requests in the queues of thread pools.",
            Query(worst(_of_node("thread_pool_queue_count", pools, by=", type")), f"{_NODE} {{{{type}}}}"),
            scale=COUNT,
            axis="requests",
        ),
        _curves(
            "Indexing pressure",
            "Share of the memory for documents in progress that is in use. At 100 %, further documents are rejected.",
            Query(worst(pressure), _NODE),
            scale=Scale(unit="percent", soft_maximum=10, steps=above((80, "orange"))),
            axis="share of the limit",
        ),
    ]


def _memory() -> list[Builder[models.Panel]]:
    heap = f"100 * {_of_node('jvm_memory_used_bytes', _HEAP)} / {_of_node('jvm_memory_max_bytes', _HEAP)}"
    pauses = f"sum by (cluster, name) ({_of_node('jvm_gc_collection_seconds_sum', by=', gc', per_second=True)})"
    estimated, limit = (_of_node(f"breakers_{what}_size_bytes", by=", breaker") for what in ("estimated", "limit"))
    return [
        _curves(
            "Heap used",
            "Used share of the heap. An alert fires if garbage collection leaves more than 85 % in use.",
            Query(worst(heap), _NODE),
            scale=Scale(unit="percent", maximum=100, steps=above((85, "orange"))),
            axis="share of the heap",
        ),
        _curves(
            "Garbage collection",
            "Share of time in which a node collected garbage.",
            Query(worst(f"100 * {pauses}"), _NODE),
            scale=Scale(unit="percent", soft_maximum=1),
            axis="share of time",
        ),
        _curves(
            "Circuit breakers",
            "Share of its limit that each circuit breaker has reached. At 100 %, it refuses requests.",
            Query(worst(f"100 * {estimated} / {limit}"), f"{_NODE} {{{{breaker}}}}"),
            scale=Scale(unit="percent", maximum=100),
            axis="share of the limit",
        ),
    ]


def _storage() -> list[Builder[models.Panel]]:
    shards = (Query(_of_cluster(f"{how}_shards"), f"{{{{cluster}}}} {how}") for how in _SHARDS)
    return [
        _curves(
            "Disk used",
            "Used share of the disk of each node.",
            Query(worst(_disk_used()), _NODE),
            scale=_FULL,
            axis="share of the disk",
        ),
        _curves(
            "Size of indices",
            "Size on disk of the shards of each node.",
            Query(worst(_of_node("indices_store_size_bytes")), _NODE),
            scale=Scale(unit="bytes"),
            axis="size",
        ),
        _curves(
            "Shards",
            "Shards by state. While a node is away, its shards are unassigned, then initializing on others.",
            *shards,
            scale=COUNT,
            axis="shards",
        ),
    ]


def _curves(
    title: str, description: str, *queries: Query, scale: Scale, axis: str, no_value: str = ""
) -> Builder[models.Panel]:
    return timeseries(title, description, *queries, scale=scale, axis=axis, size=(8, 8), no_value=no_value)
