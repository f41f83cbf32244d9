# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Panels of dashboards: curves, single values and timelines of Prometheus.

The description of every panel explains it; what it shows is read through a data-source variable. `size` is width
and height in units of Grafana's grid, which is 24 wide. `link` is where a click on a value leads.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.links import Link
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.scale import Scale, mappings, thresholds

with contextlib.suppress(ImportError):  # refused by a sentence when a dashboard is asked for
    from grafana_foundation_sdk.builders import common, dashboard, prometheus
    from grafana_foundation_sdk.builders import stat as stats
    from grafana_foundation_sdk.builders import statetimeline as timelines
    from grafana_foundation_sdk.builders import table as tables
    from grafana_foundation_sdk.builders import timeseries as curves
    from grafana_foundation_sdk.cog.builder import Builder
    from grafana_foundation_sdk.models import common as looks
    from grafana_foundation_sdk.models import dashboard as models

    _Panel = TypeVar("_Panel", curves.Panel, stats.Panel, tables.Panel, timelines.Panel)

__all__ = ["Query", "asked", "framed", "or_zero", "reading", "stat", "timeline", "timeseries", "worst"]

# Nobody can distinguish more lines than this.
_MOST_LINES = 10
_BAND = "semi-dark-blue"


@dataclass(frozen=True)
class Query:
    """A question to Prometheus. `legend` names each answer, labels as `{{label}}`; exemplars name their trace.

    In a `stat`, `scale` and `link` read and lead this answer otherwise than the panel's own.
    """

    expr: str
    legend: str = ""
    exemplars: bool = False
    scale: Scale | None = None
    link: Link | None = None


def or_zero(expr: str) -> str:
    """Return the expression with a single 0 where it has no answer at all, because there is nothing to count."""
    return f"({expr}) or on () vector(0)"


def worst(expr: str, *, lowest: bool = False, most: int = _MOST_LINES, used: bool = False) -> str:
    """Return the expression for those series alone that were highest (or lowest) within the time shown.

    The choice is made once for the whole curve: topk by itself chooses anew at each point. `used` leaves out those that
    were 0 all the time.
    """
    pick, extreme = ("bottomk", "min_over_time") if lowest else ("topk", "max_over_time")
    some = " > 0" if used else ""
    return f"({expr}) and {pick}({most}, {extreme}(({expr})[$__range:$__interval] @ end()){some})"


def timeseries(
    title: str,
    description: str,
    *queries: Query,
    scale: Scale,
    axis: str = "",
    size: tuple[int, int] = (12, 8),
    stacked: bool = False,
    lowest_first: bool = False,
    colors: Mapping[str, str] | None = None,
    band: tuple[str, str] | None = None,
    no_value: str = "",
    link: Link | None = None,
    links: Iterable[Builder[models.DashboardLink]] = (),
) -> curves.Panel:
    """Return curves over time. Steps beyond the first are drawn as lines.

    The legend is a table of the last and the most of each curve (the least with `lowest_first`), the worst first.
    `axis` is what the numbers are; `colors` has regular expressions of legends, each with its colour; between the two
    curves of `band`, lower and upper, the ground is shaded.
    """
    panel = framed(curves.Panel(), title, description, scale, size).links(list(links))
    panel.legend(_legend(lowest_first))
    panel.tooltip(common.VizTooltipOptions().mode(looks.TooltipDisplayMode.MULTI).sort(looks.SortOrder.DESCENDING))
    panel.line_width(1).fill_opacity(0).show_points(looks.VisibilityMode.NEVER).axis_label(axis)
    if scale.soft_maximum is not None:
        panel.axis_soft_max(scale.soft_maximum)
    if scale.minimum is None:
        panel.axis_soft_min(0)
    if len(scale.steps) > 1:
        panel.thresholds_style(common.GraphThresholdsStyleConfig().mode(looks.GraphThresholdsStyleMode.DASHED))
    if stacked:
        panel.stacking(common.StackingConfig().mode(looks.StackingMode.NORMAL).group("A")).fill_opacity(30)
    for pattern, color in (colors or {}).items():
        fixed = {"mode": "fixed", "fixedColor": color}
        panel.override_by_regexp(pattern, [models.DynamicConfigValue(id_val="color", value=fixed)])
    for name, properties in _shaded(*band).items() if band else ():
        panel.override_by_name(name, properties)
    _led(panel, link, no_value)
    for number, query in enumerate(queries):
        panel.with_target(asked(query, number).range().exemplar(query.exemplars))
    return panel


