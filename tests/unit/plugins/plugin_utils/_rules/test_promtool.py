# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tests of promtool and rule sets as they are put together."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.vigil.observability.plugins.plugin_utils._rules.promtool import (
    counter,
    expectation,
    firing,
    near,
    scenario,
    values,
)
from ansible_collections.vigil.observability.plugins.plugin_utils._rules.tested import (
    RuleSet,
    alert,
    group,
    quoted,
    recording,
    runbook_url,
)
from ansible_collections.vigil.observability.tests.unit.plugins.promtool import evaluate


@pytest.mark.parametrize(
    ("samples", "written"),
    [
        ([], ""),
        ([1.0], "1"),
        ([5.0, 5.0, 5.0], "5+0x2"),
        # A step down that is only that of rounding, which differs between releases of Python.
        ([0.005, 0.005 - 1e-17, 0.005 - 2e-17], "0.005+0x2"),
        ([0.0, 1.5, 3.0, 10.0], "0+1.5x2 10"),
        ([3.0, 2.0, 1.0], "3-1x2"),
        ([1.0, 4.0], "1 4"),
        ([None, 1.0, None, 2.0], "_ 1 _ 2"),
        ([0.0000005, 12000000.0], "0.0000005 12000000"),
    ],
)
def test_runs_of_equal_steps_are_written_in_short(samples: list[float | None], written: str) -> None:
    assert values(samples) == written


def read(written: str) -> list[float | None]:
    """Return the samples of promtool's notation, of which only what is written here is known."""
    samples: list[float | None] = []
    for part in written.split():
        run, _x, times = part.partition("x")
        sign = max(run.rfind("+"), run.rfind("-"))
        if part == "_":
            samples.append(None)
        elif not times:
            samples.append(float(run))
        else:
            first, step = float(run[:sign]), float(run[sign:])
            samples += [first + step * number for number in range(int(times) + 1)]
    return samples


@given(st.lists(st.one_of(st.none(), st.integers(-3, 3).map(float), st.floats(0, 1e6))))
def test_what_is_written_is_what_was_meant(samples: list[float | None]) -> None:
    found = read(values(samples))
    assert [sample is None for sample in found] == [sample is None for sample in samples]
    known = [(one, other) for one, other in zip(found, samples, strict=True) if one is not None and other is not None]
    assert all(abs(one - other) < 1e-6 for one, other in known)


def test_a_counter_grows_by_its_increments_and_may_begin_anew() -> None:
    assert counter([1, 2, 3]) == [0, 1, 3, 6]
    assert counter([1, 2, 3], reset_at=2) == [0, 1, 3, 3]


RULES = [
    recording("seen", "sum(x)", {"service": "shop"}),
    alert("Much", "sum(x) > 2", labels={"team": "web"}, page="shop", texts={"summary": "Much"}, wait="1m"),
]


@pytest.mark.parametrize(
    ("check", "right"),
    [
        (expectation("sum(x)", 3, 4), True),
        (expectation("sum(x)", 3, 5), False),
        (expectation("sum(y)", 3, None), True),
        (expectation("sum(x)", 3, None), False),
        (expectation("seen", 3, 4, 'seen{service="shop"}'), True),
        (near("seen / 3", 3, expected=1.333, within=0.01), True),
        (near("seen / 3", 3, expected=1.34, within=0.01), False),
        (near("y", 3, expected=0, within=1), False),
        (firing("Much", {"team": "web"}, 3, fires=True), True),
        (firing("Much", {"team": "web"}, 2, fires=True), False),
        (firing("Much", {"team": "web"}, 2, fires=False), True),
        (firing("Much", {"team": "other"}, 3, fires=True), False),
    ],
)
def test_promtool_takes_an_expectation_for_what_it_says(tmp_path: Path, check: dict[str, Any], right: bool) -> None:
    test = scenario("one", {'x{instance="a"}': [1, 2, 3, 4]}, [check])
    assert ("SUCCESS" in evaluate(tmp_path, test, [group("rules", "30s", RULES)])) == right


def test_a_rule_set_is_plain_data_for_two_files_and_its_groups_are_evaluated_in_their_order() -> None:
    rule_set = RuleSet(
        name="slo-shop", groups=[group("g", "30s", RULES)], tests=[{"name": "t"}], evaluation_interval="1m"
    )
    assert rule_set.as_dict() == {
        "name": "slo-shop",
        "rules": {"groups": [{"name": "g", "interval": "30s", "rules": RULES}]},
        "tests": {"evaluation_interval": "1m", "group_eval_order": ["g"], "tests": [{"name": "t"}]},
    }


def test_an_alert_leads_to_its_section_of_the_runbook() -> None:
    assert runbook_url("shop", "SLONoData").endswith("/docs/runbooks/shop.md#slonodata")
    assert RULES[1]["annotations"]["runbook_url"] == runbook_url("shop", "Much")
    assert RULES[1]["for"] == "1m"
    at_once = alert("Much", "x", labels={}, page="shop", texts={})
    assert "for" not in at_once


def test_a_text_is_quoted_for_promql() -> None:
    assert quoted('a "b" \\ ü') == '"a \\"b\\" \\\\ ü"'
