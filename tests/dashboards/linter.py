# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is wrong with a dashboard before Grafana sees it: each fault is a sentence that names the panel."""

from __future__ import annotations

import contextlib
import importlib.util
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import combinations
from typing import Any

from ansible_collections.vigil.observability.tests.dashboards.expressions import (
    all_panels,
    annotation_expressions,
    expressions,
    variable_selectors,
)

with contextlib.suppress(ImportError):  # controllers need no parser: then expressions are not looked at
    import promql_parser

__all__ = ["faults"]

_PARSES = importlib.util.find_spec("promql_parser") is not None
_WIDTH = 24
_UID = re.compile(r"[a-zA-Z0-9_-]{1,40}")
# Grafana's own sources, which have the same name everywhere.
_BUILT_IN = {"-- Grafana --", "-- Dashboard --", "-- Mixed --"}
_WITHOUT_NUMBERS = {"logs", "text", "alertlist", "annolist", "dashlist", "news"}
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def faults(dashboard: Mapping[str, Any], *, shortest_refresh: str = "5s") -> list[str]:
    """Return a sentence for every fault of the dashboard; with an empty list, it can be shipped.

    `shortest_refresh` is Grafana's min_refresh_interval.
    """
    found = [*_faults_of_identity(dashboard), *_faults_of_refresh(dashboard, shortest_refresh)]
    for look in (_faults_of_panels, _faults_of_places, _faults_of_sources, _faults_of_expressions):
        found += look(dashboard)
    return [f"Dashboard {dashboard.get('title') or dashboard.get('uid')!r}: {sentence}" for sentence in found]


def _faults_of_identity(dashboard: Mapping[str, Any]) -> Iterator[str]:
    if not dashboard.get("title"):
        yield "it has no title."
    if not _UID.fullmatch(str(dashboard.get("uid") or "")):
        yield f"uid {dashboard.get('uid')!r} must be 1 to 40 letters, digits, _ or -."
    if dashboard.get("id") is not None:
        yield f"id {dashboard['id']} belongs to one Grafana; leave it out."
    if not dashboard.get("description"):
        yield "it has no description."
    if not dashboard.get("tags"):
        yield "it has no tags, so no list shows it."


def _faults_of_refresh(dashboard: Mapping[str, Any], shortest: str) -> Iterator[str]:
    refresh = str(dashboard.get("refresh") or "")
    seconds = _seconds(refresh)
    if seconds is None:
        yield f"refresh {refresh!r} is no time such as 30s."
    elif seconds < (_seconds(shortest) or 0):
        yield f"refresh {refresh} is below {shortest}, the shortest that Grafana takes."


def _seconds(text: str) -> int | None:
    match = re.fullmatch(r"(\d+)([smhd])", text)
    return int(match[1]) * _SECONDS[match[2]] if match else None


def _faults_of_panels(dashboard: Mapping[str, Any]) -> Iterator[str]:
    every = [*(dashboard.get("panels") or []), *_nested(dashboard)]
    numbers = Counter(panel.get("id") for panel in every)
    for number, times in numbers.items():
        if number is None or times > 1:
            yield f"{times} panels have the id {number}; each needs one of its own."
    titles = Counter(panel.get("title") for panel in all_panels(dashboard))
    yield from (f"{times} panels are titled {title!r}." for title, times in titles.items() if title and times > 1)
    for panel in all_panels(dashboard):
        yield from _faults_of_panel(panel)


def _nested(dashboard: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for panel in dashboard.get("panels") or []:
        yield from panel.get("panels") or []


def _faults_of_panel(panel: Mapping[str, Any]) -> Iterator[str]:
    name = panel.get("title") or f"number {panel.get('id')}"
    if not panel.get("title"):
        yield f"panel {name} has no title."
    if not panel.get("description"):
        yield f"panel {name!r} has no description."
    if panel.get("type") in _WITHOUT_NUMBERS:
        return
    if not ((panel.get("fieldConfig") or {}).get("defaults") or {}).get("unit"):
        yield f"panel {name!r} shows numbers and has no unit; say none where they have none."
    if not panel.get("targets"):
        yield f"panel {name!r} asks nothing."


def _faults_of_places(dashboard: Mapping[str, Any]) -> Iterator[str]:
    placed = [(panel.get("title"), panel.get("gridPos") or {}) for panel in dashboard.get("panels") or []]
    for title, place in placed:
        if not all(isinstance(place.get(key), int) for key in "xywh"):
            yield f"panel {title!r} has no place: gridPos {place}."
        elif place["x"] < 0 or place["x"] + place["w"] > _WIDTH:
            yield f"panel {title!r} reaches beyond the {_WIDTH} columns of the grid."
    whole = [(title, place) for title, place in placed if all(isinstance(place.get(key), int) for key in "xywh")]
    for (title, place), (other, its) in combinations(whole, 2):
        if _overlap(place, its, "x", "w") and _overlap(place, its, "y", "h"):
            yield f"panels {title!r} and {other!r} lie over each other."


def _overlap(one: Mapping[str, int], other: Mapping[str, int], start: str, length: str) -> bool:
    return one[start] < other[start] + other[length] and other[start] < one[start] + one[length]


def _faults_of_sources(dashboard: Mapping[str, Any]) -> Iterator[str]:
    known = {
        variable.get("name")
        for variable in (dashboard.get("templating") or {}).get("list") or []
        if variable.get("type") == "datasource"
    }
    for where, source in _sources(dashboard):
        uid = source.get("uid") if isinstance(source, Mapping) else source
        match = re.fullmatch(r"\$(?:\{(\w+)\}|(\w+))", str(uid))
        if uid not in _BUILT_IN and (not match or (match[1] or match[2]) not in known):
            yield f"{where} reads the data source {uid!r}, which is no data-source variable of the dashboard."


def _sources(dashboard: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for panel in all_panels(dashboard):
        name = f"panel {panel.get('title')!r}"
        if panel.get("targets") or "datasource" in panel:
            yield name, panel.get("datasource")
        yield from ((name, target["datasource"]) for target in panel.get("targets") or [] if "datasource" in target)
    for annotation in (dashboard.get("annotations") or {}).get("list") or []:
        yield f"annotation {annotation.get('name')!r}", annotation.get("datasource")
    for variable in (dashboard.get("templating") or {}).get("list") or []:
        if variable.get("type") == "query":
            yield f"variable {variable.get('name')!r}", variable.get("datasource")


def _faults_of_expressions(dashboard: Mapping[str, Any]) -> Iterator[str]:
    if not _PARSES:
        return
    for asked in (*expressions(dashboard), *annotation_expressions(dashboard), *variable_selectors(dashboard)):
        try:
            promql_parser.parse(asked.expr)
        except ValueError as error:
            yield f"{asked.panel} asks {asked.written!r}, which is no PromQL: {error}."
