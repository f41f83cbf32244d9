# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tables of now: a row for each answer of Prometheus, a column for each of its labels and for each query's value."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.links import Link
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.panels import (
    Query,
    asked,
    framed,
    reading,
)
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.scale import CALM, Scale, mappings

with contextlib.suppress(ImportError):  # refused by a sentence when a dashboard is asked for
    from grafana_foundation_sdk.builders import common
    from grafana_foundation_sdk.builders import table as tables
    from grafana_foundation_sdk.cog.builder import Builder
    from grafana_foundation_sdk.models import dashboard as models
    from grafana_foundation_sdk.models.prometheus import PromQueryFormat

__all__ = ["Column", "table"]

# What stands in the first column of a row that is left out again.
_NO_ROW = "-"


@dataclass(frozen=True, kw_only=True)
class Column:
    """A column: its head, how its values are read, where a click on one leads, and its width in pixels.

    `colors` are texts of a label, each with the colour of its cells; `shown` stands in place of every text, where that
    is an address; `no_value` stands where a row has no value. One that is `hidden` is there for links alone.
    """

    head: str
    scale: Scale | None = None
    links: tuple[Link, ...] = ()
    width: int | None = None
    colors: Mapping[str, str] = field(default_factory=dict)
    shown: str = ""
    no_value: str = ""
    hidden: bool = False


def table(
    title: str,
    description: str,
    *queries: Query,
    labels: Mapping[str, Column],
    values: Sequence[Column] = (),
    sort: str = "",
    descending: bool = True,
    order: str = "",
    ranked: str = "",
    no_value: str = "none",
    size: tuple[int, int] = (24, 8),
    links: Iterable[Builder[models.DashboardLink]] = (),
) -> Builder[models.Panel]:
    """Return a table: columns of `labels` first, then one of `values` for each query, in their order.

    The answers of the queries have to have these labels and no others; rows with the same labels become one. Without
    `values` the table is of the labels of one query alone. `sort` is the head of the column that orders the rows, or
    `order` an expression with the same labels whose value does, the highest first, without being a column, or `ranked`
    a further label that does so. `no_value` stands where there is no row.
    """
    asking = [*queries, *([Query(order)] if order else ())]
    panel = framed(tables.Panel(), title, description, Scale(unit="none"), size).links(list(links))
    panel.no_value(no_value)
    for number, query in enumerate(asking):
        told = _never_empty(query, next(iter(labels))) if len(asking) > 1 else query
        panel.with_target(asked(told, number).instant().format(PromQueryFormat.TABLE))
    names = [f"Value #{chr(ord('A') + number)}" for number in range(len(asking))] if len(asking) > 1 else ["Value"]
    columns = {**labels, **dict(zip(names, values, strict=False))}
    if len(asking) > 1:
        panel.with_transformation(models.DataTransformerConfig(id_val="merge", options={}))
        panel.with_transformation(
            models.DataTransformerConfig(id_val="filterByValue", options=_rows(next(iter(labels))))
        )
    if order or ranked:
        highest = {"sort": [{"field": ranked or names[-1], "desc": True}]}
        panel.with_transformation(models.DataTransformerConfig(id_val="sortBy", options=highest))
    shown = _organized([*names, *([ranked] if ranked else ())], columns)
    panel.with_transformation(models.DataTransformerConfig(id_val="organize", options=shown))
    for name, column in columns.items():
        unit = ["string"] if name in labels and not column.scale else []
        read = [models.DynamicConfigValue(id_val="unit", value=one) for one in unit]
        panel.override_by_name(column.head, [*read, *_properties(column)])
    if sort:
        panel.sort_by([common.TableSortByFieldState().display_name(sort).desc(descending)])
    return panel


def _never_empty(query: Query, label: str) -> Query:
    """Return the query with a row where it has none: some releases of Grafana fail on one empty answer of several."""
    row = f'label_replace(vector(0), "{label}", "{_NO_ROW}", "", "")'
    return replace(query, expr=f"({query.expr}) or on () {row}")


def _rows(label: str) -> dict[str, Any]:
    """Return the filter that leaves out the rows which stand for none."""
    no_row = {"fieldName": label, "config": {"id": "equal", "options": {"value": _NO_ROW}}}
    return {"type": "exclude", "match": "any", "filters": [no_row]}


def _organized(names: Iterable[str], columns: Mapping[str, Column]) -> dict[str, Any]:
    hidden = {name: True for name in ("Time", *names) if name not in columns}
    order = {name: place for place, name in enumerate(columns)}
    return {"excludeByName": hidden, "indexByName": order, "renameByName": {n: c.head for n, c in columns.items()}}


def _properties(column: Column) -> list[models.DynamicConfigValue]:
    # The panel's text in place of no rows would else stand in every empty cell.
    found: dict[str, Any] = {"noValue": column.no_value, "mappings": _texts(column)}
    if column.colors or (column.scale and (len(column.scale.steps) > 1 or column.scale.texts)):
        # Releases before 10 colour cells of which the mode is written out alone.
        found["custom.cellOptions"] = {"type": "color-background", "mode": "basic"}
    if column.links:
        found["links"] = [link.data_link().build() for link in column.links]
    if column.width:
        found["custom.width"] = column.width
    if column.hidden:
        found["custom.hidden"] = True
    return [
        *reading(column.scale),
        *(models.DynamicConfigValue(id_val=name, value=value) for name, value in found.items()),
    ]


def _texts(column: Column) -> list[models.ValueMapping]:
    """Return the texts in place of values: of numbers, those of the scale and the one for none; of labels, all."""
    if column.scale:
        result = models.ValueMappingResult(text=column.no_value, color=CALM)
        none = models.DashboardSpecialValueMapOptions(match=models.SpecialValueMatch.NULL, result=result)
        return [*mappings(column.scale), *([models.SpecialValueMap(options=none)] if column.no_value else [])]
    if column.shown:
        result = models.ValueMappingResult(text=column.shown, index=0)
        return [models.RegexMap(options=models.DashboardRegexMapOptions(pattern="(.+)", result=result))]
    shown = {
        text: models.ValueMappingResult(text=text, color=color, index=place)
        for place, (text, color) in enumerate(column.colors.items())
    }
    return [models.ValueMap(options=shown)] if shown else []
