# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from ansible_collections.vigil.observability.plugins.module_utils._api.order import in_order
from ansible_collections.vigil.observability.plugins.module_utils._api.plan import PlanError, by_key
from ansible_collections.vigil.observability.plugins.module_utils._api.resource import Plan, Resource
from ansible_collections.vigil.observability.plugins.module_utils._grafana.dashboards.model import alike
from ansible_collections.vigil.observability.plugins.module_utils._grafana.titles import FOLDED


def planned(wanted: dict[str, Any], there: dict[str, Any], *, absent: bool = False, **more: Any) -> Plan:
    return Resource("board", wanted, there, print, **more).plan(absent=absent)


def test_the_plan_creates_updates_and_deletes_in_that_order() -> None:
    plan = planned({"new": 1, "same": 2, "other": 3}, {"same": 2, "other": 4, "ours": 5, "theirs": 6}, owned=["ours"])
    assert [(step.action, step.key, step.before, step.after) for step in plan.steps] == [
        ("create", "new", None, 1),
        ("update", "other", 4, 3),
        ("delete", "ours", 5, None),
    ]
    assert plan.kept == ("same",)
    assert plan.outcome() == {
        "changed": True,
        "created": ["new"],
        "updated": ["other"],
        "deleted": ["ours"],
        "unchanged": ["same"],
    }


def test_what_is_to_be_absent_is_deleted_when_it_is_there() -> None:
    plan = planned({"a": 1, "b": 1}, {"a": 2, "c": 3}, absent=True)
    assert plan.outcome() == {"changed": True, "created": [], "updated": [], "deleted": ["a"], "unchanged": ["b"]}


def test_who_compares_decides_what_is_the_same() -> None:
    assert planned({"a": "X"}, {"a": "x"}, same=lambda one, other: one.lower() == other.lower()).kept == ("a",)


def test_what_is_listed_twice_is_refused_by_index() -> None:
    with pytest.raises(PlanError) as refused:
        by_key("abcab", str, option="letters", what="letter")
    assert str(refused.value) == (
        "letters[0] and letters[3] are both the letter 'a'; letters[1] and letters[4] are both the letter 'b'. "
        "List each only once."
    )
    assert by_key("ba", str, option="letters", what="letter") == {"b": "b", "a": "a"}


def test_differences_are_sorted_and_show_only_what_may_be_shown() -> None:
    def shown(value: dict[str, Any]) -> dict[str, Any]:
        return {"x": value["x"]}

    plan = planned({"b": {"x": 1, "secret": 2}}, {"a": {"x": "ü"}}, shown=shown, owned=["a"])
    assert plan.differences() == [
        {"before_header": "board 'a'", "after_header": "board 'a'", "before": '{\n  "x": "ü"\n}\n', "after": ""},
        {"before_header": "board 'b'", "after_header": "board 'b'", "before": "", "after": '{\n  "x": 1\n}\n'},
    ]


@dataclass(frozen=True)
class Board:
    """Something with a title in a folder."""

    title: str
    folder_uid: str = ""


def order(there: dict[str, Board], wanted: dict[str, Board], prunable: tuple[str, ...] = ()) -> list[str]:
    plan = planned(wanted, there, owned=prunable)
    return [step.key for step in in_order(plan.steps, there, FOLDED)]


def test_a_chain_of_titles_is_passed_on_from_its_end() -> None:
    there = {"a": Board("1"), "b": Board("2"), "c": Board("3")}
    assert order(there, {"a": Board("2"), "b": Board("3"), "c": Board("4")}) == ["c", "b", "a"]


def test_a_title_that_goes_is_free_before_it_is_taken() -> None:
    there = {"a": Board("1"), "gone": Board("2")}
    assert order(there, {"new": Board("2"), "a": Board("1")}, prunable=("gone",)) == ["gone", "new"]


def test_the_same_title_in_another_folder_waits_for_nobody() -> None:
    assert order({"a": Board("1", "x")}, {"b": Board("1", "y"), "a": Board("1", "x")}) == ["b"]


@pytest.mark.parametrize("kept", [{}, {"a": Board("1")}, {"a": Board("1", "")}])
def test_a_title_that_is_kept_is_refused(kept: dict[str, Board]) -> None:
    message = "The board 'b' cannot have the title '1' at the top: 'a' already has that title"
    with pytest.raises(PlanError, match=message):
        order({"a": Board("1")}, {**kept, "b": Board("1")})


def test_a_title_of_one_that_changes_otherwise_is_refused() -> None:
    with pytest.raises(PlanError, match=r"'a' already has that title"):
        order({"a": Board("1")}, {"a": Board("1 "), "b": Board("1")})


def test_a_circle_of_three_is_named_and_nothing_besides() -> None:
    there = {"a": Board("1"), "b": Board("2"), "c": Board("3"), "d": Board("4")}
    circle = {"a": Board("2"), "b": Board("3"), "c": Board("1"), "d": Board("5"), "e": Board("6")}
    with pytest.raises(PlanError, match=r"^The boards 'a' and 'b' and 'c' cannot swap their titles or places"):
        order(there, circle)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ({"a": [1, {"b": None}]}, {"a": [1.0, {"b": None}]}, True),
        ({"a": 1}, {"a": 1, "b": None}, False),
        ([1, 2], [2, 1], False),
        ([1], [1, 1], False),
        (1, True, False),
        (False, 0, False),
        (True, True, True),
        ("1", 1, False),
        ({}, [], False),
        (None, {}, False),
    ],
)
def test_json_values_are_alike_when_they_mean_the_same(one: Any, other: Any, same: bool) -> None:
    assert alike(one, other) is same
