# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The dashboards that filters make of data."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib import metadata
from typing import Any

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.vigil.observability.plugins.filter import (
    alerts_dashboard,
    application_dashboard,
    stack_dashboards,
)
from ansible_collections.vigil.observability.tests.dashboards.expressions import all_panels, expressions

SHOP: dict[str, Any] = {
    "name": "shop",
    "team": "sales",
    "metrics": {"orders": "orders_total", "active_users": "active_users_total"},
    "objectives": [{"kind": "availability", "target": 0.999}],
}
application = application_dashboard.application_dashboard
alerts = alerts_dashboard.alerts_dashboard
stack = stack_dashboards.stack_dashboards


def panel(dashboard: dict[str, Any], title: str) -> dict[str, Any]:
    """Return the panel of this title."""
    [found] = [dict(panel) for panel in all_panels(dashboard) if panel["title"] == title]
    return found


def titles(dashboard: dict[str, Any]) -> list[str]:
    """Return the titles of the panels."""
    return [str(panel["title"]) for panel in all_panels(dashboard)]


def steps(panel: dict[str, Any]) -> list[tuple[float | None, str]]:
    """Return the colours of a panel, with the value from which each holds."""
    found = panel["fieldConfig"]["defaults"]["thresholds"]["steps"]
    return [(step.get("value"), step["color"]) for step in found]


def test_application_is_named_tagged_and_refreshed_as_promised() -> None:
    made = application(SHOP)
    assert made["title"] == "shop - Application Metrics"
    assert made["tags"] == ["application", "production", "sales"]
    assert made["refresh"] == "30s"
    assert made["uid"] == "app-shop"


def test_same_application_makes_the_same_dashboard() -> None:
    assert application(SHOP) == application(json.loads(json.dumps(SHOP)))


def test_long_names_have_short_uids_that_differ() -> None:
    names = [f"{'a' * 39}{letter}" for letter in "bc"]
    uids = [application({**SHOP, "name": name})["uid"] for name in names]
    assert [len(uid) for uid in uids] == [40, 40]
    assert len(set(uids)) == 2


def test_response_times_are_shown_as_percentiles_with_exemplars() -> None:
    shown = panel(application(SHOP), "Response time")
    assert {side: shown["gridPos"][side] for side in "xwh"} == {"x": 0, "w": 12, "h": 8}
    assert shown["fieldConfig"]["defaults"]["unit"] == "s"
    legends = [(target["legendFormat"], target["exemplar"]) for target in shown["targets"]]
    assert legends[:2] == [("95th percentile", True), ("50th percentile", False)]
    assert [legend for legend, _exemplar in legends[2:]] == ["99th percentile", "mean"]


def test_error_rate_without_objective_is_calm_then_yellow_from_one_then_red_from_five_percent() -> None:
    shown = panel(application({**SHOP, "objectives": []}), "Error rate")
    assert shown["type"] == "stat"
    assert shown["fieldConfig"]["defaults"]["unit"] == "percent"
    assert steps(shown) == [(None, "transparent"), (1, "yellow"), (5, "red")]
    assert panel(application(SHOP), "Error rate")["gridPos"] == {"x": 12, "y": 1, "w": 6, "h": 4}


def test_throughput_is_in_requests_per_second() -> None:
    shown = panel(application(SHOP), "Throughput")
    assert shown["fieldConfig"]["defaults"]["unit"] == "reqps"
    assert shown["gridPos"] == {"x": 18, "y": 1, "w": 6, "h": 4}


@pytest.mark.parametrize(
    ("ground", "asked"),
    [
        ({"runs_on": "systemd"}, ["process_cpu_seconds_total", "node_memory_MemTotal_bytes"]),
        ({"runs_on": "process", "limits": {"cpu_cores": 2, "memory_bytes": 1024}}, ["/ 2", "/ 1024"]),
        ({"runs_on": "container"}, ["container_cpu_usage_seconds_total", "container_spec_memory_limit_bytes"]),
    ],
)
def test_use_of_resources_is_in_percent_of_what_there_is(ground: dict[str, Any], asked: list[str]) -> None:
    shown = panel(application({**SHOP, **ground}), "Resource usage")
    defaults = shown["fieldConfig"]["defaults"]
    assert (defaults["unit"], defaults["min"], defaults["max"]) == ("percent", 0, 100)
    assert [text in target["expr"] for text, target in zip(asked, shown["targets"], strict=True)] == [True, True]


def test_unit_is_watched_where_systemd_runs_the_application() -> None:
    asked = panel(application({**SHOP, "unit": "web.service"}), "Unit")["targets"][0]["expr"]
    assert 'node_systemd_unit_state{name="web.service",state="active"}' in asked
    assert "Unit" not in titles(application({**SHOP, "runs_on": "process"}))


def test_what_the_application_lacks_has_no_panel() -> None:
    bare = application({"name": "bare", "team": "web"})
    assert {"Orders", "Active users", "Connection pool", "Logs", "Burn rate"}.isdisjoint(titles(bare))
    assert {"Orders", "Active users", "Burn rate", "Error budget remaining"} <= set(titles(application(SHOP)))


def test_instance_and_route_can_be_chosen_from_what_prometheus_knows() -> None:
    variables = {one["name"]: one for one in application({**SHOP, "job": "web"})["templating"]["list"]}
    assert list(variables) == ["datasource", "instance", "route"]
    assert variables["datasource"]["query"] == "prometheus"
    assert variables["instance"]["query"] == 'label_values(up{job="web"}, instance)'
    assert variables["route"]["query"] == 'label_values(http_requests_total{job="web"}, route)'


