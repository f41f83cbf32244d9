# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The page that a person who was woken reads first: calm when all is well, and leading on when not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.errors import AnsibleFilterError

from ansible_collections.vigil.observability.plugins.filter.stack_dashboards import stack_dashboards
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.stack.health import LOST
from ansible_collections.vigil.observability.tests.dashboards.expressions import all_panels
from ansible_collections.vigil.observability.tests.dashboards.linter import faults
from ansible_collections.vigil.observability.tests.unit.plugins.promtool import evaluate

SERVICES = ["node_exporter", "probes", "prometheus", "alertmanager", "grafana"]
SHOP: dict[str, Any] = {
    "name": "shop",
    "team": "sales",
    "job": "web",
    "objectives": [{"kind": "availability", "target": 0.999}],
}
LONG: dict[str, Any] = {"name": "a" * 40, "team": "sales"}
RULES = Path(__file__).parents[5] / "roles/prometheus/files/rules"


def overview(services: list[str] | None = None, **options: Any) -> dict[str, Any]:
    """Return the page of everything."""
    found: dict[str, Any] = stack_dashboards(SERVICES if services is None else services, **options)[0]
    return found


def panel(dashboard: dict[str, Any], title: str) -> dict[str, Any]:
    """Return the panel of this title."""
    [found] = [dict(one) for one in all_panels(dashboard) if one["title"] == title]
    return found


def numbers(dashboard: dict[str, Any], title: str) -> dict[str, dict[str, Any]]:
    """Return the numbers of a panel by their names: what each asks, and how it is read."""
    shown = panel(dashboard, title)
    own = {one["matcher"]["options"]: one["properties"] for one in shown["fieldConfig"]["overrides"]}
    return {
        target["legendFormat"]: {
            "expr": target["expr"],
            **{each["id"]: each["value"] for each in own.get(target["refId"], [])},
        }
        for target in shown["targets"]
    }


