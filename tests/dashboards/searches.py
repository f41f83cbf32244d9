# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a dashboard asks Elasticsearch, read from its JSON model: the searches that Grafana makes of it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.vigil.observability.tests.dashboards.expressions import all_panels

__all__ = ["Search", "fields", "searches"]

_VARIABLE = re.compile(r"\$\w+")
_FIELD = re.compile(r"([\w.@]+):")


@dataclass(frozen=True, kw_only=True)
class Search:
    """A question of a panel: `body` of a search of the last hour, `by` the keyword whose values it counts, if any."""

    panel: str
    body: dict[str, Any]
    by: str = ""


def searches(dashboard: Mapping[str, Any]) -> list[Search]:
    """Return what the panels of the dashboard ask Elasticsearch; variables stand for all their values there."""
    return [_search(str(panel.get("title")), target) for panel, target in _targets(dashboard)]


def fields(dashboard: Mapping[str, Any]) -> set[str]:
    """Return the fields of documents that the panels of the dashboard name."""
    asked = [target for _panel, target in _targets(dashboard)]
    counted = {one["field"] for target in asked for one in target.get("bucketAggs", [])}
    return counted | {name for target in asked for name in [*_FIELD.findall(target["query"]), target["timeField"]]}


def _targets(dashboard: Mapping[str, Any]) -> Iterator[tuple[Mapping[str, Any], Mapping[str, Any]]]:
    for panel in all_panels(dashboard):
        yield from ((panel, target) for target in panel.get("targets") or [] if "timeField" in target)


def _search(panel: str, target: Mapping[str, Any]) -> Search:
    wanted = {"query_string": {"query": _VARIABLE.sub("*", target["query"]), "analyze_wildcard": True}}
    body = {"query": {"bool": {"filter": [{"range": {target["timeField"]: {"gte": "now-1h"}}}, wanted]}}}
    buckets = target.get("bucketAggs", [])
    if not buckets:
        return Search(panel=panel, body={**body, "size": 1})
    return Search(panel=panel, body={**body, "size": 0, **_aggregated(buckets)}, by=buckets[0]["field"])


def _aggregated(buckets: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return aggregations within each other, the outermost first, each under the name `by`."""
    if not buckets:
        return {}
    first, *inner = buckets
    settings = first["settings"]
    wanted = {"field": first["field"], "min_doc_count": int(settings["min_doc_count"])}
    if first["type"] == "terms":
        order = {settings["orderBy"]: settings["order"]}
        wanted |= {"size": int(settings["size"]), "missing": settings["missing"], "order": order}
    else:
        wanted |= {"fixed_interval": "1m"}
    return {"aggs": {"by": {first["type"]: wanted, **_aggregated(inner)}}}
