# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What happened, drawn over the curves of a dashboard: events that people or pipelines note, and what metrics tell."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field

from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.panels import or_zero

with contextlib.suppress(ImportError):  # refused by a sentence when a dashboard is asked for
    from grafana_foundation_sdk.builders import annotationslist, dashboard
    from grafana_foundation_sdk.cog.builder import Builder
    from grafana_foundation_sdk.models import dashboard as models

__all__ = ["Annotation", "measured", "noted", "noted_events"]

_MOST = 100
_MOST_LISTED = 10


@dataclass(frozen=True, kw_only=True)
class Annotation:
    """A kind of event: those with all `tags` in Grafana's own store, or the answers of a query to Prometheus."""

    name: str
    color: str
    tags: tuple[str, ...] = ()
    expr: str = ""
    heads: dict[str, str] = field(default_factory=dict)

    def query(self) -> Builder[models.AnnotationQuery]:
        """Return the question to the data source. Its switch would take a line of a small screen from the panels."""
        asked = dashboard.AnnotationQuery().name(self.name).enable(True).hide(True).icon_color(self.color)
        if self.expr:
            return asked.datasource(models.DataSourceRef(type_val="prometheus", uid="${datasource}")).expr(self.expr)
        asked.datasource(models.DataSourceRef(type_val="grafana", uid="-- Grafana --"))
        by_tags = dashboard.AnnotationTarget().limit(_MOST).match_any(False).tags(list(self.tags)).type("tags")
        return asked.target(by_tags)

    def texts(self) -> dict[str, str]:
        """Return what the library does not know: the texts of an answer of Prometheus."""
        return dict(self.heads)


def noted(name: str, color: str, *tags: str) -> Annotation:
    """Return events that a pipeline or a person writes into Grafana with these tags."""
    return Annotation(name=name, color=color, tags=tags)


def measured(name: str, color: str, expr: str, *, title: str) -> Annotation:
    """Return events at the times at which the expression is above 0; `title` may hold labels as `{{label}}`.

    It is asked with a 0 in place of no answer, without which Grafana 9.4 cannot do.
    """
    return Annotation(name=name, color=color, expr=or_zero(expr), heads={"titleFormat": title, "step": "60s"})


def noted_events(title: str, description: str, *tags: str, size: tuple[int, int]) -> Builder[models.Panel]:
    """Return a panel of the latest events with these tags, whatever time is shown."""
    panel = annotationslist.Panel().title(title).description(description).span(size[0]).height(size[1])
    return panel.tags(list(tags)).limit(_MOST_LISTED).show_user(False).show_time(True).show_tags(True)
