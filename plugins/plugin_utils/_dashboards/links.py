# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where a dashboard or a panel leads: another dashboard, those of a tag, Explore, an address."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

with contextlib.suppress(ImportError):  # refused by a sentence when a dashboard is asked for
    from grafana_foundation_sdk.builders import dashboard
    from grafana_foundation_sdk.cog.builder import Builder
    from grafana_foundation_sdk.models import dashboard as models

__all__ = ["Link", "to_address", "to_dashboard", "to_explore", "to_tagged"]

_TIME = "${__url_time_range}"


@dataclass(frozen=True, kw_only=True)
class Link:
    """Where a click on a value leads. Grafana puts in `${__field.labels.x}`, `${__value.raw}` and variables."""

    title: str
    url: str
    outside: bool = False

    @classmethod
    def page(cls, title: str, uid: str, **variables: str) -> Link:
        """Return the link to a dashboard at the same time, with its variables set to these texts."""
        return cls(title=title, url=f"/d/{uid}?{'&'.join((_TIME, *_chosen(variables)))}")

    def data_link(self) -> Builder[models.DashboardLink]:
        """Return it in Grafana's words."""
        return _link(self.title, models.DashboardLinkType.LINK).url(self.url).target_blank(self.outside)


def to_dashboard(title: str, uid: str, **variables: str) -> Builder[models.DashboardLink]:
    """Return the way to another dashboard, which shows the same time, with its variables set to these texts."""
    url = "?".join(filter(None, (f"/d/{uid}", "&".join(_chosen(variables)))))
    return _link(title, models.DashboardLinkType.LINK).url(url).keep_time(True).icon("dashboard")


def to_tagged(title: str, *tags: str) -> Builder[models.DashboardLink]:
    """Return a list of the dashboards that have all these tags."""
    listed = _link(title, models.DashboardLinkType.DASHBOARDS).tags(list(tags)).as_dropdown(True)
    return listed.keep_time(True).icon("external link")


def to_address(title: str, url: str) -> Builder[models.DashboardLink]:
    """Return the way out of Grafana, in a window of its own."""
    return _link(title, models.DashboardLinkType.LINK).url(url).target_blank(True).icon("external link")


def to_explore(title: str, source: str, kind: str, query: dict[str, Any]) -> Builder[models.DashboardLink]:
    """Return the way to a query in Explore, of the data source that the variable `source` names, at the same time."""
    chosen = {"type": kind, "uid": f"${{{source}}}"}
    pane = {
        "datasource": chosen["uid"],
        "queries": [{"refId": "A", "datasource": chosen, **query}],
        "range": {"from": "${__from}", "to": "${__to}"},
    }
    text = json.dumps({"now": pane}, separators=(",", ":"))
    # Variables stay as they are: Grafana puts their values in.
    parts = re.split(r"(\$\{\w+\})", text)
    panes = "".join(part if part.startswith("${") else quote(part, safe="") for part in parts)
    return _link(title, models.DashboardLinkType.LINK).url(f"/explore?schemaVersion=1&panes={panes}").icon("bolt")


def _chosen(variables: Mapping[str, str]) -> Iterator[str]:
    return (f"var-{name}={value}" for name, value in variables.items())


def _link(title: str, kind: models.DashboardLinkType) -> dashboard.DashboardLink:
    return dashboard.DashboardLink(title).type(kind).tooltip(title)
