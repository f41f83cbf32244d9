# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which path an escalation takes, by its priority, its alert and the clock where people are."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from ansible_collections.vigil.observability.packages.incident_response.incident_response.described import Described
from ansible_collections.vigil.observability.packages.incident_response.incident_response.people.escalations import (
    Escalation,
    Escalations,
)

BERLIN = "Europe/Berlin"
NIGHT = {"begin": 22 * 60, "end": 6 * 60, "time_zone": BERLIN}
DAY = {"begin": 9 * 60, "end": 17 * 60, "time_zone": BERLIN}
SHOP = {"alertname": "ShopDown", "team": "sales", "service": "shop"}


def entry(receiver: str, **keys: Any) -> dict[str, Any]:
    """Return an entry with one receiver."""
    return {"path": [{"receiver": receiver, "after": 0}], **keys}


def taken(*entries: dict[str, Any], at: str = "2026-06-03T12:00", priority: str = "high", **labels: str) -> str:
    """Return the receiver at a time in Berlin, nothing without one; the third of June 2026 is a Wednesday."""
    moment = datetime.fromisoformat(at).replace(tzinfo=ZoneInfo(BERLIN)).timestamp()
    path = Escalations.of(entries).path(priority=priority, labels={**SHOP, **labels}, at=moment)
    return path[0].receiver if path else ""


@pytest.mark.parametrize(
    ("keys", "fits"),
    [
        ({}, True),
        ({"priorities": ["critical", "high"]}, True),
        ({"priorities": ["critical"]}, False),
        ({"teams": ["storage", "sales"]}, True),
        ({"teams": ["storage"]}, False),
        ({"services": ["shop"]}, True),
        ({"services": ["cart"], "teams": ["sales"]}, False),
        ({"days": ["wed"]}, True),
        ({"days": ["tue", "thu"]}, False),
        (DAY, True),
        (NIGHT, False),
    ],
)
def test_an_entry_fits_if_all_that_it_names_does(keys: dict[str, Any], fits: bool) -> None:
    assert taken(entry("duty", **keys)) == ("duty" if fits else "")


def test_the_first_entry_that_fits_counts() -> None:
    assert taken(entry("night", **NIGHT), entry("sales", teams=["sales"]), entry("all")) == "sales"


@pytest.mark.parametrize("labels", [{"team": ""}, {"team": "Sales"}, {"team": ".*"}])
def test_a_label_is_compared_as_it_is(labels: dict[str, str]) -> None:
    assert taken(entry("sales", teams=["sales"]), **labels) == ""


@pytest.mark.parametrize(
    ("at", "found"),
    [
        ("2026-06-03T08:59", ""),
        ("2026-06-03T09:00", "day"),
        ("2026-06-03T16:59", "day"),
        ("2026-06-03T17:00", ""),
        ("2026-06-03T22:00", "night"),
        ("2026-06-04T05:59", "night"),
        ("2026-06-04T06:00", ""),
        ("2026-12-03T22:00", "night"),  # an hour later in UTC than in summer
    ],
)
def test_hours_are_those_of_the_time_zone(at: str, found: str) -> None:
    assert taken(entry("day", **DAY), entry("night", **NIGHT), at=at) == found


@pytest.mark.parametrize(
    ("at", "found"),
    [
        ("2026-06-05T22:30", ""),  # a Friday
        ("2026-06-06T02:00", ""),
        ("2026-06-06T22:00", "duty"),
        ("2026-06-07T02:00", "duty"),
        ("2026-06-07T22:00", ""),
    ],
)
def test_a_night_belongs_to_the_day_on_which_it_began(at: str, found: str) -> None:
    assert taken(entry("duty", **NIGHT, days=["sat"]), at=at) == found


def test_utc_needs_no_database_of_time_zones() -> None:
    assert Escalation.of(Described("the entry", entry("duty"))).zone is UTC
