# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Escalation paths of an inventory: what the engine reads of them, and what is refused in a sentence."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.vigil.observability.plugins.module_utils._errors.sentence import OperatorError
from ansible_collections.vigil.observability.plugins.plugin_utils._runbooks import escalations
from ansible_collections.vigil.observability.plugins.plugin_utils._runbooks.escalations import (
    escalation_paths,
    faults_of_escalations,
    faults_of_receivers,
    receivers_of,
)

DUTY = {"receiver": "duty"}
LATER: dict[str, Any] = {"path": [DUTY, {"receiver": "lead", "after": "15m"}]}
EVERYTHING: dict[str, list[str]] = {"priorities": [], "teams": [], "services": [], "days": []}


def test_entry_is_completed_for_the_engine() -> None:
    night = {**LATER, "teams": ["sales"], "hours": "22:00-06:30", "days": ["sat"], "time_zone": "Europe/Berlin"}
    both = [{"receiver": "duty", "after": 0}, {"receiver": "lead", "after": 900}]
    hours = {"begin": 22 * 60, "end": 6 * 60 + 30, "time_zone": "Europe/Berlin"}
    always = {"begin": 0, "end": 24 * 60, "time_zone": "UTC"}
    assert escalation_paths([night, DUTY]) == [
        {"path": both, **EVERYTHING, "teams": ["sales"], "days": ["sat"], **hours},
        {"path": both[:1], **EVERYTHING, **always},
    ]


def test_receivers_are_named_once_in_the_order_of_entries() -> None:
    assert receivers_of([{"receiver": "lead"}, LATER]) == ["lead", "duty"]


def test_a_receiver_that_is_not_configured_is_named_with_those_that_are() -> None:
    assert list(faults_of_receivers([DUTY, LATER], ["duty", "nobody"], "alertmanager_config of monitor2")) == [
        "entry 2 has the receiver 'lead', which alertmanager_config of monitor2 lacks: add it, or use duty, nobody."
    ]


@pytest.mark.parametrize(
    ("entry", "fault"),
    [
        ({**DUTY, "hour": "22:00-06:00"}, "hour is unknown: use receiver, path, priorities, teams, services, days"),
        ({"teams": ["sales"]}, "either receiver or path is needed, and not both."),
        ({**DUTY, **LATER}, "either receiver or path is needed, and not both."),
        ({"receiver": None}, "receiver must be the name of a receiver of alertmanager_config, not None."),
        ({"receiver": ""}, "receiver must be the name of a receiver of alertmanager_config, not ''."),
        ({"path": []}, "path must be a list of receivers, such as [{receiver: duty}, {receiver: lead, after: 15m}]."),
        ({"path": ["duty"]}, "path must be a list of receivers"),
        ({"path": [{"after": "1m"}]}, "path must be a list of receivers"),
        ({"path": [{**DUTY, "before": "1m"}]}, "path must be a list of receivers"),
        ({"path": [{**DUTY, "after": "1m"}]}, "the first receiver of path gets the alert at once, so it has no after."),
        ({"path": [DUTY, {"receiver": "lead"}]}, "after must be a duration such as 5m, not None."),
        ({"path": [DUTY, {"receiver": "lead", "after": 15}]}, "after must be a duration such as 5m, not 15."),
        (
            {"path": [*LATER["path"], {"receiver": "boss", "after": "15m"}]},
            "after of 'boss' must be longer than that of 'lead'.",
        ),
        ({"path": [DUTY, {**DUTY, "after": "15m"}]}, "path names a receiver twice."),
        ({**DUTY, "priorities": ["urgent"]}, "priorities has 'urgent', which is unknown: use critical, high, medium,"),
        ({**DUTY, "days": ["sunday"]}, "days has 'sunday', which is unknown: use mon, tue, wed, thu, fri, sat, sun."),
        ({**DUTY, "teams": []}, "teams must be a list with one name at least; leave it out for all of them."),
        ({**DUTY, "services": "shop"}, "services must be a list with one name at least"),
        ({**DUTY, "services": [1]}, "services must be a list with one name at least"),
        ({**DUTY, "hours": "22-6"}, "hours must be a begin and another end such as '22:00-06:00', not '22-6'."),
        ({**DUTY, "hours": "24:00-06:00"}, "hours must be a begin and another end"),
        ({**DUTY, "hours": "08:00-08:00"}, "hours must be a begin and another end"),
        ({**DUTY, "hours": 8}, "hours must be a begin and another end such as '22:00-06:00', not 8."),
        ({**DUTY, "time_zone": "Europe/Berln"}, "time_zone 'Europe/Berln' is unknown: write one such as Europe/Berlin"),
    ],
)
def test_what_cannot_be_used_is_refused(entry: dict[str, Any], fault: str) -> None:
    (found,) = faults_of_escalations([DUTY, entry])
    assert found.startswith(f"entry 2: {fault}")
    with pytest.raises(OperatorError, match="incident_response_escalations cannot be used: entry 2: "):
        escalation_paths([DUTY, entry])


NIGHT = {"hours": "22:00-06:00", "time_zone": "Europe/Berlin"}
SATURDAY = {"days": ["sat"], "time_zone": "Europe/Berlin"}


@pytest.mark.parametrize(
    ("before", "entry"),
    [
        ([{}], {}),
        ([{}], {**NIGHT, "teams": ["sales"]}),
        ([{"teams": ["sales", "storage"]}], {"teams": ["sales"], "priorities": ["high"]}),
        ([NIGHT], {**NIGHT, "hours": "23:00-24:00", "days": ["mon"]}),
        ([NIGHT], {**NIGHT, "hours": "01:00-05:00"}),
        ([SATURDAY], {**SATURDAY, "hours": "08:00-12:00"}),
        # Together they have every hour.
        ([NIGHT, {**NIGHT, "hours": "06:00-22:00"}], {"time_zone": "Europe/Berlin", "services": ["shop"]}),
    ],
)
def test_an_entry_that_is_never_reached_is_refused(before: list[dict[str, Any]], entry: dict[str, Any]) -> None:
    (found,) = faults_of_escalations([{**DUTY, **one} for one in (*before, entry)])
    assert found.startswith(f"entry {len(before) + 1} is never reached, since those before it fit whatever it fits")


@pytest.mark.parametrize(
    ("before", "entry"),
    [
        ({"teams": ["sales"]}, {}),
        ({"teams": ["sales"]}, {"services": ["shop"]}),
        ({"priorities": ["critical"]}, {"priorities": ["critical", "high"]}),
        (NIGHT, {**NIGHT, "hours": "22:00-06:01"}),
        (NIGHT, {"hours": "23:00-24:00"}),  # in another time zone
        (SATURDAY, NIGHT),
        # The hours after midnight are those of Sunday's night, which Saturday does not have.
        (SATURDAY, {**NIGHT, "days": ["sat"]}),
    ],
)
def test_an_entry_that_has_something_to_itself_is_fine(before: dict[str, Any], entry: dict[str, Any]) -> None:
    assert list(faults_of_escalations([{**DUTY, **before}, {**DUTY, **entry}])) == []


def test_a_controller_without_time_zones_leaves_them_to_the_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(escalations, "available_timezones", set)
    assert escalation_paths([{**DUTY, "time_zone": "Europe/Berlin"}])[0]["time_zone"] == "Europe/Berlin"
