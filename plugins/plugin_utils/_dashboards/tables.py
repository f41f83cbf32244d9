# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tables of now: a row for each answer of Prometheus, a column for each of its labels and for each query's value."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.links import Link
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.panels import (
    Query,
    asked,
    framed,
    reading,
)
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.scale import Scale

with contextlib.suppress(ImportError):  # refused by a sentence when a dashboard is asked for
    from grafana_foundation_sdk.builders import common
    from grafana_foundation_sdk.builders import table as tables
    from grafana_foundation_sdk.cog.builder import Builder
    from grafana_foundation_sdk.models import dashboard as models
    from grafana_foundation_sdk.models.prometheus import PromQueryFormat

__all__ = ["Column", "table"]


@dataclass(frozen=True, kw_only=True)
class Column:
    """A column: its head, how its values are read, where a click on one leads, and its width in pixels."""

    head: str
    scale: Scale | None = None
    links: tuple[Link, ...] = ()
    width: int | None = None


def table(
    title: str,
    description: str,
    *queries: Query,
    labels: Mapping[str, Column],
    values: Sequence[Column] = (),
    sort: str = "",
    descending: bool = True,
    no_value: str = "none",
    size: tuple[int, int] = (24, 8),
    links: Iterable[Builder[models.DashboardLink]] = (),
) -> Builder[models.Panel]:
    """Return a table: columns of `labels` first, then one of `values` for each query, in their order.

    The answers of the queries have to have these labels and no others; rows with the same labels become one. Without
    `values` the table is of the labels of one query alone. `sort` is the head of the column that orders the rows, and
    `no_value` what stands where there is no row.
    """
    panel = framed(tables.Panel(), title, description, Scale(unit="none"), size).links(list(links))
    panel.no_value(no_value)
    for number, query in enumerate(queries):
        panel.with_target(asked(query, number).instant().format(PromQueryFormat.TABLE))
    names = [f"Value #{chr(ord('A') + number)}" for number in range(len(queries))] if len(queries) > 1 else ["Value"]
    columns = {**labels, **dict(zip(names, values, strict=False))}
    if len(queries) > 1:
        panel.with_transformation(models.DataTransformerConfig(id_val="merge", options={}))
    panel.with_transformation(models.DataTransformerConfig(id_val="organize", options=_organized(names, columns)))
    for column in columns.values():
        if properties := _properties(column):
            panel.override_by_name(column.head, properties)
    if sort:
        panel.sort_by([common.TableSortByFieldState().display_name(sort).desc(descending)])
    return panel


def _organized(names: Iterable[str], columns: Mapping[str, Column]) -> dict[str, Any]:
    hidden = {name: True for name in ("Time", *names) if name not in columns}
    order = {name: place for place, name in enumerate(columns)}
    return {"excludeByName": hidden, "indexByName": order, "renameByName": {n: c.head for n, c in columns.items()}}


def _properties(column: Column) -> list[models.DynamicConfigValue]:
    found: dict[str, Any] = {}
    if column.scale and (len(column.scale.steps) > 1 or column.scale.texts):
        found["custom.cellOptions"] = {"type": "color-background"}
    if column.links:
        found["links"] = [link.data_link().build() for link in column.links]
    if column.width:
        found["custom.width"] = column.width
    return [
        *reading(column.scale),
        *(models.DynamicConfigValue(id_val=name, value=value) for name, value in found.items()),
    ]
