# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rules that see several symptoms together pass their own tests, and those tests notice when a rule is broken."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.errors import AnsibleFilterError

from ansible_collections.vigil.observability.plugins.filter.correlation_rules import FilterModule, correlation_rules
from ansible_collections.vigil.observability.plugins.module_utils._errors.sentence import OperatorError
from ansible_collections.vigil.observability.plugins.plugin_utils._applications.description import applications
from ansible_collections.vigil.observability.plugins.plugin_utils._rules.files import files_of_rule_sets
from ansible_collections.vigil.observability.tests.unit.plugins.promtool import evaluate, judge

POOL = {"pool_in_use": "db_connections_in_use", "pool_size": "db_connections_max"}
COMPLAINTS = {
    "name": "complaints",
    "expr": 'sum(rate(log_messages_total{job="shop",level="error"}[5m])) * 60',
    "threshold": 30,
}
SHOP = {"name": "shop", "team": "sales", "depends_on": ["payment", "stock"], "metrics": POOL}
OTHERS = [{"name": "payment", "team": "money"}, {"name": "stock", "team": "sales"}]
VARIED: dict[str, list[dict[str, Any]]] = {
    "usual": [{"name": "shop", "team": "sales"}],
    "with a pool and dependencies": [SHOP, *OTHERS],
    "without health checks": [{"name": "shop", "team": "sales", "matchers": ['route!~"/healthz|/metrics"']}],
    "spans in place of metrics": [{"name": "shop", "team": "sales", "measured_by": "spans"}],
    "any symptom is one": [{"name": "shop", "team": "sales", "metrics": POOL, "symptoms_needed": 1}],
    "all symptoms are needed": [{"name": "shop", "team": "sales", "metrics": POOL, "symptoms_needed": 3}],
    "own thresholds": [
        {
            "name": "shop",
            "team": "sales",
            "metrics": POOL,
            "symptoms": [
                {"name": "high_error_rate", "threshold": 0.9},
                {"name": "increased_response_time", "threshold": 2},
                {"name": "connection_pool_exhaustion", "threshold": 0.5},
            ],
        }
    ],
    "own symptoms alone": [
        {"name": "shop", "team": "sales", "symptoms": [COMPLAINTS, {**COMPLAINTS, "name": "moans", "threshold": -1}]}
    ],
    "own names": [
        {
            "name": "shop-2_b",
            "team": "sales",
            "job": 'the "shop"',
            "environment": "staging",
            "metrics": {
                "requests": "rpc_duration_count",
                "duration": "rpc_duration",
                "status_label": "code",
                "bad_status": "INTERNAL|UNAVAILABLE",
            },
            "objectives": [{"kind": "latency", "target": 0.99, "threshold": 0.25}],
        }
    ],
}


@pytest.mark.parametrize("described", VARIED.values(), ids=VARIED)
def test_rules_of_varied_applications_pass_their_tests(tmp_path: Path, described: list[dict[str, Any]]) -> None:
    assert judge(tmp_path, files_of_rule_sets(correlation_rules(described))) == ""


def breakages() -> list[tuple[str, str, str]]:
    """Return for each part of a rule what it says and what it would say wrongly, by the name of the rule."""
    return [
        ("service:symptom:value", 'status_code=~"5.."', 'status_code=~"4.."'),
        ("service:symptom:value", ">= bool 3)", ">= bool 0)"),
        ("service:symptom:value", ">= bool 3)", ">= bool 3000)"),
        ("service:symptom:value", " or 0 * sum(rate(", " unless sum(rate("),
        ("service:symptom:value", "0.95", "0.5"),
        ("service:symptom:value", ">= bool 10)", ">= bool 0)"),
        ("service:symptom:value", "max(db", "min(db"),
        ("service:symptom:active", "> bool 0.05", "> bool 0.1"),
        ("service:symptom:active", "> bool 0.05", "> bool 0.03"),
        ("service:symptom:active", ">= bool 1", "> bool 1"),
        ("service:symptom:active", "> bool 0.9", "> bool 0.99"),
        ("service:symptoms:active10m", "max_over_time", "last_over_time"),
        ("service:symptoms:active10m", "[10m]", "[1m]"),
        ("service:symptoms:active10m", "[10m]", "[30m]"),
        ("service:symptoms:active10m", "sum(", "max("),
        ("service:symptoms:observed", " or vector(0)", ""),
        ("service:symptoms:observed", "count(", "sum("),
        ("service:symptoms:victim", "max(", "min("),
        ("service:symptoms:victim", "payment|stock", "payment"),
        ("service:symptoms:victim", "payment|stock", "stock"),
        ("ServiceDegradedCorrelated", "unless", "and"),
        ("ServiceDegradedCorrelated", ">= 2", ">= 1"),
        ("ServiceDegradedCorrelated", ">= 2", ">= 3"),
        ("ServiceDegradedByDependency", "and", "unless"),
        ("ServiceDegradedByDependency", "> 0", ">= 0"),
        ("SymptomSignalMissing", "< 3", "< 2"),
        ("SymptomSignalMissing", "< 3", "<= 3"),
    ]


