# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Dashboards with one fault each, and the sentence that names it."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable
from typing import Any

import pytest

from ansible_collections.vigil.observability.tests.dashboards import linter
from ansible_collections.vigil.observability.tests.dashboards.linter import faults

Dashboard = dict[str, Any]


def whole() -> Dashboard:
    """Return a dashboard without a fault."""
    source = {"type": "prometheus", "uid": "${source}"}
    return {
        "title": "Shop",
        "uid": "shop",
        "description": "A shop.",
        "tags": ["shop"],
        "refresh": "30s",
        "templating": {
            "list": [
                {"name": "source", "type": "datasource", "query": "prometheus"},
                {"name": "host", "type": "query", "query": 'label_values(up{a="b"}, host)', "datasource": source},
            ]
        },
        "annotations": {"list": [{"name": "Builds", "datasource": {"uid": "$source"}, "expr": "up"}]},
        "panels": [
            {"id": 1, "type": "row", "title": "Row", "gridPos": {"x": 0, "y": 0, "w": 24, "h": 1}, "panels": []},
            {
                "id": 2,
                "type": "stat",
                "title": "Up",
                "description": "Whether it is up.",
                "datasource": source,
                "gridPos": {"x": 0, "y": 1, "w": 12, "h": 4},
                "fieldConfig": {"defaults": {"unit": "none"}},
                "targets": [{"refId": "A", "expr": 'rate(up{host=~"$host"}[$__rate_interval])'}],
            },
            {
                "id": 3,
                "type": "logs",
                "title": "Logs",
                "description": "What it logs.",
                "datasource": "-- Mixed --",
                "gridPos": {"x": 12, "y": 1, "w": 12, "h": 4},
                "targets": [{"refId": "A", "query": "*", "datasource": source}],
            },
        ],
    }


def changed(change: Callable[[Dashboard], Any]) -> list[str]:
    """Return the faults of the dashboard after a change."""
    dashboard = copy.deepcopy(whole())
    change(dashboard)
    return faults(dashboard)


def test_dashboard_without_a_fault_has_none() -> None:
    assert faults(whole()) == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda d: d.update(uid="a" * 41), "uid 'aaaa.*' must be 1 to 40 letters"),
        (lambda d: d.update(id=7), "id 7 belongs to one Grafana"),
        (lambda d: d.pop("description"), "it has no description"),
        (lambda d: d.update(tags=[]), "it has no tags"),
        (lambda d: d.update(refresh=""), "refresh '' is no time"),
        (lambda d: d.update(refresh="1s"), "refresh 1s is below 5s"),
        (lambda d: d["panels"][1].update(id=3), "2 panels have the id 3"),
        (lambda d: d["panels"][1].pop("id"), "1 panels have the id None"),
        (lambda d: d["panels"][1].update(title="Logs"), "2 panels are titled 'Logs'"),
        (lambda d: d["panels"][1].update(title=""), "panel number 2 has no title"),
        (lambda d: d["panels"][2].update(description=""), "panel 'Logs' has no description"),
        (lambda d: d["panels"][1].update(fieldConfig={}), "panel 'Up' shows numbers and has no unit"),
        (lambda d: d["panels"][1].update(targets=[]), "panel 'Up' asks nothing"),
        (lambda d: d["panels"][1].update(gridPos={}), "panel 'Up' has no place"),
        (lambda d: d["panels"][2]["gridPos"].update(w=13), "panel 'Logs' reaches beyond the 24 columns"),
        (lambda d: d["panels"][2]["gridPos"].update(x=11), "panels 'Up' and 'Logs' lie over each other"),
        (lambda d: d["panels"][1].update(datasource={"uid": "prom"}), "panel 'Up' reads the data source 'prom'"),
        (lambda d: d["panels"][1].pop("datasource"), "panel 'Up' reads the data source None"),
        (lambda d: d["panels"][1].update(datasource="${other}"), r"data source '\$\{other\}', which is no data-source"),
        (lambda d: d["annotations"]["list"][0].update(datasource="x"), "annotation 'Builds' reads the data source 'x'"),
        (lambda d: d["templating"]["list"][1].update(datasource="x"), "variable 'host' reads the data source 'x'"),
        (lambda d: d["panels"][1]["targets"][0].update(expr="sum("), r"Up asks 'sum\(', which is no PromQL"),
        (lambda d: d["annotations"]["list"][0].update(expr="1 +"), r"annotation Builds asks '1 \+'"),
        (lambda d: d["templating"]["list"][1].update(query="label_values(up{, a)"), "variable host asks"),
    ],
)
def test_fault_is_named(change: Callable[[Dashboard], Any], said: str) -> None:
    [sentence] = changed(change)
    assert sentence.startswith("Dashboard 'Shop': ")
    assert re.search(said, sentence)


def test_dashboard_without_a_title_is_called_by_its_uid() -> None:
    assert changed(lambda d: d.pop("title")) == ["Dashboard 'shop': it has no title."]


def test_panels_of_collapsed_rows_are_looked_at() -> None:
    def collapse(dashboard: Dashboard) -> None:
        dashboard["panels"][0]["panels"] = [{**dashboard["panels"][2], "id": 2, "description": "", "title": "Hidden"}]

    assert changed(collapse) == [
        "Dashboard 'Shop': 2 panels have the id 2; each needs one of its own.",
        "Dashboard 'Shop': panel 'Hidden' has no description.",
    ]


def test_panel_of_words_needs_neither_unit_nor_source() -> None:
    words = {"id": 4, "type": "text", "title": "Help", "description": "What to do."}
    assert changed(lambda d: d["panels"].append({**words, "gridPos": {"x": 0, "y": 9, "w": 24, "h": 2}})) == []


def test_shortest_refresh_is_the_one_of_the_grafana_at_hand() -> None:
    assert faults(whole(), shortest_refresh="1m") == [
        "Dashboard 'Shop': refresh 30s is below 1m, the shortest that Grafana takes."
    ]


def test_expressions_are_let_be_where_there_is_no_parser(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(linter, "_PARSES", False)
    assert changed(lambda d: d["panels"][1]["targets"][0].update(expr="sum(")) == []


def test_empty_dashboard_has_faults_rather_than_an_error() -> None:
    assert len(faults({})) == 5
