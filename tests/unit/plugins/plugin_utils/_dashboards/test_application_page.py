# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The page of an application: true, legible, calm, and leading on."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.vigil.observability.plugins.filter.application_dashboard import application_dashboard
from ansible_collections.vigil.observability.tests.dashboards.expressions import all_panels
from ansible_collections.vigil.observability.tests.dashboards.linter import faults

AVAILABLE = {"kind": "availability", "target": 0.999}
FAST = {"kind": "latency", "target": 0.99, "threshold": 0.5}
METRICS = {
    "orders": "orders_total",
    "order_duration": "order_processing_duration_seconds",
    "active_users": "active_users_total",
    "pool_in_use": "connection_pool_in_use",
    "pool_size": "connection_pool_size",
}
REVENUE = {"name": "revenue", "expr": "sum(revenue)", "currency": "EUR", "drop": 0.2}
SHOP: dict[str, Any] = {
    "name": "shop",
    "team": "sales",
    "metrics": METRICS,
    "objectives": [AVAILABLE, FAST],
    "business": [REVENUE],
    "depends_on": ["payment"],
}
BARE: dict[str, Any] = {"name": "bare", "team": "web"}


def panel(app: dict[str, Any], title: str, **sources: Any) -> dict[str, Any]:
    """Return the panel of this title on the page of the application."""
    [found] = [dict(one) for one in all_panels(application_dashboard(app, **sources)) if one["title"] == title]
    return found


def titles(app: dict[str, Any]) -> list[str]:
    """Return the titles of the panels, as a small screen shows them one below the other."""
    return [str(one["title"]) for one in all_panels(application_dashboard(app))]


def steps(panel: dict[str, Any]) -> list[tuple[float | None, str]]:
    """Return the colours of a panel, with the value from which each holds."""
    found = panel["fieldConfig"]["defaults"]["thresholds"]["steps"]
    return [(step.get("value"), step["color"]) for step in found]


