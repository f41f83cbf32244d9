# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Panels of dashboards: curves, single values, timelines and tables of Prometheus, and the lines of a log.

Every panel says in its description what it means; what it shows is read through a data-source variable. `size` is width
and height in units of Grafana's grid, which is 24 wide; `unit` is one of Grafana's; `steps` colour values.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

with contextlib.suppress(ImportError):  # refused by a sentence when a dashboard is asked for
    from grafana_foundation_sdk.builders import common, dashboard, elasticsearch, logs, prometheus
    from grafana_foundation_sdk.builders import stat as stats
    from grafana_foundation_sdk.builders import statetimeline as timelines
    from grafana_foundation_sdk.builders import table as tables
    from grafana_foundation_sdk.builders import timeseries as curves
    from grafana_foundation_sdk.cog.builder import Builder
    from grafana_foundation_sdk.models import common as looks
    from grafana_foundation_sdk.models import dashboard as models
    from grafana_foundation_sdk.models.prometheus import PromQueryFormat

    _Panel = TypeVar("_Panel", curves.Panel, stats.Panel, tables.Panel, timelines.Panel)

__all__ = ["Query", "Scale", "Steps", "log_lines", "or_zero", "stat", "table", "timeline", "timeseries"]

# Colours, each with the value from which it holds; the first has None and holds below all others.
Steps = tuple[tuple[float | None, str], ...]


@dataclass(frozen=True)
class Query:
    """A question to Prometheus. `legend` names each answer, labels as `{{label}}`; exemplars name their trace."""

    expr: str
    legend: str = ""
    exemplars: bool = False


@dataclass(frozen=True, kw_only=True)
class Scale:
    """How numbers are read: unit, bounds, colours by value, and texts with their colours in place of some values."""

    unit: str
    minimum: float | None = 0
    maximum: float | None = None
    decimals: int | None = None
    steps: Steps = ((None, "green"),)
    texts: Mapping[str, tuple[str, str]] = field(default_factory=dict)


def or_zero(expr: str) -> str:
    """Return the expression with a single 0 where it has no answer at all, because there is nothing to count."""
    return f"({expr}) or on () vector(0)"


def timeseries(
    title: str,
    description: str,
    *queries: Query,
    scale: Scale,
    size: tuple[int, int] = (12, 8),
    stacked: bool = False,
    links: Iterable[Builder[models.DashboardLink]] = (),
) -> Builder[models.Panel]:
    """Return curves over time. Steps beyond the first are drawn as lines."""
    legend = common.VizLegendOptions().show_legend(True).display_mode(looks.LegendDisplayMode.LIST)
    panel = _framed(curves.Panel(), title, description, scale, size).links(list(links))
    panel.legend(legend.placement(looks.LegendPlacement.BOTTOM).calcs([]))
    panel.tooltip(common.VizTooltipOptions().mode(looks.TooltipDisplayMode.MULTI).sort(looks.SortOrder.DESCENDING))
    panel.line_width(1).fill_opacity(10).show_points(looks.VisibilityMode.NEVER)
    if len(scale.steps) > 1:
        dashed = common.GraphThresholdsStyleConfig().mode(looks.GraphThresholdsStyleMode.DASHED)
        panel.thresholds_style(dashed)
    if stacked:
        panel.stacking(common.StackingConfig().mode(looks.StackingMode.NORMAL).group("A")).fill_opacity(30)
    for number, query in enumerate(queries):
        panel.with_target(_asked(query, number).range().exemplar(query.exemplars))
    return panel


def stat(
    title: str,
    description: str,
    *queries: Query,
    scale: Scale,
    size: tuple[int, int] = (4, 4),
    no_value: str = "",
    links: Iterable[Builder[models.DashboardLink]] = (),
) -> Builder[models.Panel]:
    """Return values of now, on the colour of their step; `no_value` is shown where there is none."""
    panel = _framed(stats.Panel(), title, description, scale, size).links(list(links))
    panel.reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]).values(False).fields(""))
    panel.color_mode(looks.BigValueColorMode.BACKGROUND).graph_mode(looks.BigValueGraphMode.NONE)
    panel.justify_mode(looks.BigValueJustifyMode.AUTO).orientation(looks.VizOrientation.AUTO)
    if no_value:
        panel.no_value(no_value)
    for number, query in enumerate(queries):
        panel.with_target(_asked(query, number).instant())
    return panel


