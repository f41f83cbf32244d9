# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rules from objectives pass their own tests, which notice when a rule is broken, and windows are what they say."""

from __future__ import annotations

import copy
import re
from itertools import chain, repeat
from pathlib import Path
from typing import Any

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.vigil.observability.plugins.filter.slo_rules import FilterModule, slo_rules
from ansible_collections.vigil.observability.plugins.module_utils._errors.sentence import OperatorError
from ansible_collections.vigil.observability.plugins.plugin_utils._applications.description import applications
from ansible_collections.vigil.observability.plugins.plugin_utils._applications.objective import minutes_of
from ansible_collections.vigil.observability.plugins.plugin_utils._rules.files import files_of_rule_sets
from ansible_collections.vigil.observability.plugins.plugin_utils._rules.promtool import near, scenario
from ansible_collections.vigil.observability.plugins.plugin_utils._rules.slo.alerts import BURNS, burn_limit
from ansible_collections.vigil.observability.plugins.plugin_utils._rules.slo.expected import Expected
from ansible_collections.vigil.observability.plugins.plugin_utils._rules.slo.generator import RATIO_WINDOWS
from ansible_collections.vigil.observability.plugins.plugin_utils._rules.slo.indicator import bound_spellings
from ansible_collections.vigil.observability.plugins.plugin_utils._rules.slo.load import (
    Load,
    example_statuses,
    flat,
    load_series,
)
from ansible_collections.vigil.observability.plugins.plugin_utils._rules.tested import runbook_url
from ansible_collections.vigil.observability.tests.unit.plugins.promtool import evaluate, judge

ROOT = Path(__file__).resolve().parents[6]
AVAILABILITY = {"kind": "availability", "target": 0.999}
SECOND = {"kind": "latency", "target": 0.99, "threshold": 1}
SHOP = {"name": "shop", "team": "web", "objectives": [AVAILABILITY, SECOND]}
VARIED: dict[str, dict[str, Any]] = {
    "usual": SHOP,
    "strict": {
        **SHOP,
        "objectives": [{**AVAILABILITY, "target": 0.9999}, {**SECOND, "target": 0.999, "window": "90d"}],
    },
    "lax, and one metric for both": {
        **SHOP,
        "metrics": {"requests": "http_request_duration_seconds_count"},
        "objectives": [{**AVAILABILITY, "target": 0.3, "window": "7d"}, {**SECOND, "target": 0.8}],
    },
    "several of a kind": {
        **SHOP,
        "objectives": [{**SECOND, "name": f"l{number}", "threshold": 10.0**number} for number in (-5, 0)],
    },
    "weeks, and without health checks": {
        **SHOP,
        "matchers": ['route!~"/healthz|/metrics"', "method=~`GET|P(OST|UT)`"],
        "objectives": [
            {**AVAILABILITY, "window": "4w"},
            {**SECOND, "window": "1w2d12h", "matchers": ['route=~"/api/v\\\\d+/.+"', 'tenant!=""']},
        ],
    },
    "spans in place of metrics": {
        **SHOP,
        "measured_by": "spans",
        "matchers": ['span_name!="GET /healthz"'],
    },
    "names of its own": {
        "name": "rpc-1_b",
        "team": "équipe web",
        "job": 'the "rpc" \\ job',
        "environment": "staging",
        "metrics": {
            "requests": "rpc:calls",
            "status_label": "code",
            "bad_status": "INTERNAL|UNAVAILABLE",
            "duration": "t",
        },
        "objectives": [{**AVAILABILITY, "window": "28d"}, {**SECOND, "threshold": 0.25, "window": "14d"}],
    },
}


def rule_set_of(application: dict[str, Any]) -> dict[str, Any]:
    (rule_set,) = slo_rules([application])
    return rule_set


@pytest.mark.parametrize("application", VARIED.values(), ids=VARIED)
def test_generated_rules_are_clean_and_pass_their_tests(application: dict[str, Any], tmp_path: Path) -> None:
    assert judge(tmp_path, files_of_rule_sets([rule_set_of(application)])) == ""