def columns(shown: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return what is said of each column of a table, by its head."""
    found = shown["fieldConfig"]["overrides"]
    return {one["matcher"]["options"]: {each["id"]: each["value"] for each in one["properties"]} for one in found}


def test_first_screen_of_a_phone_has_every_number() -> None:
    first, second, third = list(all_panels(overview()))[:3]
    # A row and its head of 38 pixels each; 844 less what Grafana's own bars take.
    assert (first["gridPos"]["h"] + second["gridPos"]["h"] + 1) * 38 < 844 - 200
    assert third["title"] == "Active alerts"
    assert list(numbers(overview(applications=[SHOP]), "Wrong now")) == [
        "critical",
        "warning",
        "targets down",
        "unreachable",
        "dead man's switch",
        "rule failures",
        "alerts lost",
        "notifications failed",
        "budgets spent",
    ]


def test_every_number_shows_since_when_and_leads_on() -> None:
    made = overview(applications=[SHOP])
    assert panel(made, "Wrong now")["options"]["graphMode"] == "area"
    told = {**numbers(made, "Wrong now"), **numbers(made, "Soon")}
    assert all(number["links"][0]["url"].startswith("/d/vigil-") for number in told.values())


def test_nothing_is_coloured_while_all_is_well() -> None:
    made = overview(applications=[SHOP])
    counts = numbers(made, "Wrong now")
    steps = [number["thresholds"]["steps"] for number in counts.values() if "thresholds" in number]
    shared = panel(made, "Wrong now")["fieldConfig"]["defaults"]["thresholds"]["steps"]
    at_zero = {step["color"] for step in shared if step.get("value") == 0}
    assert at_zero == {"transparent"}
    assert {step["color"] for each in steps for step in each}.isdisjoint({"green"})


def test_what_cannot_be_counted_is_not_shown_as_0() -> None:
    counts = numbers(overview(applications=[SHOP]), "Wrong now")
    for name in ("unreachable", "rule failures", "alerts lost", "notifications failed", "budgets spent"):
        assert counts[name]["expr"].endswith("or on () vector(-1)")
    texts = panel(overview(), "Wrong now")["fieldConfig"]["defaults"]["mappings"][0]["options"]
    assert texts["-1"]["text"] == "unknown"


def test_what_will_be_wrong_soon_is_unknown_where_nobody_tells() -> None:
    for number in numbers(overview(), "Soon").values():
        assert number["expr"].endswith(" or on () vector(NaN)")
        [unknown] = number["mappings"]
        assert (unknown["options"]["match"], unknown["options"]["result"]["text"]) == ("nan", "unknown")


@pytest.mark.parametrize(
    ("alertmanagers", "dropped", "lost"),
    [
        ({"one": "0x20", "two": "0x20"}, 2, 0),
        # One member of the mesh was away, and the other took every alert.
        ({"one": "0+6x20", "two": "0x20"}, 2, 0),
        ({"one": "0+6x20", "two": "0+3x20"}, 2, 15),
        ({}, 0, -2),
    ],
)
def test_alert_is_lost_when_no_alertmanager_took_it(
    tmp_path: Path, alertmanagers: dict[str, str], dropped: int, lost: int
) -> None:
    expr = numbers(overview(), "Wrong now")["alerts lost"]["expr"]
    series = [
        {"series": f'prometheus_notifications_dropped_total{{instance="a",alertmanager="{name}"}}', "values": values}
        for name, values in alertmanagers.items()
    ]
    series.append(
        {"series": 'prometheus_notifications_alertmanagers_discovered{instance="a"}', "values": f"{dropped}x20"}
    )
    expected = {"expr": expr, "eval_time": "20m", "exp_samples": [{"labels": "{}", "value": lost}]}
    test = {"interval": "1m", "input_series": series, "promql_expr_test": [expected]}
    assert "SUCCESS" in evaluate(tmp_path, test)


def test_page_and_alert_mean_the_same_by_lost() -> None:
    groups = yaml.safe_load((RULES / "prometheus.yml").read_text())["groups"]
    [rule] = [one for group in groups for one in group["rules"] if one.get("alert") == "PrometheusNotificationsLost"]
    assert LOST in rule["expr"]


def test_dead_mans_switch_can_have_another_name() -> None:
    told = numbers(overview([], dead_mans_switch="Watchdog"), "Wrong now")
    assert 'alertname="Watchdog"' in told["dead man's switch"]["expr"]


def test_numbers_lead_only_to_pages_that_there_are() -> None:
    made = overview(["prometheus"])
    told = {**numbers(made, "Wrong now"), **numbers(made, "Soon")}
    urls = {link["url"].split("?")[0] for number in told.values() for link in number.get("links", [])}
    assert urls == {"/d/vigil-prometheus", "/d/vigil-alerts"}
    assert "unreachable" not in told
    assert "links" not in columns(panel(made, "Active alerts"))["host"]


def test_target_that_is_down_leads_to_its_page_with_the_variables_set() -> None:
    shown = panel(overview(applications=[SHOP]), "Targets that are down")
    [target] = shown["targets"]
    assert '"page", "vigil-hosts", "job", "(node_exporter)"' in target["expr"]
    assert '"page", "app-shop", "job", "(web)"' in target["expr"]
    told = columns(shown)
    assert told["service"]["links"][0]["url"].endswith("&var-instance=${__data.fields.target}")
    assert told["host"]["links"][0]["url"].endswith("&var-host=${__data.fields.host:percentencode}")


@pytest.mark.parametrize(("up", "since"), [("1x10 0x9", 600_000), ("0x20", 0)])
def test_target_that_is_down_tells_when_it_was_up_last(tmp_path: Path, up: str, since: int) -> None:
    [target] = panel(overview([]), "Targets that are down")["targets"]
    labels = '{job="node_exporter",instance="a:1",host="a"}'
    series = [{"series": f"up{labels}", "values": up}, {"series": 'up{job="well",instance="b:1"}', "values": "1x20"}]
    row = '{job="node_exporter",instance="a:1",host="a",page="vigil-overview",target="a:1&var-host=a"}'
    expected = {"expr": target["expr"], "eval_time": "19m", "exp_samples": [{"labels": row, "value": since}]}
    test = {"interval": "1m", "input_series": series, "promql_expr_test": [expected]}
    assert "SUCCESS" in evaluate(tmp_path, test)


def test_application_has_a_line_that_leads_to_its_page_however_long_its_name_is() -> None:
    shown = panel(overview(applications=[SHOP, LONG]), "Health of applications")
    assert [head for head in columns(shown) if head != "page"] == [
        "application",
        "alerts",
        "bad now",
        "times allowed",
        "budget left",
        "violation predicted",
        "symptoms",
    ]
    expr = shown["targets"][0]["expr"]
    assert '"page", "app-$1", "service", "(shop)"' in expr
    assert f'"service", "({LONG["name"]})"' in expr
    assert columns(shown)["application"]["links"][0]["url"].startswith("/d/${__data.fields.page")


def test_without_applications_there_is_no_empty_table_of_them() -> None:
    assert "Health of applications" not in [one["title"] for one in all_panels(overview())]


def test_deployments_that_were_noted_are_listed() -> None:
    shown = panel(overview(), "Recent deployments")
    assert shown["type"] == "annolist"
    assert shown["options"]["tags"] == ["deployment"]


@pytest.mark.parametrize(
    ("versions", "rows"),
    [
        # An upgrade an hour ago, a service that did not run yesterday, and one that did not change.
        ({"1": "1x1440 _x60", "2": "_x1440 1x60"}, {"2": 86_400_000}),
        ({"1": "_x1440 1x60"}, {}),
        ({"1": "1x1500"}, {}),
    ],
)
def test_version_is_new_when_another_one_ran_a_day_ago(
    tmp_path: Path, versions: dict[str, str], rows: dict[str, int]
) -> None:
    [target] = panel(overview(["prometheus"]), "New versions")["targets"]
    series = [
        {"series": f'prometheus_build_info{{job="prometheus",instance="a",version="{version}"}}', "values": values}
        for version, values in versions.items()
    ]
    samples = [
        {"labels": f'{{job="prometheus",version="{version}"}}', "value": since} for version, since in rows.items()
    ]
    expected = {"expr": target["expr"], "eval_time": "1499m", "exp_samples": samples}
    test = {"interval": "1m", "input_series": series, "promql_expr_test": [expected]}
    assert "SUCCESS" in evaluate(tmp_path, test)


def test_page_without_any_service_has_no_faults_and_no_hole() -> None:
    made = overview([])
    assert faults(made) == []
    assert panel(made, "Recent deployments")["gridPos"]["w"] == 24
    assert "New versions" not in [one["title"] for one in all_panels(made)]


def test_application_without_traffic_is_not_said_to_have_no_objective(tmp_path: Path) -> None:
    shown = panel(overview(applications=[SHOP]), "Health of applications")
    told = columns(shown)["times allowed"]["mappings"]
    texts = {one["options"]["match"]: one["options"]["result"]["text"] for one in told}
    assert texts == {"nan": "no traffic", "null": "no objective"}
    expr = shown["targets"][2]["expr"]
    series = [{"series": 'slo:objective:bad_ratio{service="shop",slo="availability"}', "values": "0.1x20"}]
    samples = [{"labels": '{service="shop",page="app-shop"}', "value": 1}]
    expected = {"expr": f"({expr}) != bool ({expr})", "eval_time": "9m", "exp_samples": samples}
    test = {"interval": "1m", "input_series": series, "promql_expr_test": [expected]}
    assert "SUCCESS" in evaluate(tmp_path, test)


def test_application_that_makes_no_sense_is_refused() -> None:
    with pytest.raises(AnsibleFilterError, match="stack_dashboards: Application 'shop': .*colour"):
        overview(applications=[{**SHOP, "colour": "red"}])