def overrides(panel: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return what is different for each column, curve or question of a panel."""
    found = panel["fieldConfig"]["overrides"]
    return {one["matcher"]["options"]: {each["id"]: each.get("value") for each in one["properties"]} for one in found}


def asked(panel: dict[str, Any]) -> list[str]:
    """Return the expressions of a panel."""
    return [target["expr"] for target in panel["targets"]]


def test_a_page_from_spans_shows_requests_of_all_collectors_and_nothing_of_the_processes_of_jaeger() -> None:
    spans = {"name": "shop", "team": "sales", "measured_by": "spans", "objectives": [AVAILABLE, FAST]}
    assert titles(spans)[:4] == ["Response time now", "Error budget remaining", "Error rate", "Throughput"]
    assert not {"Instances", "Resource usage", "Memory used"} & set(titles(spans))
    [throughput] = asked(panel(spans, "Throughput"))
    assert 'service_name="shop"' in throughput
    page = application_dashboard(spans)
    assert "$instance" not in str(page["panels"])
    assert "instance" not in {one["name"] for one in page["templating"]["list"]}
    assert list(faults(page)) == []


def test_state_of_now_comes_first_on_a_small_screen() -> None:
    assert titles(SHOP)[:4] == ["Response time now", "Error budget remaining", "Error rate", "Throughput"]


@pytest.mark.parametrize("title", ["Error rate", "Errors over time", "Errors by route"])
def test_errors_have_the_colours_of_the_objective_and_of_its_alert(title: str) -> None:
    shown = panel(SHOP, title)
    assert steps(shown) == [(None, "transparent"), (0.1, "orange"), (1.44, "red")]
    assert "0.1 % that the objective allows over 30d, red above 1.44 %" in shown["description"]


def test_objective_and_its_window_are_written_beside_the_error_rate() -> None:
    shown = panel(SHOP, "Error rate")
    assert shown["targets"][0]["legendFormat"] == "objective: at most 0.1 % over 30d"
    assert shown["options"]["textMode"] == "value_and_name"


def test_budgets_are_written_with_objective_and_window_and_lead_to_its_alerts() -> None:
    shown = panel(SHOP, "Error budget remaining")
    names = [target["legendFormat"] for target in shown["targets"]]
    assert names == ["availability, 99.9 % over 30d", "latency, 99 % over 30d"]
    assert shown["fieldConfig"]["defaults"]["noValue"] == "not known yet"
    [link] = shown["fieldConfig"]["defaults"]["links"]
    assert link["url"] == "/d/vigil-alerts?${__url_time_range}&var-service=shop"


def test_errors_without_an_objective_have_fixed_steps_and_say_so() -> None:
    shown = panel(BARE, "Error rate")
    assert steps(shown) == [(None, "transparent"), (1, "yellow"), (5, "red")]
    assert "there is no objective" in shown["description"]
    assert steps(panel(BARE, "Errors by route")) == [(None, "transparent"), (1, "yellow"), (5, "red")]


def test_objective_on_a_part_of_the_requests_judges_not_all_of_them() -> None:
    part = {**AVAILABLE, "name": "checkout", "matchers": ['route="/checkout"']}
    assert steps(panel({**SHOP, "objectives": [part]}, "Error rate"))[1] == (1, "yellow")
    both = [part, {**AVAILABLE, "target": 0.99}]
    assert steps(panel({**SHOP, "objectives": both}, "Error rate"))[1] == (1, "orange")


def test_lax_objective_has_steps_that_rise() -> None:
    lax = panel({**SHOP, "objectives": [{**AVAILABLE, "target": 0.05}]}, "Error rate")
    bounds = [bound for bound, _color in steps(lax)[1:]]
    assert bounds == [90, 95]


def test_bound_of_the_latency_objective_is_a_line_among_the_response_times() -> None:
    shown = panel(SHOP, "Response time")
    assert steps(shown) == [(None, "transparent"), (0.5, "orange")]
    assert shown["fieldConfig"]["defaults"]["custom"]["thresholdsStyle"] == {"mode": "dashed"}
    assert "99 % of requests should take at most 0.5 s over 30d" in shown["description"]


def test_response_time_is_judged_by_the_share_that_the_objective_is_about() -> None:
    shown = panel(SHOP, "Response time now")
    names = [target["legendFormat"] for target in shown["targets"]]
    assert names == ["95th percentile", "99 %, objective: 0.5 s over 30d"]
    assert [quantile in expr for quantile, expr in zip(("(0.95,", "(0.99,"), asked(shown), strict=True)] == [True, True]
    assert [step["color"] for step in overrides(shown)["B"]["thresholds"]["steps"]] == ["transparent", "orange"]


def test_share_that_is_shown_anyway_is_asked_once() -> None:
    usual = {**SHOP, "objectives": [{**FAST, "target": 0.95}]}
    assert len(asked(panel(usual, "Response time now"))) == 1


@pytest.mark.parametrize("title", ["Response time now", "Error rate", "Throughput", "Routes", "Instances"])
def test_what_may_be_empty_says_what_that_means(title: str) -> None:
    assert panel(SHOP, title)["fieldConfig"]["defaults"]["noValue"]


def test_classes_of_status_have_fixed_colours_and_a_bad_one_is_red() -> None:
    shown = panel({**SHOP, "metrics": {**METRICS, "bad_status": "[45].."}}, "Throughput by status")
    colors = {pattern: one["color"]["fixedColor"] for pattern, one in overrides(shown).items()}
    assert colors == {"/^2/": "green", "/^3/": "blue", "/^4/": "orange", "/^5/": "red", "/^(?:[45]..)$/": "red"}
    assert "sum by (class) (label_replace(label_replace(rate(" in asked(shown)[0]


@pytest.mark.parametrize("title", ["Throughput by route", "Errors by route", "CPU used", "Memory used", "Restarts"])
def test_curves_are_ten_at_most(title: str) -> None:
    assert all("topk(10, max_over_time(" in expr for expr in asked(panel(SHOP, title)))


def test_units_are_ten_at_most_those_that_were_not_active_before_others() -> None:
    assert "bottomk(10, min_over_time(" in asked(panel(SHOP, "Unit"))[0]


def test_every_curve_has_an_axis_that_says_what_it_is() -> None:
    curves = [one for one in all_panels(application_dashboard(SHOP)) if one["type"] == "timeseries"]
    assert len(curves) > 10
    assert [one["title"] for one in curves if not one["fieldConfig"]["defaults"]["custom"].get("axisLabel")] == []


def test_instances_are_told_with_version_state_and_since_when() -> None:
    shown = panel(SHOP, "Instances", hosts=True)
    assert [column for column in overrides(shown) if column] == ["instance", "state", "since", "version", "host"]
    texts = overrides(shown)["state"]["mappings"][0]["options"]
    assert {key: (one["text"], one["color"]) for key, one in texts.items()} == {
        "0": ("unreachable", "red"),
        "1": ("up", "transparent"),
    }
    assert overrides(shown)["since"]["unit"] == "dateTimeFromNow"


def test_instances_lead_to_themselves_and_to_their_hosts() -> None:
    columns = overrides(panel(SHOP, "Instances", hosts=True))
    links = [columns[name]["links"][0]["url"] for name in ("instance", "host")]
    assert links == [
        "/d/app-shop?${__url_time_range}&var-instance=${__value.raw}",
        "/d/vigil-hosts?${__url_time_range}&var-host=${__data.fields.host:percentencode}",
    ]
    assert "links" not in overrides(panel(SHOP, "Instances"))["host"]


def test_alerts_that_fire_can_be_silenced_where_people_reach_alertmanager() -> None:
    silence = overrides(panel(SHOP, "Active alerts", alertmanager_url="https://alerts.example"))["silence"]
    assert silence["links"][0]["url"].startswith("https://alerts.example/#/silences/new")
    assert "links" not in overrides(panel(SHOP, "Active alerts"))["silence"]


def test_routes_lead_to_the_page_of_the_route_alone() -> None:
    [link] = overrides(panel(SHOP, "Routes"))["route"]["links"]
    assert link["url"] == "/d/app-shop?${__url_time_range}&var-route=${__value.raw:percentencode}"


def test_page_leads_to_the_alerts_of_the_application_alone() -> None:
    links = {link["title"]: link.get("url") for link in application_dashboard(SHOP)["links"]}
    assert links["Alerts & SLA"] == "/d/vigil-alerts?var-service=shop"


def test_dependencies_lead_to_their_pages_with_their_alerts_and_need_not_be_described_here() -> None:
    shown = panel(SHOP, "Alerts of dependencies")
    assert 'service="payment"' in asked(shown)[0]
    assert overrides(shown)["A"]["links"][0]["url"] == "/d/app-payment?${__url_time_range}"
    assert "Alerts of dependencies" not in titles(BARE)


def test_level_of_business_is_shown_within_the_band_of_chance() -> None:
    shown = panel(SHOP, "Business: revenue")
    names = [target["legendFormat"] for target in shown["targets"]]
    assert names == ["level", "usual", "alert below", "usual at least", "usual at most"]
    assert overrides(shown)["usual at most"]["custom.fillBelowTo"] == "usual at least"
    assert asked(shown)[2].startswith("0.8 * business:baseline:least")


def test_drop_of_business_is_in_percent_and_says_why_it_is_not_known_yet() -> None:
    shown = panel(SHOP, "Business: revenue, drop")
    assert steps(shown) == [(None, "transparent"), (20, "red")]
    assert shown["fieldConfig"]["defaults"]["noValue"].startswith("available after two weeks")
    custom = shown["fieldConfig"]["defaults"]["custom"]
    assert (custom["axisSoftMin"], custom["axisSoftMax"]) == (0, 40)


def test_new_versions_are_drawn_where_there_was_another_one_before() -> None:
    [drawn] = [one for one in application_dashboard(SHOP)["annotations"]["list"] if one["name"] == "New versions"]
    assert "and on () count by (version) (last_over_time(" in drawn["expr"]


@pytest.mark.parametrize(
    "lacking", [{"status_label": ""}, {"duration": ""}, {"requests": ""}, {"route_label": ""}, {"build_info": ""}]
)
@pytest.mark.parametrize("ground", ["systemd", "process", "container"])
@pytest.mark.parametrize("objectives", [[], [AVAILABLE, FAST]])
def test_page_has_no_hole_whatever_the_application_lacks(
    lacking: dict[str, str], ground: str, objectives: list[dict[str, Any]]
) -> None:
    needed = {"status_label": "availability", "requests": "availability", "duration": "latency"}
    kept = [one for one in objectives if one["kind"] not in [needed.get(key) for key in lacking]]
    made = application_dashboard({**SHOP, "metrics": {**METRICS, **lacking}, "runs_on": ground, "objectives": kept})
    assert faults(made) == []
    places = [one["gridPos"] for one in made["panels"]]
    assert sum(place["w"] * place["h"] for place in places) == 24 * max(place["y"] + place["h"] for place in places)