@pytest.mark.parametrize(("rule", "right", "wrong"), breakages())
def test_a_broken_rule_fails_its_tests(tmp_path: Path, rule: str, right: str, wrong: str) -> None:
    rule_set = correlation_rules([SHOP, *OTHERS])[0]
    broken = copy.deepcopy(rule_set)
    rules = broken["rules"]["groups"][0]["rules"]
    found = [one for one in rules if rule in (one.get("record"), one.get("alert")) and right in one["expr"]]
    assert found
    for one in found:
        one["expr"] = one["expr"].replace(right, wrong)
    assert "FAILED" in judge(tmp_path, files_of_rule_sets([broken]))


@pytest.mark.parametrize("metric", ["http_requests_total", "http_request_duration_seconds_bucket"])
def test_a_symptom_that_counts_health_checks_fails_its_tests(tmp_path: Path, metric: str) -> None:
    (rule_set,) = correlation_rules([{"name": "shop", "team": "sales", "matchers": ['route!="/healthz"']}])
    rules = [rule for rule in rule_set["rules"]["groups"][0]["rules"] if metric in rule["expr"]]
    assert rules
    for rule in rules:
        rule["expr"] = rule["expr"].replace(',route!="/healthz"', "")
    assert "FAILED" in judge(tmp_path, files_of_rule_sets([rule_set]))


@pytest.mark.parametrize("key", ["for", "labels", "annotations"])
@pytest.mark.parametrize("name", ["ServiceDegradedCorrelated", "ServiceDegradedByDependency", "SymptomSignalMissing"])
def test_an_alert_without_one_of_its_parts_fails_its_tests(tmp_path: Path, name: str, key: str) -> None:
    broken = copy.deepcopy(correlation_rules([SHOP, *OTHERS])[0])
    (alert,) = [one for one in broken["rules"]["groups"][0]["rules"] if one.get("alert") == name]
    del alert[key]
    assert "FAILED" in judge(tmp_path, files_of_rule_sets([broken]))


def test_in_a_chain_of_which_all_suffer_the_last_one_alone_is_an_incident(tmp_path: Path) -> None:
    chain: list[dict[str, Any]] = [
        {"name": "web", "team": "sales", "depends_on": ["shop"]},
        {"name": "shop", "team": "sales", "depends_on": ["database"]},
        {"name": "database", "team": "data", "symptoms": [{"name": "lag", "expr": "lag_seconds", "threshold": 5}]},
    ]
    groups = [group for rule_set in correlation_rules(chain) for group in rule_set["rules"]["groups"]]
    series = [
        {"series": f'{name}{{job="{job}",{labels}}}', "values": "0+100x40"}
        for job in ("web", "shop")
        for name, labels in (
            ("http_requests_total", 'status_code="500"'),
            ("http_request_duration_seconds_bucket", 'le="+Inf"'),
        )
    ]
    series += [
        {"series": f'http_request_duration_seconds_bucket{{job="{job}",le="1"}}', "values": "0x40"}
        for job in ("web", "shop")
    ]
    fired = [
        {"labels": f'{{alertname="{alert}",service="{service}"}}', "value": 1}
        for alert, service in (
            ("ServiceDegradedByDependency", "shop"),
            ("ServiceDegradedByDependency", "web"),
            ("ServiceDegradedCorrelated", "database"),
        )
    ]
    test = {
        "interval": "1m",
        "input_series": [*series, {"series": "lag_seconds", "values": "9x40"}],
        "promql_expr_test": [
            {
                "expr": 'count by (alertname, service) (ALERTS{alertstate="firing"})',
                "eval_time": "20m",
                "exp_samples": fired,
            }
        ],
    }
    assert "SUCCESS" in evaluate(tmp_path, test, groups)


def test_a_counter_derived_from_logs_is_a_symptom_like_any_other(tmp_path: Path) -> None:
    (rule_set,) = correlation_rules([{"name": "shop", "team": "sales", "symptoms": [COMPLAINTS]}])
    test = {
        "interval": "1m",
        "input_series": [
            {"series": f'log_messages_total{{job="shop",level="error",instance="{instance}"}}', "values": values}
            for instance, values in (("a", "0+10x20 0+20x20"), ("b", "0+10x20 0+20x20"))
        ],
        "promql_expr_test": [
            {
                "expr": 'count(ALERTS{alertname="ServiceDegradedCorrelated",alertstate="firing"}) or vector(0)',
                "eval_time": at,
                "exp_samples": [{"value": value}],
            }
            for at, value in (("15m", 0), ("35m", 1))
        ],
    }
    assert "SUCCESS" in evaluate(tmp_path, test, rule_set["rules"]["groups"])