# What is broken, what takes its place in every expression, and which of the tests has to notice.
BROKEN = [
    ("> 14.4", "> 15.5", "a burn rate just above limit 4"),
    ("> 14.4", "> 13", "a burn rate just below limit 4"),
    (r"> 6\b", "> 6.5", "a burn rate just above limit 3"),
    (r"> 6\b", "> 5.5", "a burn rate just below limit 3"),
    (r"> 3\b", "> 3.5", "a burn rate just above limit 2"),
    (r"> 3\b", "> 2.5", "a burn rate just below limit 2"),
    (r"> 1\b", "> 1.1", "a burn rate just above limit 1"),
    (r"> 1\b", "> 0.9", "a burn rate just below limit 1"),
    (r'slo:burn_rate:ratio5m\{service="shop",slo="\w+"\} > 14.4\nand ', "", "a spike that is over"),
    (r"slo:burn_rate:ratio1h(.*) > 14.4\n", r"slo:burn_rate:ratio5m\1 > 14.4\n", "trouble that just began"),
    (r"\nand increase.*", "", "four requests, two of them bad, and then none"),
    (r"\nand avg_over_time.*", "", "four requests, two of them bad, and then none"),
    (r',le=~"[^"]*"', "", "noise"),
    (r'le=~"[^"]*"', 'le="1"', "noise|ramp|counters begin anew"),
    (r'le=~"[^"]*"', 'le="1.0"', "noise|ramp|counters begin anew"),
    (r"=~\"5\.\.\"", '=~"4.."', "a step to nothing"),
    (r"rate\(http_requests_total\{job=\"shop\"\}", 'rate(http_requests_total{job="stock"}', "noise"),
    (r" or 0 \* sum\(.*\)", "", "not a single bad request"),
    (r"vector\(0\.001\)", "vector(0.0011)", "noise|just above limit 4"),
    (r"^1 - \(sum_over_time", "(sum_over_time", "not a single bad request"),
    (r"^\(sum\(sla_(\w+)_total.*\* 30$", "sum(http_requests_total)", "begin anew"),
    (r"absent\(", "count(", "no data"),
    (r"== 0", "< 0", "no traffic any more"),
    (r"unless ignoring", "and ignoring", "noise"),
    (r',status_code=""', ',status_code="500"', "does not tell"),
    (r" and ignoring \(le\) rate\([^)]*\[5m\]\)\)$", ")", "does not tell"),
    (r"remaining_ratio(\{.*\}) <= 0", r"remaining_ratio\1 <= -0.1", "a burn rate just above limit 1"),
]


@pytest.mark.parametrize(("right", "wrong", "noticed_by"), BROKEN)
def test_a_broken_rule_is_noticed(right: str, wrong: str, noticed_by: str, tmp_path: Path) -> None:
    rule_set = rule_set_of(SHOP)
    groups = copy.deepcopy(rule_set["rules"]["groups"])
    for rule in (rule for group in groups for rule in group["rules"]):
        rule["expr"] = re.sub(right, wrong, rule["expr"])
    assert groups != rule_set["rules"]["groups"]
    tests = [test for test in rule_set["tests"]["tests"] if re.search(noticed_by, test["name"])]
    assert tests
    assert any("FAILED" in evaluate(tmp_path, test, groups, step="4m") for test in tests)


def test_rules_that_count_health_checks_are_noticed(tmp_path: Path) -> None:
    rule_set = rule_set_of({**SHOP, "matchers": ['route!="/healthz"']})
    groups = copy.deepcopy(rule_set["rules"]["groups"])
    for rule in (rule for group in groups for rule in group["rules"]):
        rule["expr"] = rule["expr"].replace(',route!="/healthz"', "")
    (test,) = [test for test in rule_set["tests"]["tests"] if "requests that do not count" in test["name"]]
    assert "FAILED" in evaluate(tmp_path, test, groups, step="4m")


def test_a_ratio_is_the_same_with_every_python() -> None:
    # One after the other, ten tenths are 0.9999999999999999 with Python 3.11 and 1 with Python 3.12.
    load = flat(1, (10, 0.1))
    assert load.ratio(10, 10) == 0.1