def test_requests_that_do_not_count_are_in_no_panel() -> None:
    matcher = 'route!~"/healthz|/metrics"'
    made = application({**SHOP, "matchers": [matcher]})
    asked = [one for one in map(str, expressions(made)) if "http_request" in one]
    assert len(asked) > 5
    assert all(matcher in one for one in asked)
    query = next(one["query"] for one in made["templating"]["list"] if one["name"] == "route")
    assert query == f'label_values(http_requests_total{{job="shop",{matcher}}}, route)'


def test_application_without_routes_has_no_choice_of_them() -> None:
    made = application({**SHOP, "metrics": {"route_label": ""}})
    assert [one["name"] for one in made["templating"]["list"]] == ["datasource", "instance"]
    assert "Throughput by route" not in titles(made)


def test_deployments_and_incidents_are_drawn_over_the_curves() -> None:
    drawn = {one["name"]: one for one in application(SHOP)["annotations"]["list"]}
    assert drawn["Deployments"]["target"]["tags"] == ["deployment", "shop"]
    assert drawn["Incidents"]["target"]["tags"] == ["incident", "shop"]
    assert drawn["New versions"]["titleFormat"] == "version {{version}}"


def test_logs_and_traces_are_reached_by_their_addresses_first() -> None:
    made = application(
        {**SHOP, "logs_url": "https://logs.example", "traces_url": "https://traces.example"}, jaeger=True
    )
    links = {link["title"]: link.get("url", "") for link in made["links"]}
    assert (links["Logs"], links["Traces"]) == ("https://logs.example", "https://traces.example")


def test_logs_and_traces_are_reached_through_the_data_sources_that_there_are() -> None:
    made = application(SHOP, elasticsearch=True, jaeger=True, logs_query="app:shop")
    links = {link["title"]: link.get("url", "") for link in made["links"]}
    assert links["Logs"].startswith("/explore?schemaVersion=1&panes=%7B")
    assert "${logs}" in links["Logs"]
    assert "app%3Ashop" in links["Logs"]
    assert "${traces}" in links["Traces"]
    assert panel(made, "Logs")["targets"][0]["query"] == "app:shop"


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"colour": "red"}, "colour"),
        ({"metrics": {"requests": "no metric"}}, "metrics.requests 'no metric'"),
        ({"limits": {"cpu_cores": 0}}, "limits.cpu_cores 0"),
        ({"containers": {"label": "a-b"}}, "containers.label 'a-b'"),
    ],
)
def test_application_that_makes_no_sense_is_refused_by_name(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(AnsibleFilterError, match=f"application_dashboard: Application 'shop': .*{said}"):
        application({**SHOP, **wrong})


@pytest.mark.parametrize("refresh", ["", "soon", "0s", "30"])
def test_refresh_that_is_no_time_is_refused(refresh: str) -> None:
    with pytest.raises(AnsibleFilterError, match=f"refresh '{refresh}' must be a time"):
        alerts("", refresh=refresh)


def test_one_name_in_place_of_a_list_of_services_is_refused() -> None:
    with pytest.raises(AnsibleFilterError, match="must be a list of names, not 'prometheus'"):
        stack("prometheus")


def test_alertmanager_is_linked_where_people_can_reach_it() -> None:
    assert [link["url"] for link in alerts("https://a.example")["links"] if link["title"] == "Alertmanager"] == [
        "https://a.example"
    ]
    assert "Alertmanager" not in [link["title"] for link in alerts("")["links"]]


def test_stack_has_the_pages_of_its_services_and_first_the_one_of_everything() -> None:
    made = [page["uid"] for page in stack(["grafana", "node_exporter", "blackbox_exporter"])]
    assert made == ["vigil-overview", "vigil-hosts", "vigil-certificates", "vigil-grafana"]


@pytest.mark.parametrize(
    ("make", "name"),
    [
        (lambda: application(SHOP), "application_dashboard"),
        (lambda: alerts(""), "alerts_dashboard"),
        (lambda: stack([]), "stack_dashboards"),
    ],
)
def test_missing_library_is_named_with_what_to_install(make: Any, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(library: str) -> str:
        raise metadata.PackageNotFoundError(library)

    monkeypatch.setattr(metadata, "version", missing)
    with pytest.raises(
        AnsibleFilterError, match=f"{name}: .* has none: run .*'grafana-foundation-sdk==1769699379!11.6.0'"
    ):
        make()


def test_controller_without_the_libraries_can_load_the_filters() -> None:
    libraries = ("grafana_foundation_sdk", "promql_parser")
    filters = "ansible_collections.vigil.observability.plugins.filter"
    blocked = "".join(f"sys.modules[{name!r}] = None\n" for name in libraries)
    names = ("application_dashboard", "alerts_dashboard", "stack_dashboards")
    loaded = "".join(f"import {filters}.{name}\n" for name in names)
    subprocess.run([sys.executable, "-c", f"import sys\n{blocked}{loaded}"], check=True)


def test_library_with_the_schema_of_another_grafana_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metadata, "version", lambda library: "1769699998!10.1.0")
    with pytest.raises(AnsibleFilterError, match="has 1769699998!10.1.0"):
        alerts("")


@pytest.mark.parametrize(
    ("module", "name"),
    [
        (application_dashboard, "application_dashboard"),
        (alerts_dashboard, "alerts_dashboard"),
        (stack_dashboards, "stack_dashboards"),
    ],
)
def test_filter_is_found_by_its_name(module: Any, name: str) -> None:
    assert module.FilterModule().filters() == {name: getattr(module, name)}
