# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.vigil.observability.plugins.module_utils._errors.sentence import OperatorError
from ansible_collections.vigil.observability.plugins.plugin_utils._rules.alert_settings import adjusted, thresholds

SHIPPED = Path(__file__).resolve().parents[5] / "roles/prometheus/files/rules"
DISKS = """\
# Of disks.
groups:
  - name: disks
    rules:
      - record: disk:left
        expr: avail / size > 0.5
      - alert: DiskFull
        expr: disk:left{mode!="1"} < 0.1 and 0.4 > other and up == 0
        for: 5m
        labels: {severity: warning, team: hosts}
        annotations: {summary: "Füllt sich: {{ $value | humanizePercentage }}"}
      - {alert: DiskGone, expr: disk_up == 0}
"""
CLOCKS = "groups: [{name: clocks, rules: [{alert: ClockWrong, expr: abs(offset) >=bool -1.5e-3}]}]\n"
FILES = {"disks.yml": DISKS, "clocks.yml": CLOCKS}


def rule(settings: dict[str, Any], name: str = "DiskFull") -> dict[str, Any]:
    """Return one rule of the files after they were adjusted."""
    for text in adjusted(FILES, settings).values():
        for group in yaml.safe_load(text)["groups"]:
            for found in group["rules"]:
                if found.get("alert") == name:
                    return dict(found)
    return {}


@pytest.mark.parametrize("settings", [{}, {"DiskFull": {}}])
def test_without_settings_every_byte_stays(settings: dict[str, Any]) -> None:
    assert adjusted(FILES, settings) == FILES


def test_a_file_without_any_adjusted_alert_keeps_its_text() -> None:
    files = adjusted(FILES, {"DiskFull": {"threshold": 0.2}})
    assert files["clocks.yml"] == CLOCKS
    assert files["disks.yml"] != DISKS


@pytest.mark.parametrize(
    ("value", "expected"), [(0.2, "0.2"), (3, "3"), ("0.25", "0.25"), (" 1e-3 ", "1e-3"), (-4, "-4"), (0, "0")]
)
def test_a_threshold_takes_the_place_of_the_number_that_is_compared_with(value: Any, expected: str) -> None:
    assert rule({"DiskFull": {"threshold": value}}) == {
        **yaml.safe_load(DISKS)["groups"][0]["rules"][1],
        "expr": f'disk:left{{mode!="1"}} < {expected} and 0.4 > other and up == 0',
    }


def test_a_threshold_is_found_behind_bool_and_with_a_sign() -> None:
    assert rule({"ClockWrong": {"threshold": 2}}, "ClockWrong")["expr"] == "abs(offset) >=bool 2"


@pytest.mark.parametrize(
    ("expr", "numbers"),
    [
        ("up == 0", []),
        ("a > 0.0 and b", []),
        ("0.4 > a", []),
        ('a{b!="5", c=~"6.."} > b', []),
        ("a > bool_b", []),
        ("a != 1 or b <= 1e3", ["1", "1e3"]),
        ("a / 3600 < 24\nand b", ["24"]),
    ],
)
def test_a_threshold_is_a_number_other_than_0_after_a_comparison(expr: str, numbers: list[str]) -> None:
    assert [found["number"] for found in thresholds(expr)] == numbers


def test_a_duration_is_set_whether_there_was_one_or_not() -> None:
    assert rule({"DiskFull": {"for": "1h30m"}})["for"] == "1h30m"
    assert rule({"DiskGone": {"for": 0}}, "DiskGone")["for"] == "0"


def test_labels_are_laid_over_those_of_the_alert_and_null_takes_one_away() -> None:
    labels = {"severity": "critical", "tier": 1, "team": None}
    assert rule({"DiskFull": {"labels": labels}})["labels"] == {"severity": "critical", "tier": "1"}
    assert rule({"DiskGone": {"labels": {"team": "web"}}}, "DiskGone")["labels"] == {"team": "web"}


def test_an_alert_that_is_not_enabled_is_left_out_and_recordings_stay() -> None:
    settings = {"DiskFull": {"enabled": False}, "DiskGone": {"enabled": False}, "ClockWrong": {"enabled": False}}
    files = {name: yaml.safe_load(text) for name, text in adjusted(FILES, settings).items()}
    assert [found["record"] for found in files["disks.yml"]["groups"][0]["rules"]] == ["disk:left"]
    assert files["clocks.yml"] == {"groups": []}