def test_windows_are_as_long_as_their_names_and_budgets_as_objectives(tmp_path: Path) -> None:
    weekly = {**SHOP, "objectives": [{**AVAILABILITY, "window": "7d"}]}
    (shop,) = applications([weekly])
    (objective,) = shop.objectives
    # Each window sees a part that the next shorter one does not see, and that differs much.
    ends = [*(minutes_of(window) for window in reversed(RATIO_WINDOWS)), 0]
    shares = (0.0002, 0.004, 0.0001, 0.005, 0.02, 0.3, 0.01)
    legs = [(before - after, share) for before, after, share in zip(ends, ends[1:], shares, strict=False)]
    load = flat(60000, (120, 0.05), *legs)
    end = len(load.requests)
    expected = Expected(shop, objective)
    levels = {window: load.ratio(end, minutes_of(window)) / objective.bad_ratio for window in RATIO_WINDOWS}
    ratios = [
        near(f"{name}:ratio{window}", end, expected=level * unit, within=level * unit / 5)
        for window, level in levels.items()
        for name, unit in (("sli:bad", objective.bad_ratio), ("slo:burn_rate", 1))
    ]
    lacking = load.ratio(end, minutes_of("1d"))
    ratios.append(near("1 - slo:compliance:ratio24h", end, expected=lacking, within=lacking / 5))
    budget = expected.remaining(1 - load.ratio(end, end) / objective.bad_ratio, end)
    budget["expr"] = budget["expr"].replace("/ 0.02", "/ 0.4")
    alerts = chain.from_iterable(expected.alerts(load, minute, doubt=0.3) for minute in range(120, end + 1, 480))
    test = scenario("days", load_series(shop, objective, load), [*ratios, budget, *alerts])
    assert "SUCCESS" in evaluate(tmp_path, test, rule_set_of(weekly)["rules"]["groups"], step="4m")


def test_trouble_of_two_hours_is_no_ticket_before_it_weighs_in_a_day(tmp_path: Path) -> None:
    described = {**SHOP, "objectives": [AVAILABILITY]}
    (shop,) = applications([described])
    load = flat(60000, (1200, 0), (120, 0.004))
    test = scenario(
        "two hours",
        load_series(shop, shop.objectives[0], load),
        Expected(shop, shop.objectives[0]).alerts(load, 1320, doubt=0.2),
    )
    groups = rule_set_of(described)["rules"]["groups"]
    assert "SUCCESS" in evaluate(tmp_path, test, groups, step="4m")
    for long_window in ("1d", "3d"):
        always = copy.deepcopy(groups)
        for rule in always[0]["rules"]:
            rule["expr"] = re.sub(rf"^slo:burn_rate:ratio{long_window}.*\nand ", "", rule["expr"])
        assert "FAILED" in evaluate(tmp_path, test, always, step="4m")


def test_four_bad_requests_alert_nobody_and_a_dozen_do(tmp_path: Path) -> None:
    shop = applications([{**SHOP, "objectives": [AVAILABILITY]}])[0]
    groups = rule_set_of({**SHOP, "objectives": [AVAILABILITY]})["rules"]["groups"]
    expr = 'count(ALERTS{alertname="SLOBurnRateHigh",alertstate="firing"})'
    for bad, fires in ((4, False), (12, True)):
        load = Load(requests=[1] * 30, bad_ratio=[0] * 15 + [1] * bad + [0] * (15 - bad))
        check = {
            "expr": expr,
            "eval_time": f"{15 + bad + 1}m",
            "exp_samples": [{"labels": "{}", "value": 2}] if fires else [],
        }
        test = scenario("few", load_series(shop, shop.objectives[0], load), [check])
        assert "SUCCESS" in evaluate(tmp_path, test, groups, step="30s"), bad


def test_people_read_what_happens(tmp_path: Path) -> None:
    groups = rule_set_of({**SHOP, "objectives": [AVAILABILITY]})["rules"]["groups"]
    shop = applications([{**SHOP, "objectives": [AVAILABILITY]}])[0]
    series = load_series(shop, shop.objectives[0], flat(60000, (20, 0.0072)))
    labels = {"service": "shop", "slo": "availability", "team": "web", "environment": "production"}
    alert = {
        "exp_labels": {**labels, "severity": "critical", "long_window": "6h", "short_window": "30m"},
        "exp_annotations": {
            "summary": "shop spends its error budget for availability 7.2 times too fast",
            "description": "In the last 6h it spent more than 5 % of the budget for 30d, "
            "and the last 30m were no better.",
            "runbook_url": runbook_url("objectives", "SLOBurnRateHigh"),
        },
    }
    test = scenario("words", series, [])
    test["alert_rule_test"] = [{"eval_time": "20m", "alertname": "SLOBurnRateHigh", "exp_alerts": [alert]}]
    assert "SUCCESS" in evaluate(tmp_path, test, groups, step="4m")


