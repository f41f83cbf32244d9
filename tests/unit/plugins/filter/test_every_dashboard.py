# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""All dashboards that the collection ships: without faults, and about metrics that exist.

The lists in `server_metrics` are the series that the real servers answer with, of both versions that are tested where
there are two.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import promql_parser
import pytest
import yaml

from ansible_collections.vigil.observability.plugins.filter.alerts_dashboard import alerts_dashboard
from ansible_collections.vigil.observability.plugins.filter.application_dashboard import application_dashboard
from ansible_collections.vigil.observability.plugins.filter.stack_dashboards import stack_dashboards
from ansible_collections.vigil.observability.plugins.plugin_utils._applications.metrics import series_names
from ansible_collections.vigil.observability.plugins.plugin_utils._services.registry import services
from ansible_collections.vigil.observability.tests.dashboards.expressions import (
    all_panels,
    annotation_expressions,
    expressions,
    variable_selectors,
)
from ansible_collections.vigil.observability.tests.dashboards.linter import faults
from ansible_collections.vigil.observability.tests.dashboards.searches import fields, searches

ROOT = Path(__file__).resolve().parents[4]
SERVICES = ["probes", *services()]
SMALL = {"name": "small", "team": "web", "runs_on": "process", "metrics": {"route_label": "", "build_info": ""}}
LARGE = {
    "name": "shop",
    "team": "sales",
    "environment": "staging",
    "metrics": {
        "orders": "orders_total",
        "order_duration": "order_processing_duration_seconds",
        "active_users": "active_users_total",
        "pool_in_use": "connection_pool_in_use",
        "pool_size": "connection_pool_size",
    },
    "objectives": [
        {"kind": "availability", "target": 0.999},
        {"kind": "latency", "target": 0.99, "threshold": 0.5},
    ],
    "business": [{"name": "revenue", "expr": "sum(rate(revenue_total[5m]))", "currency": "EUR"}],
    "depends_on": ["payment"],
}
CONTAINERS = {"name": "cart", "team": "sales", "runs_on": "container"}
SPANS = {"name": "billing", "team": "money", "measured_by": "spans", "objectives": LARGE["objectives"]}
APPLICATIONS: list[dict[str, Any]] = [SMALL, LARGE, CONTAINERS, SPANS]
STACK = [
    *stack_dashboards(SERVICES, applications=APPLICATIONS, alertmanager_url="https://alerts.example"),
    alerts_dashboard("https://alerts.example", applications=APPLICATIONS, services=SERVICES),
]
SHIPPED = [
    *STACK,
    application_dashboard(SMALL),
    application_dashboard(LARGE, elasticsearch=True, jaeger=True),
    application_dashboard(CONTAINERS),
    application_dashboard(SPANS),
]
# Of Prometheus itself, of certificates' expiry, of cAdvisor, and what the rules of the collection record.
OTHERS = r"""
    up | ALERTS | ALERTS_FOR_STATE | scrape_(duration_seconds|samples_post_metric_relabeling|series_added)
  | vigil_certificate_(authority_)?not_(after|before)_timestamp_seconds
  | container_(start_time_seconds|cpu_cfs_(throttled_)?periods_total)
  | container_(cpu_usage_seconds_total|memory_working_set_bytes|spec_(cpu_(quota|period)|memory_limit_bytes))
  | sla_(checks|violations)_total | sli:bad:ratio5m | slo:objective:(bad_ratio|window_seconds)
  | slo:burn_rate:ratio(5m|30m|1h|2h|6h|1d|3d) | slo:error_budget:remaining_ratio | slo:compliance:ratio24h
  | slo:violation:(probability|brier)15m | slo:violation:brier15m:avg7d
  | service:spans:(rate5m|error_ratio5m|p95_5m) | service:symptom:value | service:symptoms:(active10m|observed)
  | business:(level:avg30m|baseline:(median|least|mad)|drop:ratio) | alert:summary:firing
"""


def series_of(node: Any) -> set[str]:
    """Return the names of all series that a parsed expression asks for."""
    if isinstance(node, promql_parser.VectorSelector):
        return {str(node.name)}
    parts = [getattr(node, part, None) for part in ("lhs", "rhs", "expr", "param", "vector_selector")]
    parts += getattr(node, "args", [])
    return {name for part in parts if part is not None for name in series_of(part)}


def known(name: str) -> bool:
    """Tell whether a server, the library for applications or a rule makes the series, perhaps not everywhere."""
    folder = Path(__file__).parent / "server_metrics"
    conditional = yaml.safe_load((ROOT / "tests/rules/conditional_metrics.yml").read_text(encoding="utf-8"))
    served = {line for file in folder.glob("*.txt") for line in file.read_text().split()}
    return name in served | series_names() | set(conditional) or bool(re.fullmatch(OTHERS, name, re.VERBOSE))


@pytest.mark.parametrize("dashboard", SHIPPED, ids=lambda dashboard: dashboard["uid"])
def test_dashboard_has_no_faults(dashboard: dict[str, Any]) -> None:
    assert faults(dashboard) == []


