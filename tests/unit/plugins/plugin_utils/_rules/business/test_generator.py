# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rules that compare with previous weeks pass their own tests, and those tests notice when a rule is broken."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.vigil.observability.plugins.filter.business_rules import FilterModule, business_rules
from ansible_collections.vigil.observability.plugins.plugin_utils._rules.files import files_of_rule_sets
from ansible_collections.vigil.observability.tests.unit.plugins.promtool import evaluate, judge

ORDERS = {"name": "orders_per_minute", "expr": 'sum(rate(orders_total{job="shop"}[5m])) * 60'}
REVENUE = {"name": "revenue_per_minute", "expr": "sum(rate(revenue_total[5m])) * 60", "currency": "EUR"}
CONVERSION = {
    "name": "conversion_rate",
    "expr": "sum(rate(orders_total[30m])) / sum(rate(visits_total[30m]))",
    "counts": False,
}
COMPLAINTS = {"name": "sales_logged", "expr": 'sum(rate(log_messages_total{event="sale"}[5m])) * 60'}
SHOP = {"name": "shop", "team": "sales", "business": [ORDERS, REVENUE, CONVERSION]}


@pytest.mark.parametrize("weeks", [2, 3, 4])
@pytest.mark.parametrize(
    "metrics",
    [
        [ORDERS],
        [CONVERSION],
        [{**ORDERS, "drop": 0.02}, {**REVENUE, "drop": 0.9}],
        [{**ORDERS, "loss_per_unit": 39.9, "currency": "KRW"}, {**CONVERSION, "loss_per_unit": 2e5, "currency": "EUR"}],
    ],
    ids=["orders", "conversion", "other drops", "prices"],
)
def test_rules_of_varied_metrics_pass_their_tests(tmp_path: Path, metrics: list[dict[str, Any]], weeks: int) -> None:
    assert judge(tmp_path, files_of_rule_sets(business_rules([{**SHOP, "business": metrics}], weeks=weeks))) == ""


@pytest.mark.parametrize(
    ("rule", "right", "wrong"),
    [
        (
            "business:level:avg30m",
            ' or 0 * (business:level:avg30m{service="shop",metric="orders_per_minute"} offset 168h)',
            "",
        ),
        ("business:level:avg30m", "or 0 * ", "or 1 * "),
        ("business:level:past", "offset 168h", "offset 167h"),
        ("business:level:past", "offset 336h", "offset 168h"),
        ("business:level:past", "offset 167h", "offset 168h"),
        ("business:level:past", "offset 169h", "offset 168h"),
        ("business:baseline:median", "quantile without (week, clock) (0.5, ", "avg without (week, clock) ("),
        ("business:baseline:median", "0.5", "1"),
        ("business:baseline:median", 'clock="same"', 'clock="ahead"'),
        ("business:baseline:least", "min", "max"),
        ("business:baseline:mad", "quantile without (week, clock) (0.5, ", "min without (week, clock) ("),
        ("business:baseline:weeks", "count", "group"),
        ("business:drop:ratio", "1 - ", "2 - "),
        ("BusinessMetricDrop", "< 0.9 *", "< 0.95 *"),
        ("BusinessMetricDrop", "< 0.9 *", "< 0.87 *"),
        ("BusinessMetricDrop", ">= 2", ">= 1"),
        ("BusinessMetricDrop", ">= 2", ">= 3"),
        ("BusinessMetricDrop", "business:baseline:least", "business:baseline:median"),
        ("BusinessMetricDrop", "1.4826", "0"),
        ("BusinessMetricDrop", "* 30 > 3 * sqrt", "* 30 > 0 * sqrt"),
        ("BusinessMetricDrop", "* 30 > 3 * sqrt", "* 30 > 30 * sqrt"),
        ("BusinessMetricMissing", "absent(", "("),
        ("BusinessMetricTooQuiet", "< 9", "< 5"),
    ],
)
def test_a_broken_rule_fails_its_tests(tmp_path: Path, rule: str, right: str, wrong: str) -> None:
    (broken,) = copy.deepcopy(business_rules([{**SHOP, "business": [ORDERS]}]))
    rules = broken["rules"]["groups"][0]["rules"]
    found = [one for one in rules if rule in (one.get("record"), one.get("alert")) and right in one["expr"]]
    assert found
    for one in found:
        one["expr"] = one["expr"].replace(right, wrong)
    assert "FAILED" in judge(tmp_path, files_of_rule_sets([broken]))


@pytest.mark.parametrize("key", ["for", "labels", "annotations"])
@pytest.mark.parametrize("name", ["BusinessMetricDrop", "BusinessMetricMissing", "BusinessMetricTooQuiet"])
def test_an_alert_without_one_of_its_parts_fails_its_tests(tmp_path: Path, name: str, key: str) -> None:
    (broken,) = copy.deepcopy(business_rules([{**SHOP, "business": [ORDERS]}]))
    (alert,) = [one for one in broken["rules"]["groups"][0]["rules"] if one.get("alert") == name]
    del alert[key]
    assert "FAILED" in judge(tmp_path, files_of_rule_sets([broken]))


def drops(metric: dict[str, Any], series: dict[str, str], folder: Path, *, at: str, fires: bool) -> str:
    """Return what promtool says of whether a drop of the metric alerts, by series of the application's own."""
    (rule_set,) = business_rules([{**SHOP, "business": [metric]}], weeks=2)
    expr = 'count(ALERTS{alertname="BusinessMetricDrop",alertstate="firing"}) or vector(0)'
    test = {
        "interval": "30m",
        "input_series": [{"series": name, "values": values} for name, values in series.items()],
        "promql_expr_test": [{"expr": expr, "eval_time": at, "exp_samples": [{"value": int(fires)}]}],
    }
    return evaluate(folder, test, rule_set["rules"]["groups"], step="30m")