def test_every_rule_says_whom_it_concerns_and_every_alert_has_its_section_in_the_runbook() -> None:
    page = (ROOT / "docs" / "runbooks" / "objectives.md").read_text(encoding="utf-8")
    sections = {
        name: re.findall(r"^### (.+)$", text, re.MULTILINE)
        for name, text in re.findall(r"^## (\w+)$(.*?)(?=^## |\Z)", page, re.MULTILINE | re.DOTALL)
    }
    rules = [rule for group in rule_set_of(SHOP)["rules"]["groups"] for rule in group["rules"]]
    for rule in rules:
        assert rule["labels"]["service"] == "shop"
        assert rule["labels"]["slo"] in {"availability", "latency"}
    alerts = [rule for rule in rules if "alert" in rule]
    assert {rule["alert"] for rule in alerts} == sections.keys()
    for rule in alerts:
        assert rule["labels"].keys() >= {"team", "environment", "severity"}
        assert rule["annotations"].keys() == {"summary", "description", "runbook_url"}
        assert sections[rule["alert"]] == ["Meaning", "Impact", "Diagnosis", "What to do", "When to escalate"]


@pytest.mark.parametrize(
    ("window", "target", "limits"),
    [
        ("30d", 0.999, [14.4, 6, 3, 1]),
        ("7d", 0.999, [3.36, 1.4, 1, 1]),
        ("90d", 0.999, [43.2, 18, 9, 3]),
        ("30d", 0.9, [9, 6, 3, 1]),
        ("30d", 0.5, [1.8, 1.8, 1.8, 1]),
    ],
)
def test_limits_spend_the_same_share_of_every_budget(window: str, target: float, limits: list[float]) -> None:
    described = {**SHOP, "objectives": [{**AVAILABILITY, "target": target, "window": window}]}
    (objective,) = applications([described])[0].objectives
    assert [burn_limit(burn, objective) for burn in BURNS] == pytest.approx(limits)


@pytest.mark.parametrize(
    ("bound", "spellings"),
    [
        (1, ["1", "1.0"]),
        (0.5, ["0.5"]),
        (10, ["10", "10.0"]),
        (2.5, ["2.5"]),
        (0.00001, ["1e-05", "0.00001"]),
    ],
)
def test_a_bound_is_matched_as_both_versions_store_it(bound: float, spellings: list[str]) -> None:
    assert bound_spellings(bound) == spellings


@pytest.mark.parametrize(
    ("pattern", "examples"),
    [
        ("5..", ("200", "599")),
        ("5..|429", ("200", "429")),
        ("INTERNAL|UNAVAILABLE", ("200", "INTERNAL")),
        ("[^O].*", ("OK", "599")),
        ("5xx", ("200", "5xx")),
    ],
)
def test_examples_of_statuses_are_found_for_any_sensible_expression(pattern: str, examples: tuple[str, str]) -> None:
    assert example_statuses(pattern) == examples


@pytest.mark.parametrize(
    ("pattern", "said"), [(".*", "every usual status of a success"), ("x[0-9]{9}", "no usual status")]
)
def test_an_expression_that_tells_nothing_apart_is_refused(pattern: str, said: str) -> None:
    with pytest.raises(OperatorError, match=said):
        example_statuses(pattern)
    with pytest.raises(AnsibleFilterError, match=said):
        slo_rules([{**SHOP, "metrics": {"bad_status": pattern}}])


def test_the_filter_gives_a_pair_for_each_application_with_an_objective() -> None:
    assert FilterModule().filters() == {"slo_rules": slo_rules}
    names = [
        {**SHOP, "name": name, "objectives": given}
        for name, given in zip("abc", (*repeat([AVAILABILITY], 2), []), strict=True)
    ]
    rule_sets = slo_rules(names)
    assert [rule_set["name"] for rule_set in rule_sets] == ["slo-a", "slo-b"]
    groups = [group["name"] for rule_set in rule_sets for group in rule_set["rules"]["groups"]]
    assert groups == ["slo-a", "slo-a.budget", "slo-b", "slo-b.budget"]


def test_nonsense_is_refused_by_name() -> None:
    with pytest.raises(AnsibleFilterError, match="Application 'shop': target 1"):
        slo_rules([{**SHOP, "objectives": [{**AVAILABILITY, "target": 1}]}])
