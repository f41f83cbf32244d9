# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Forecasts agree with a normal distribution, pass their own tests, and warn before an objective is violated."""

from __future__ import annotations

import copy
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ansible_collections.vigil.observability.plugins.filter.predictive_rules import FilterModule, predictive_rules
from ansible_collections.vigil.observability.plugins.filter.slo_rules import slo_rules
from ansible_collections.vigil.observability.plugins.plugin_utils._applications.description import applications
from ansible_collections.vigil.observability.plugins.plugin_utils._rules.files import files_of_rule_sets
from ansible_collections.vigil.observability.plugins.plugin_utils._rules.predictive.course import Course
from ansible_collections.vigil.observability.plugins.plugin_utils._rules.predictive.forecast import Forecast
from ansible_collections.vigil.observability.plugins.plugin_utils._rules.promtool import expectation, near, scenario
from ansible_collections.vigil.observability.plugins.plugin_utils._rules.slo.load import Load, load_series
from ansible_collections.vigil.observability.tests.unit.plugins.promtool import (
    evaluate,
    judge,
    range_includes_its_start,
)

ROOT = Path(__file__).resolve().parents[6]
AVAILABILITY = {"kind": "availability", "target": 0.99}
SECOND = {"kind": "latency", "target": 0.999, "threshold": 1}
SHOP = {"name": "shop", "team": "web", "objectives": [AVAILABILITY]}
PER_MINUTE = 6


def groups_of(application: dict[str, Any], **options: Any) -> list[dict[str, Any]]:
    (rule_set,) = predictive_rules([application], **options)
    groups: list[dict[str, Any]] = copy.deepcopy(rule_set["rules"]["groups"])
    return groups


VARIED: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({**SHOP, "objectives": [AVAILABILITY, SECOND]}, {}),
    ({**SHOP, "objectives": [{**AVAILABILITY, "target": 0.99999}]}, {"minutes": 30, "probability": 0.9}),
    ({**SHOP, "objectives": [{**AVAILABILITY, "target": 0.5}]}, {"minutes": 60}),
    ({**SHOP, "objectives": [{**SECOND, "name": "slow", "target": 0.2}]}, {"minutes": 1, "probability": 0.5}),
]


@pytest.mark.parametrize(("application", "options"), VARIED)
def test_generated_forecasts_are_clean_and_pass_their_tests(
    application: dict[str, Any], options: dict[str, Any], tmp_path: Path
) -> None:
    assert judge(tmp_path, files_of_rule_sets(predictive_rules([application], **options))) == ""


# What is broken, what takes its place in every expression, and which of the tests has to notice.
BROKEN = [
    (r"\[30m\], 450\)", "[30m], 600)", "waves"),
    (r"\[30m\], 450\)", "[20m], 450)", "waves"),
    (r"clamp\((predict_linear\(.*\)), 0, 1\)", r"\1", "single"),
    (r"270000, 0\)", "300000, 0)", "waves"),
    (r"\+ 1 / 6", "+ 3", "waves"),
    (r"\+ 900\)\^2", "+ 1800)^2", "waves"),
    (r"\+ \(slo:forecast.*\n", "+ 0\n", "waves"),
    (r"0\.25 / clamp_min", "250 / clamp_min", "noise|single|waves"),
    (r"0\.75 \* slo:forecast:known", "0.7 * slo:forecast:known", "waves"),
    (r"\[45m\]", "[30m]", "waves"),
    (r"1\.5976", "2.4", "waves"),
    (r"exp\(-1", "exp(1", "noise"),
    (r"> bool", "< bool", "noise"),
    (r"> 0\.8", "> 0.2", "spike|single"),
    (r"> 0\.8", "> 1", "ramp"),
    (r"\nand \d+ < count_over_time\(sli.*", "", "gap"),
    (r"\nand \d+ < count_over_time\(sli.*", "", "fresh"),
    (r"\nand sli:total.*", "", "too few requests"),
    (r"avg7d(.*) > 0\.25", r"avg7d\1 > 0.4", "worse than a coin"),
    (r" > 0\.01", " > 0.1", "worse than a guess"),
    (r"\nand count_over_time\(slo.*", "", "worse than a coin, but few"),
]


@pytest.mark.parametrize(("right", "wrong", "noticed_by"), BROKEN)
def test_a_broken_forecast_is_noticed(right: str, wrong: str, noticed_by: str, tmp_path: Path) -> None:
    (rule_set,) = predictive_rules([SHOP])
    groups = copy.deepcopy(rule_set["rules"]["groups"])
    for rule in (rule for group in groups for rule in group["rules"]):
        rule["expr"] = re.sub(right, wrong, rule["expr"])
    assert groups != rule_set["rules"]["groups"]
    tests = [test for test in rule_set["tests"]["tests"] if re.search(noticed_by, test["name"])]
    assert any("FAILED" in evaluate(tmp_path, test, groups, step="5m") for test in tests)


