# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What can be chosen at the top of a dashboard: data sources, labels of Prometheus, and keywords of log lines."""

from __future__ import annotations

import contextlib
import json

with contextlib.suppress(ImportError):  # refused by a sentence when a dashboard is asked for
    from grafana_foundation_sdk.builders import dashboard
    from grafana_foundation_sdk.cog.builder import Builder
    from grafana_foundation_sdk.models import dashboard as models

__all__ = ["keyword", "label", "source"]


def source(name: str, kind: str, title: str) -> Builder[models.VariableModel]:
    """Return the choice among the data sources of a kind, such as prometheus.

    At first Grafana's default is chosen, or one of the kind where the default is of another.
    """
    first = models.VariableOption(selected=True, text="default", value="default")
    return dashboard.DatasourceVariable(name).type(kind).label(title).current(first)


def label(name: str, selector: str, title: str) -> Builder[models.VariableModel]:
    """Return the choice among the values that a label of this name has in the series; all of them are at first.

    Series without the label are among all, too.
    """
    chosen = _among_all(name, title).query(f"label_values({selector}, {name})").all_value(".*")
    return chosen.datasource(models.DataSourceRef(type_val="prometheus", uid="${datasource}"))


def keyword(name: str, source: str, title: str) -> Builder[models.VariableModel]:
    """Return the choice among the values that a keyword of this name has in log lines; all of them are at first.

    `source` is the variable that names the data source. Lines without the keyword are not among all.
    """
    chosen = _among_all(name, title).query(json.dumps({"find": "terms", "field": name})).all_value("*")
    return chosen.datasource(models.DataSourceRef(type_val="elasticsearch", uid=f"${{{source}}}"))


def _among_all(name: str, title: str) -> dashboard.QueryVariable:
    everything = models.VariableOption(selected=True, text="All", value="$__all")
    chosen = dashboard.QueryVariable(name).label(title).include_all(True).multi(True).current(everything)
    return chosen.refresh(models.VariableRefresh.ON_TIME_RANGE_CHANGED).sort(models.VariableSort.ALPHABETICAL_ASC)