TWO_WEEKS = 2 * 168 * 2


@pytest.mark.parametrize(("lower", "fires"), [(92, False), (88, True)])
def test_a_drop_alerts_from_the_series_of_the_application_on(tmp_path: Path, lower: int, fires: bool) -> None:
    series = {
        'sales{region="north"}': f"500x{TWO_WEEKS} {lower * 5}x4",
        'sales{region="south"}': f"500x{TWO_WEEKS} {lower * 5}x4",
    }
    metric = {"name": "sales", "expr": "sales"}
    assert "SUCCESS" in drops(metric, series, tmp_path, at="337h30m", fires=fires)


def test_minutes_in_which_nobody_came_are_left_out_of_a_ratio(tmp_path: Path) -> None:
    series = {"orders": f"5x{TWO_WEEKS} 0x4", "visits": f"100x{TWO_WEEKS} 0x4"}
    assert "SUCCESS" in drops(
        {**CONVERSION, "expr": "orders / visits"}, {**series}, tmp_path, at="336h30m", fires=False
    )


def test_a_counter_derived_from_logs_is_a_metric_like_any_other(tmp_path: Path) -> None:
    metric = {**COMPLAINTS, "expr": COMPLAINTS["expr"].replace("[5m]", "[2h]")}
    series = {'log_messages_total{event="sale",instance="a"}': f"0+30000x{TWO_WEEKS} {30000 * TWO_WEEKS}x20"}
    assert "SUCCESS" in drops(metric, series, tmp_path, at="336h", fires=False)
    assert "SUCCESS" in drops(metric, series, tmp_path, at="340h", fires=True)


def alerts_of(described: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the alerts of an application by their names."""
    (rule_set,) = business_rules([described])
    return {rule["alert"]: rule for rule in rule_set["rules"]["groups"][0]["rules"] if "alert" in rule}


@pytest.mark.parametrize(
    ("metric", "loss", "factor"),
    [
        (ORDERS, "orders_per_minute", "* 1\n"),
        ({**ORDERS, "currency": "EUR", "loss_per_unit": 40}, "EUR", "* 40\n"),
        (REVENUE, "EUR", "* 1\n"),
        ({**CONVERSION, "loss_per_unit": 2e5}, "", "* 200000\n"),
    ],
    ids=["counts", "counts with a price", "money", "ratio with a price"],
)
def test_the_loss_per_minute_is_money_where_a_unit_has_a_price(metric: dict[str, Any], loss: str, factor: str) -> None:
    alert = alerts_of({**SHOP, "business": [metric]})["BusinessMetricDrop"]
    assert alert["annotations"]["loss_per_minute"] == f'{{{{ $value | printf "%.2f" }}}} {loss}'.strip()
    assert factor in alert["expr"]


def test_the_loss_of_a_ratio_without_a_price_is_not_made_up() -> None:
    alert = alerts_of({**SHOP, "business": [CONVERSION]})["BusinessMetricDrop"]
    assert alert["annotations"]["loss_per_minute"] == "unknown, because loss_per_unit is not set"


@pytest.mark.parametrize(("metric", "counted"), [(ORDERS, True), (REVENUE, False), (CONVERSION, False)])
def test_chance_among_few_is_reckoned_with_where_counts_are(metric: dict[str, Any], counted: bool) -> None:
    alerts = alerts_of({**SHOP, "business": [metric]})
    assert ("sqrt" in alerts["BusinessMetricDrop"]["expr"]) is counted
    assert ("BusinessMetricTooQuiet" in alerts) is counted


def test_every_alert_says_who_is_to_come_and_what_is_to_be_done() -> None:
    alerts = alerts_of({**SHOP, "business": [ORDERS]})
    actions = {name: (rule["labels"]["severity"], rule["labels"].get("action")) for name, rule in alerts.items()}
    assert actions == {
        "BusinessMetricDrop": ("critical", "executive_notification"),
        "BusinessMetricMissing": ("warning", None),
        "BusinessMetricTooQuiet": ("warning", None),
    }
    runbook = (Path(__file__).resolve().parents[6] / "docs/runbooks/business.md").read_text(encoding="utf-8")
    for name, rule in alerts.items():
        labels = {label: rule["labels"][label] for label in ("service", "metric", "team", "environment")}
        assert labels == {
            "service": "shop",
            "metric": "orders_per_minute",
            "team": "sales",
            "environment": "production",
        }
        assert rule["annotations"]["runbook_url"].endswith(f"docs/runbooks/business.md#{name.lower()}")
        assert f"\n## {name}\n" in runbook


def test_an_application_without_business_metrics_has_no_rules() -> None:
    assert FilterModule().filters()["business_rules"]([{"name": "shop", "team": "sales"}]) == []


@pytest.mark.parametrize(
    ("wrong", "weeks", "words"),
    [
        ({}, 1, "can be compared with 2 to 12 previous weeks, not with 1"),
        ({}, 13, "not with 13"),
        ({"drop": 10}, 4, "drop 10.0 of the business metric 'orders_per_minute' must lie between 0 and 1"),
        ({"loss_per_unit": -1}, 4, "loss_per_unit -1.0 of the business metric 'orders_per_minute' must be more than 0"),
        ({"expr": "sum(x) or vector(0)"}, 4, "has a value even when it has no data"),
    ],
)
def test_what_cannot_be_a_rule_is_refused_by_name(wrong: dict[str, Any], weeks: int, words: str) -> None:
    with pytest.raises(AnsibleFilterError, match=words):
        business_rules([{**SHOP, "business": [{**ORDERS, **wrong}]}], weeks)