class CourseOfPromtool(Course):
    """A course in which a range holds as many samples as promtool counts in it."""

    def _part(self, minute: float, minutes: int) -> range:
        part = super()._part(minute, minutes)
        return range(max(0, part.start - range_includes_its_start()), part.stop)


@st.composite
def cases(draw: st.DrawFn) -> tuple[float, float, list[float]]:
    """What an objective allows, requests per second, and the ratio at each sample of 70 minutes."""
    allowed = draw(st.sampled_from([0.0005, 0.001, 0.01, 0.05, 0.2]))
    requests = draw(st.floats(0.5, 50)) / allowed
    level, end = draw(st.floats(0, 2)), draw(st.floats(0, 2))
    noise = draw(st.lists(st.floats(-0.5, 0.5), min_size=14, max_size=14))
    count = 70 * PER_MINUTE + 1
    ratios = (level + (end - level) * at / count + noise[at * len(noise) // count] for at in range(count))
    return allowed, requests, [min(max(ratio * allowed, 0), 1) for ratio in ratios]


@settings(max_examples=2, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(given_cases=st.lists(cases(), min_size=30, max_size=30), minutes=st.sampled_from([5, 15, 30, 60]))
def test_the_probability_is_that_of_a_normal_distribution(
    given_cases: list[tuple[float, float, list[float]]], minutes: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    objectives = [
        {**AVAILABILITY, "name": f"o{number}", "target": 1 - allowed}
        for number, (allowed, _requests, _ratios) in enumerate(given_cases)
    ]
    series: dict[str, Sequence[float]] = {}
    checks = []
    for number, (allowed, requests, ratios) in enumerate(given_cases):
        of = f'{{service="shop",slo="o{number}"}}'
        course = CourseOfPromtool(total=[requests] * len(ratios), ratio=ratios, per_minute=PER_MINUTE)
        recorded = {"sli:total:rate5m": course.total, "sli:bad:rate5m": course.bad, "sli:bad:ratio5m": ratios}
        series |= {f"{name}{of}": samples for name, samples in recorded.items()}
        series[f"slo:objective:bad_ratio{of}"] = [allowed] * len(ratios)
        expected = course.outlook(70, minutes).probability(allowed)
        checks.append(near(f"slo:violation:probability{minutes}m{of}", 70, expected=expected, within=0.02))
    test = {**scenario("cases", series, checks), "interval": f"{60 // PER_MINUTE}s"}
    groups = groups_of({**SHOP, "objectives": objectives}, minutes=minutes)
    assert "SUCCESS" in evaluate(tmp_path_factory.mktemp("cases"), test, groups, step="10m")


def test_from_counters_to_the_alert_a_ramp_is_foreseen_before_the_objective_is_violated(tmp_path: Path) -> None:
    (shop,) = applications([SHOP])
    ratios = [0.002] * 60 + [0.002 + 0.0008 * minute for minute in range(45)]
    load = Load(requests=[6000] * len(ratios), bad_ratio=ratios)
    first = load_series(shop, shop.objectives[0], load)
    second = load_series(shop, shop.objectives[0], load, instance="b", reset_at=70)
    alerts = 'count by (alertname) (ALERTS{alertstate="firing"})'
    warning = {"labels": '{alertname="SLOViolationPredicted"}', "value": 1}
    checks: list[dict[str, Any]] = [
        {"expr": alerts, "eval_time": "80m", "exp_samples": []},
        {"expr": alerts, "eval_time": "92m", "exp_samples": [warning]},
        {"expr": "sum(slo:violated:bool)", "eval_time": "92m", "exp_samples": [{"labels": "{}", "value": 0}]},
        {"expr": "sum(slo:violated:bool)", "eval_time": "102m", "exp_samples": [{"labels": "{}", "value": 1}]},
    ]
    groups = [*slo_rules([SHOP])[0]["rules"]["groups"], *groups_of(SHOP)]
    assert "SUCCESS" in evaluate(tmp_path, scenario("ramp", first | second, checks), groups, step="30s")


def test_the_score_is_the_square_of_what_was_foreseen_minus_what_came(tmp_path: Path) -> None:
    of = '{service="shop",slo="availability"}'
    count = 121
    steady = {
        f"sli:total:rate5m{of}": [100.0] * count,
        f"sli:bad:rate5m{of}": [0.5] * count,
        f"sli:bad:ratio5m{of}": [0.005] * count,
        f"sli:bad:ratio1h{of}": [0.005] * 90 + [0.5] * (count - 90),
        f"slo:objective:bad_ratio{of}": [0.01] * count,
    }
    checks = [
        near("slo:violation:brier15m", 80, expected=0, within=0.001),
        near("slo:violation:brier15m", 90, expected=1, within=0.001),
        near("slo:violation:brier15m:avg7d", 120, expected=31 / 67, within=0.04),
        near("slo:violated:bool:avg7d", 120, expected=31 / 121, within=0.04),
    ]
    assert "SUCCESS" in evaluate(tmp_path, scenario("score", steady, checks), groups_of(SHOP))


def test_an_objective_without_requests_has_no_probability_rather_than_one_of_zero(tmp_path: Path) -> None:
    (shop,) = applications([SHOP])
    load = Load(requests=[600] * 40 + [0] * 70, bad_ratio=[0] * 110)
    checks = [expectation("slo:violation:probability15m", 109, None), expectation("slo:violated:bool", 109, None)]
    test = scenario("silence", load_series(shop, shop.objectives[0], load), checks)
    assert "SUCCESS" in evaluate(tmp_path, test, [*slo_rules([SHOP])[0]["rules"]["groups"], *groups_of(SHOP)])


@pytest.mark.parametrize(("target", "fewest"), [(0.9, 0.05), (0.99, 0.05), (0.999, 0.5), (0.9999, 5)])
def test_the_stricter_the_objective_the_more_requests_a_forecast_needs(target: float, fewest: float) -> None:
    (objective,) = applications([{**SHOP, "objectives": [{**AVAILABILITY, "target": target}]}])[0].objectives
    assert Forecast().fewest_requests(objective) == pytest.approx(fewest)


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"minutes": 61}, "minutes 61 must be 1 to 60"),
    ({"minutes": 0}, "minutes 0 must be 1 to 60"),
    ({"minutes": "soon"}, "soon"),
    ({"probability": 1}, "probability 1.0 must lie between 0 and 1"),
    ({"probability": 0}, "probability 0.0"),
]


@pytest.mark.parametrize(("options", "said"), REFUSED)
def test_a_forecast_that_cannot_be_made_is_refused(options: dict[str, Any], said: str) -> None:
    with pytest.raises(AnsibleFilterError, match=re.escape(said)):
        predictive_rules([SHOP], **options)


def test_nonsense_is_refused_by_name() -> None:
    with pytest.raises(AnsibleFilterError, match="Application 'shop': target 1"):
        predictive_rules([{**SHOP, "objectives": [{**AVAILABILITY, "target": 1}]}])


def test_the_filter_gives_a_pair_for_each_application_with_an_objective_and_names_carry_the_minutes() -> None:
    assert FilterModule().filters() == {"predictive_rules": predictive_rules}
    (rule_set,) = predictive_rules([SHOP, {"name": "stock", "team": "web"}], minutes=30)
    assert rule_set["name"] == "predictive-shop"
    assert [group["name"] for group in rule_set["rules"]["groups"]] == [
        "predictive-shop",
        "predictive-shop.calibration",
    ]
    records = [rule["record"] for group in rule_set["rules"]["groups"] for rule in group["rules"] if "record" in rule]
    assert {"slo:forecast:ratio30m", "slo:forecast:sigma30m", "slo:violation:z30m"} <= set(records)
    assert {"slo:violation:probability30m", "slo:violation:brier30m", "slo:violated:bool"} <= set(records)


def test_every_alert_asks_for_scaling_or_for_silence_and_has_its_section_in_the_runbook() -> None:
    page = (ROOT / "docs" / "runbooks" / "predictive.md").read_text(encoding="utf-8")
    rules = [rule for group in groups_of(SHOP) for rule in group["rules"]]
    assert all(rule["labels"]["service"] == "shop" and rule["labels"]["slo"] == "availability" for rule in rules)
    alerts = {rule["alert"]: rule for rule in rules if "alert" in rule}
    assert re.findall(r"^## (SLO\w+)$", page, re.MULTILINE) == list(alerts)
    assert alerts["SLOViolationPredicted"]["labels"]["action"] == "preemptive_scale"
    for rule in alerts.values():
        assert rule["labels"].keys() >= {"team", "environment", "severity"}
        assert rule["annotations"].keys() == {"summary", "description", "runbook_url"}
    headings = ["Meaning", "Impact", "Diagnosis", "What to do", "When to escalate"]
    assert re.findall(r"^### (.+)$", page, re.MULTILINE) == headings * len(alerts)