def timeline(
    title: str, description: str, *queries: Query, scale: Scale, size: tuple[int, int] = (24, 8)
) -> Builder[models.Panel]:
    """Return states over time, one line for each answer."""
    panel = _framed(timelines.Panel(), title, description, scale, size)
    panel.show_value(looks.VisibilityMode.NEVER).merge_values(True).fill_opacity(80)
    for number, query in enumerate(queries):
        panel.with_target(_asked(query, number).range())
    return panel


def table(
    title: str,
    description: str,
    query: Query,
    *,
    columns: Mapping[str, str],
    value: str = "",
    scale: Scale | None = None,
    size: tuple[int, int] = (24, 8),
    links: Iterable[Builder[models.DashboardLink]] = (),
) -> Builder[models.Panel]:
    """Return a table of now: `columns` heads labels, in their order, and `value` the last column, read by `scale`.

    The query's answers have to have these labels and no others. Without `value` the table is of labels alone.
    """
    panel = _framed(tables.Panel(), title, description, Scale(unit="none"), size).links(list(links))
    panel.with_target(_asked(query, 0).instant().format(PromQueryFormat.TABLE))
    heads = {**columns, **({"Value": value} if value else {})}
    order = {label: place for place, label in enumerate(heads)}
    hidden = {"Time": True, **({} if value else {"Value": True})}
    organized = {"excludeByName": hidden, "indexByName": order, "renameByName": heads}
    panel.with_transformation(models.DataTransformerConfig(id_val="organize", options=organized))
    if value and scale:
        panel.override_by_name(value, _column(scale))
    return panel


def log_lines(
    title: str, description: str, query: str, *, source: str, size: tuple[int, int] = (24, 10)
) -> Builder[models.Panel]:
    """Return the newest lines of a log in Elasticsearch, of which the query is in Lucene's words."""
    asked = elasticsearch.Dataquery().ref_id("A").query(query).time_field("@timestamp")
    asked.metrics([elasticsearch.Logs().id("1")])
    panel = logs.Panel().title(title).description(description).span(size[0]).height(size[1])
    panel.datasource(models.DataSourceRef(type_val="elasticsearch", uid=f"${{{source}}}"))
    panel.show_time(True).wrap_log_message(True).enable_log_details(True).sort_order(looks.LogsSortOrder.DESCENDING)
    return panel.with_target(asked)


def _framed(panel: _Panel, title: str, description: str, scale: Scale, size: tuple[int, int]) -> _Panel:
    panel.title(title).description(description).span(size[0]).height(size[1])
    panel.datasource(models.DataSourceRef(type_val="prometheus", uid="${datasource}"))
    panel.unit(scale.unit).mappings(_mappings(scale)).thresholds(_thresholds(scale))
    panel.color_scheme(dashboard.FieldColor().mode(_colours(panel)))
    if scale.minimum is not None:
        panel.min(scale.minimum)
    if scale.maximum is not None:
        panel.max(scale.maximum)
    if scale.decimals is not None:
        panel.decimals(scale.decimals)
    return panel


def _colours(panel: object) -> models.FieldColorModeId:
    by_series = isinstance(panel, curves.Panel)
    return models.FieldColorModeId.PALETTE_CLASSIC if by_series else models.FieldColorModeId.THRESHOLDS


def _thresholds(scale: Scale) -> Builder[models.ThresholdsConfig]:
    steps = [models.Threshold(value=value, color=color) for value, color in scale.steps]
    return dashboard.ThresholdsConfig().mode(models.ThresholdsMode.ABSOLUTE).steps(steps)


def _mappings(scale: Scale) -> list[models.ValueMapping]:
    shown = {
        value: models.ValueMappingResult(text=text, color=color, index=place)
        for place, (value, (text, color)) in enumerate(scale.texts.items())
    }
    return [models.ValueMap(options=shown)] if shown else []


def _column(scale: Scale) -> list[models.DynamicConfigValue]:
    properties: dict[str, Any] = {
        "unit": scale.unit,
        "thresholds": _thresholds(scale).build(),
        "mappings": _mappings(scale),
        "custom.cellOptions": {"type": "color-background" if len(scale.steps) > 1 or scale.texts else "auto"},
    }
    if scale.decimals is not None:
        properties["decimals"] = scale.decimals
    return [models.DynamicConfigValue(id_val=name, value=value) for name, value in properties.items()]


def _asked(query: Query, number: int) -> prometheus.Dataquery:
    asked = prometheus.Dataquery().expr(query.expr).ref_id(chr(ord("A") + number))
    return asked.legend_format(query.legend or "__auto")