def test_a_response_is_slow_above_the_lowest_bound_that_nearly_all_requests_are_promised() -> None:
    objectives = [
        {"name": "most", "kind": "latency", "target": 0.9, "threshold": 0.1},
        {"name": "nearly-all", "kind": "latency", "target": 0.95, "threshold": 0.4},
        {"name": "all", "kind": "latency", "target": 0.999, "threshold": 2},
        {"kind": "availability", "target": 0.999},
    ]
    (rule_set,) = correlation_rules([{"name": "shop", "team": "sales", "objectives": objectives}])
    assert "increased_response_time" in yaml.safe_dump(rule_set["rules"])
    exprs = [rule["expr"] for rule in rule_set["rules"]["groups"][0]["rules"]]
    assert 'service:symptom:value{service="shop",symptom="increased_response_time"} >= bool 0.4' in exprs


def test_every_alert_says_who_is_to_come_and_what_is_to_be_done() -> None:
    (rule_set, *_others) = correlation_rules([SHOP, *OTHERS])
    alerts = {rule["alert"]: rule for rule in rule_set["rules"]["groups"][0]["rules"] if "alert" in rule}
    actions = {name: (rule["labels"]["severity"], rule["labels"].get("action")) for name, rule in alerts.items()}
    assert actions == {
        "ServiceDegradedCorrelated": ("critical", "incident_creation"),
        "ServiceDegradedByDependency": ("info", None),
        "SymptomSignalMissing": ("warning", None),
    }
    runbook = (Path(__file__).resolve().parents[6] / "docs/runbooks/correlation.md").read_text(encoding="utf-8")
    for name, rule in alerts.items():
        labels = {label: rule["labels"][label] for label in ("service", "team", "environment")}
        assert labels == {"service": "shop", "team": "sales", "environment": "production"}
        assert rule["annotations"]["runbook_url"].endswith(f"docs/runbooks/correlation.md#{name.lower()}")
        assert f"\n## {name}\n" in runbook


def test_an_application_without_symptoms_has_no_rules() -> None:
    assert FilterModule().filters()["correlation_rules"]([{"name": "shop", "team": "sales", "symptoms": []}]) == []


def test_another_application_changes_no_file_of_those_that_are_there() -> None:
    assert correlation_rules([SHOP, *OTHERS, {"name": "search", "team": "sales"}])[:3] == correlation_rules(
        [SHOP, *OTHERS]
    )


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (
            {"symptoms": [{"name": "lag"}]},
            "the symptom 'lag' needs an expr, because it is not one of high_error_rate, ",
        ),
        ({"symptoms": [{"name": "lag", "expr": "x"}]}, "'lag' has an expr of its own and so needs a threshold"),
        (
            {"symptoms": [{"name": "lag", "expr": "sum(x) or vector(0)", "threshold": 1}]},
            "'lag' has a value even when it has no data",
        ),
        (
            {"symptoms": [{"name": "high_error_rate", "threshold": 5}]},
            r"threshold 5.0 of the symptom 'high_error_rate' must lie between 0 and 1, such as 0.05 for 5 %",
        ),
        (
            {"symptoms": [{"name": "increased_response_time", "threshold": 0}]},
            "threshold 0.0 of the symptom 'increased_response_time' must be more than 0 seconds",
        ),
        (
            {"symptoms": [{"name": "connection_pool_exhaustion"}]},
            "'connection_pool_exhaustion' needs metrics pool_in_use and pool_size, or an expr",
        ),
        ({"metrics": {"pool_in_use": "x"}}, "its metrics must name both pool_in_use and pool_size, or neither"),
        ({"symptoms_needed": 3}, "symptoms_needed 3 must be 1 to 2, the number of its symptoms"),
        ({"depends_on": ["nobody"]}, "depends on 'nobody', which is not declared"),
        ({"depends_on": ["shop"]}, "in a circle"),
    ],
)
def test_what_cannot_be_a_rule_is_refused_by_name(wrong: dict[str, Any], words: str) -> None:
    with pytest.raises(AnsibleFilterError, match=words):
        correlation_rules([{"name": "shop", "team": "sales", **wrong}])


def test_all_that_is_wrong_with_the_symptoms_is_said_at_once() -> None:
    symptoms = [{"name": "lag"}, {"name": "connection_pool_exhaustion", "threshold": 2}]
    with pytest.raises(OperatorError, match="'lag' needs an expr.* needs metrics .*must lie between 0 and 1"):
        applications([{"name": "shop", "team": "sales", "symptoms": symptoms}])