def stat(
    title: str,
    description: str,
    *queries: Query,
    scale: Scale,
    size: tuple[int, int] = (4, 4),
    since: bool = False,
    text: str = "auto",
    no_value: str = "",
    link: Link | None = None,
    links: Iterable[Builder[models.DashboardLink]] = (),
) -> Builder[models.Panel]:
    """Return values of now, on the colour of their step; `no_value` is shown where there is none.

    `since` draws the time shown below the value. It is for expressions that always have an answer: of a series that has
    ended the last value would stay. `text` is what is shown: value, value_and_name, name; or auto, with the name where
    there are several.
    """
    panel = framed(stats.Panel(), title, description, scale, size).links(list(links))
    panel.reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]).values(False).fields(""))
    panel.color_mode(looks.BigValueColorMode.BACKGROUND).text_mode(looks.BigValueTextMode(text))
    panel.graph_mode(looks.BigValueGraphMode.AREA if since else looks.BigValueGraphMode.NONE)
    panel.justify_mode(looks.BigValueJustifyMode.AUTO).orientation(looks.VizOrientation.AUTO)
    _led(panel, link, no_value)
    for number, query in enumerate(queries):
        target = asked(query, number)
        panel.with_target(target.range() if since else target.instant())
        if own := [*reading(query.scale), *_leading(query.link)]:
            panel.override_by_query(target.build().ref_id, own)
    return panel


def timeline(
    title: str,
    description: str,
    *queries: Query,
    scale: Scale,
    size: tuple[int, int] = (24, 8),
    no_value: str = "",
    link: Link | None = None,
) -> Builder[models.Panel]:
    """Return states over time, one line for each answer."""
    panel = framed(timelines.Panel(), title, description, scale, size)
    panel.show_value(looks.VisibilityMode.NEVER).merge_values(True).fill_opacity(80)
    _led(panel, link, no_value)
    for number, query in enumerate(queries):
        panel.with_target(asked(query, number).range())
    return panel


def framed(panel: _Panel, title: str, description: str, scale: Scale, size: tuple[int, int]) -> _Panel:
    """Return the panel with what all of Prometheus have: texts, place, source, and the scale of its numbers."""
    panel.title(title).description(description).span(size[0]).height(size[1])
    panel.datasource(models.DataSourceRef(type_val="prometheus", uid="${datasource}"))
    panel.unit(scale.unit).mappings(mappings(scale)).thresholds(thresholds(scale))
    panel.color_scheme(dashboard.FieldColor().mode(_colors(panel)))
    if scale.minimum is not None:
        panel.min(scale.minimum)
    if scale.maximum is not None:
        panel.max(scale.maximum)
    if scale.decimals is not None:
        panel.decimals(scale.decimals)
    return panel


def reading(scale: Scale | None) -> list[models.DynamicConfigValue]:
    """Return what an override needs to have its values read by this scale, nothing without one."""
    if not scale:
        return []
    named = {"unit": scale.unit, "min": scale.minimum, "max": scale.maximum, "decimals": scale.decimals}
    found = [models.DynamicConfigValue(id_val=name, value=value) for name, value in named.items() if value is not None]
    return [
        *found,
        models.DynamicConfigValue(id_val="thresholds", value=thresholds(scale).build()),
        models.DynamicConfigValue(id_val="mappings", value=mappings(scale)),
    ]


def asked(query: Query, number: int) -> prometheus.Dataquery:
    """Return the question in Grafana's words; `number` is its place in the panel."""
    made = prometheus.Dataquery().expr(query.expr).ref_id(chr(ord("A") + number))
    return made.legend_format(query.legend or "__auto")


def _colors(panel: object) -> models.FieldColorModeId:
    by_series = isinstance(panel, curves.Panel)
    return models.FieldColorModeId.PALETTE_CLASSIC if by_series else models.FieldColorModeId.THRESHOLDS


def _legend(lowest_first: bool) -> common.VizLegendOptions:
    extreme, head = ("min", "Min") if lowest_first else ("max", "Max")
    legend = common.VizLegendOptions().show_legend(True).display_mode(looks.LegendDisplayMode.TABLE)
    legend.placement(looks.LegendPlacement.BOTTOM).calcs(["lastNotNull", extreme])
    return legend.sort_by(head).sort_desc(not lowest_first)


def _shaded(lower: str, upper: str) -> dict[str, list[models.DynamicConfigValue]]:
    """Return what makes two curves the edges of one band, which is no line of the legend."""
    edge = {
        "color": {"mode": "fixed", "fixedColor": _BAND},
        "custom.lineWidth": 0,
        "custom.hideFrom": {"legend": True, "tooltip": False, "viz": False},
    }
    wanted = {lower: edge, upper: {**edge, "custom.fillBelowTo": lower, "custom.fillOpacity": 15}}
    return {
        name: [models.DynamicConfigValue(id_val=key, value=value) for key, value in properties.items()]
        for name, properties in wanted.items()
    }


def _leading(link: Link | None) -> list[models.DynamicConfigValue]:
    return [models.DynamicConfigValue(id_val="links", value=[link.data_link().build()])] if link else []


def _led(panel: curves.Panel | stats.Panel | timelines.Panel, link: Link | None, no_value: str) -> None:
    """Give the panel's values the page to which a click leads, and the text in place of nothing."""
    if link:
        panel.data_links([link.data_link()])
    if no_value:
        panel.no_value(no_value)