@pytest.mark.parametrize("dashboard", SHIPPED, ids=lambda dashboard: dashboard["uid"])
def test_dashboard_asks_for_series_that_exist(dashboard: dict[str, Any]) -> None:
    asked = [*expressions(dashboard), *annotation_expressions(dashboard), *variable_selectors(dashboard)]
    names = {name for one in asked for name in series_of(promql_parser.parse(one.expr))}
    assert names or searches(dashboard)
    assert {name for name in names if not known(name)} == set()


def test_dashboards_ask_for_fields_of_log_lines_that_the_template_has() -> None:
    template = yaml.safe_load((ROOT / "playbooks/vars/log_fields.yml").read_text(encoding="utf-8"))
    known = template["provision_log_known_fields"]
    asked = {dashboard["title"]: fields(dashboard) for dashboard in SHIPPED if searches(dashboard)}
    assert set(asked) == {"Logs", "shop - Application Metrics"}
    assert {field for found in asked.values() for field in found} - set(known) == set()
    counted = {search.by for dashboard in SHIPPED for search in searches(dashboard) if search.by}
    assert {known[field]["type"] for field in counted} == {"keyword"}


def test_conditional_metrics_are_those_that_panels_ask_for_which_may_be_empty() -> None:
    file = ROOT / "tests/dashboards/conditional_metrics.yml"
    conditional = yaml.safe_load(file.read_text(encoding="utf-8"))
    asked = [one for dashboard in SHIPPED for one in expressions(dashboard) if one.when_empty]
    assert set(conditional) <= {name for one in asked for name in series_of(promql_parser.parse(one.expr))}
    assert all(isinstance(reason, str) and reason for reason in conditional.values())


def test_dashboards_have_uids_and_titles_of_their_own() -> None:
    assert len({dashboard["uid"] for dashboard in SHIPPED}) == len(SHIPPED)
    assert len({dashboard["title"] for dashboard in SHIPPED}) == len(SHIPPED)


@pytest.mark.parametrize("dashboard", SHIPPED, ids=lambda dashboard: dashboard["uid"])
def test_every_curve_tells_what_its_axis_is(dashboard: dict[str, Any]) -> None:
    curves = [panel for panel in all_panels(dashboard) if panel["type"] == "timeseries"]
    unlabelled = [one["title"] for one in curves if not one["fieldConfig"]["defaults"]["custom"].get("axisLabel")]
    assert unlabelled == []


@pytest.mark.parametrize("dashboard", SHIPPED, ids=lambda dashboard: dashboard["uid"])
def test_no_curve_is_a_filler_without_the_labels_of_its_legend(dashboard: dict[str, Any]) -> None:
    fillers = [
        panel["title"]
        for panel in all_panels(dashboard)
        for target in panel.get("targets") or []
        if "{{" in target.get("legendFormat", "") and re.search(r"or on \(\) vector\(", target["expr"])
    ]
    assert fillers == []


@pytest.mark.parametrize("dashboard", SHIPPED, ids=lambda dashboard: dashboard["uid"])
def test_panels_leave_no_hole_in_the_page(dashboard: dict[str, Any]) -> None:
    places = [panel["gridPos"] for panel in dashboard["panels"]]
    height = max(place["y"] + place["h"] for place in places)
    assert sum(place["w"] * place["h"] for place in places) == 24 * height


@pytest.mark.parametrize("dashboard", SHIPPED, ids=lambda dashboard: dashboard["uid"])
def test_what_is_as_it_should_be_has_no_colour(dashboard: dict[str, Any]) -> None:
    coloured = [
        panel["title"]
        for panel in all_panels(dashboard)
        if panel["type"] == "stat" and "green" in json.dumps(panel["fieldConfig"])
    ]
    assert coloured == []


def links(dashboard: dict[str, Any]) -> list[str]:
    """Return where the dashboard leads, its panels, and the values and cells in them."""
    found = list(dashboard["links"])
    for panel in all_panels(dashboard):
        config = panel.get("fieldConfig") or {}
        overridden = [each for one in config.get("overrides") or [] for each in one["properties"]]
        found += panel.get("links") or []
        found += (config.get("defaults") or {}).get("links") or []
        found += [link for each in overridden if each["id"] == "links" for link in each["value"]]
    return [link["url"] for link in found if link.get("url")]


def test_links_lead_to_dashboards_that_are_shipped() -> None:
    urls = [url for one in SHIPPED for url in links(one)]
    # What a row names itself is the uid of an application that is given, or one of these.
    found = [re.fullmatch(r"/d/([\w-]+)(\?.*)?", url) for url in urls]
    targets = {match[1] for match in found if match}
    assert {"vigil-overview", "vigil-prometheus", "vigil-alerts", "vigil-hosts", "app-shop"} <= targets
    assert targets <= {dashboard["uid"] for dashboard in SHIPPED} | {"app-payment"}


def test_links_set_variables_that_the_dashboard_has() -> None:
    variables = {one["uid"]: {each["name"] for each in one["templating"]["list"]} for one in SHIPPED}
    for url in (url for one in SHIPPED for url in links(one)):
        match = re.fullmatch(r"/d/([\w-]+)\?(.*)", url)
        if match and match[1] in variables:
            assert set(re.findall(r"var-(\w+)=", match[2])) <= variables[match[1]], url
