# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Panels on log lines in Elasticsearch: how many there are over time, and the newest ones.

`query` is in Lucene's words, `source` the variable that names the data source.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping

from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.panels import timeseries
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.scale import Scale

with contextlib.suppress(ImportError):  # refused by a sentence when a dashboard is asked for
    from grafana_foundation_sdk.builders import common, elasticsearch, logs
    from grafana_foundation_sdk.cog.builder import Builder
    from grafana_foundation_sdk.models import common as looks
    from grafana_foundation_sdk.models import dashboard as models
    from grafana_foundation_sdk.models.elasticsearch import TermsOrder

__all__ = ["counts", "log_lines"]

_TIME = "@timestamp"
_MOST = "10"


def counts(
    title: str, description: str, query: str, *, by: str, source: str, colors: Mapping[str, str] | None = None
) -> Builder[models.Panel]:
    """Return stacked numbers of lines over time, for the ten values of the keyword `by` that most lines have.

    Lines without the keyword count as `none`. `colors` is as in `timeseries`.
    """
    values = elasticsearch.ElasticsearchTermsSettings().size(_MOST).min_doc_count("1").missing("none")
    values.order(TermsOrder.DESC).order_by("_count")
    time = elasticsearch.ElasticsearchDateHistogramSettings().interval("auto").min_doc_count("0")
    asked = _asked(query).metrics([elasticsearch.Count().id("1")])
    asked.bucket_aggs(
        [
            elasticsearch.Terms().id("2").field(by).settings(values),
            elasticsearch.DateHistogram().id("3").field(_TIME).settings(time),
        ]
    )
    scale = Scale(unit="short", decimals=0, soft_maximum=5)
    panel = timeseries(title, description, scale=scale, axis="log lines", stacked=True, colors=colors)
    panel.draw_style(looks.GraphDrawStyle.BARS).fill_opacity(80).legend(_totals())
    return panel.datasource(_of(source)).with_target(asked)


def log_lines(
    title: str, description: str, query: str, *, source: str, size: tuple[int, int] = (24, 10)
) -> Builder[models.Panel]:
    """Return the newest lines."""
    panel = logs.Panel().title(title).description(description).span(size[0]).height(size[1]).datasource(_of(source))
    panel.show_time(True).wrap_log_message(True).enable_log_details(True).sort_order(looks.LogsSortOrder.DESCENDING)
    return panel.with_target(_asked(query).metrics([elasticsearch.Logs().id("1")]))


def _totals() -> common.VizLegendOptions:
    legend = common.VizLegendOptions().show_legend(True).display_mode(looks.LegendDisplayMode.TABLE)
    return legend.placement(looks.LegendPlacement.BOTTOM).calcs(["sum"]).sort_by("Total").sort_desc(True)


def _asked(query: str) -> elasticsearch.Dataquery:
    return elasticsearch.Dataquery().ref_id("A").query(query).time_field(_TIME)


def _of(source: str) -> models.DataSourceRef:
    return models.DataSourceRef(type_val="elasticsearch", uid=f"${{{source}}}")