def test_what_is_beside_ascii_stays_readable() -> None:
    assert "Füllt sich" in adjusted(FILES, {"DiskFull": {"threshold": 1}})["disks.yml"]


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"DiskFul": {}}, "DiskFul is not a shipped alert (did you mean DiskFull?)."),
        ({"Unheard": {"threshold": 1}}, "Unheard is not a shipped alert."),
        ({"DiskFull": 5}, "DiskFull must be a mapping with some of enabled, for, labels, threshold, not 5."),
        (
            {"DiskFull": {"treshold": 5}},
            ("DiskFull has no setting 'treshold' (did you mean threshold?): use enabled, for, labels, threshold."),
        ),
        ({"DiskGone": {"threshold": 5}}, "DiskGone has no threshold: it fires whenever disk_up == 0."),
        ({"DiskFull": {"threshold": "5%"}}, "threshold of DiskFull must be a number, not '5%'."),
        ({"DiskFull": {"threshold": True}}, "threshold of DiskFull must be a number, not True."),
        ({"DiskFull": {"threshold": [1]}}, "threshold of DiskFull must be a number, not [1]."),
        ({"DiskFull": {"threshold": "1_0"}}, "threshold of DiskFull must be a number, not '1_0'."),
        ({"DiskFull": {"threshold": float("inf")}}, "threshold of DiskFull must be a number, not inf."),
        ({"DiskFull": {"for": "5 min"}}, "for of DiskFull must be a duration such as 30m or 1h30m, not '5 min'."),
        ({"DiskFull": {"for": 30}}, "for of DiskFull must be a duration such as 30m or 1h30m, not 30."),
        ({"DiskFull": {"for": ""}}, "for of DiskFull must be a duration such as 30m or 1h30m, not ''."),
        ({"DiskFull": {"for": "30m1h"}}, "for of DiskFull must be a duration such as 30m or 1h30m, not '30m1h'."),
        ({"DiskFull": {"for": False}}, "for of DiskFull must be a duration such as 30m or 1h30m, not False."),
        ({"DiskFull": {"enabled": "no"}}, "enabled of DiskFull must be true or false, not 'no'."),
        ({"DiskFull": {"labels": "web"}}, "labels of DiskFull must be a mapping of label to value, not 'web'."),
        (
            {"DiskFull": {"labels": {"alertname": "Disk"}}},
            (
                "labels of DiskFull cannot contain alertname, which is a label of the stack's own: "
                "alerts and dashboards use it, so choose another name."
            ),
        ),
        (
            {"DiskFull": {"labels": {"on-call": "web"}}},
            (
                "labels of DiskFull cannot contain 'on-call': names of labels consist of letters, digits and _, "
                "and begin with neither a digit nor __."
            ),
        ),
        (
            {"DiskFull": {"labels": {"team": ["a"]}}},
            "labels of DiskFull must have a text for team: set it to one, or remove it.",
        ),
    ],
)
def test_what_cannot_be_set_is_refused_by_name(settings: dict[str, Any], sentence: str) -> None:
    with pytest.raises(OperatorError) as refused:
        adjusted(FILES, settings)
    assert str(refused.value) == sentence


def test_every_fault_is_told_at_once() -> None:
    with pytest.raises(OperatorError, match=r"A is not a shipped alert\. B is not a shipped alert\."):
        adjusted(FILES, {"A": {}, "B": {}})


def shipped() -> dict[str, str]:
    return {file.name: file.read_text(encoding="utf-8") for file in SHIPPED.glob("*.yml")}


def alerts(files: dict[str, str]) -> dict[str, dict[str, Any]]:
    """Return the alerts of rule files by name."""
    groups = [group for text in files.values() for group in yaml.safe_load(text)["groups"]]
    return {found["alert"]: found for group in groups for found in group["rules"] if "alert" in found}


def test_every_shipped_threshold_can_be_set_and_nothing_else_of_its_alert_changes() -> None:
    before = alerts(shipped())
    settable = {name: found for name, found in before.items() if thresholds(found["expr"])}
    after = alerts(adjusted(shipped(), {name: {"threshold": 12.5} for name in settable}))
    for name, found in before.items():
        expected = found["expr"]
        if name in settable:
            [number] = thresholds(expected)
            expected = f"{expected[: number.start('number')]}12.5{expected[number.end('number') :]}"
        assert after[name] == {**found, "expr": expected}
