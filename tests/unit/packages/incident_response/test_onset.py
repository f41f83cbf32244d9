# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""When the condition of an alert began to hold, as far as a Prometheus can tell."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from ansible_collections.vigil.observability.packages.incident_response.incident_response.history.formats import FORMATS
from ansible_collections.vigil.observability.packages.incident_response.incident_response.history.post_mortem import (
    post_mortem,
)
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.alerts import NOW, named, notified
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.intake import Intake
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.looking import Looking
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.replica import Replica

SHOP = named("ShopFails", service="shop", host="web1", cluster="main")
EXPRESSION = 'up{job="shop"} == 0'
ACTIVE = NOW - 300


def fire(replica: Replica, labels: Mapping[str, str], active_at: float) -> None:
    """Have a rule fire an alert, to which it adds the severity; Prometheus sends it with the label cluster."""
    own = {key: value for key, value in labels.items() if key != "cluster"}
    since = datetime.fromtimestamp(active_at, tz=UTC).isoformat(timespec="milliseconds").replace("+00:00", "123Z")
    rule = {"name": own["alertname"], "query": EXPRESSION, "labels": {"severity": "critical"}}
    replica.rules.append({**rule, "alerts": [{"labels": own, "state": "firing", "activeAt": since}]})


def held(*spans: tuple[float, float], alert: int = 1) -> tuple[dict[str, str], list[tuple[float, float]]]:
    """Return the series of an alert whose condition held within these spans of seconds before it was active."""
    points = [
        (ACTIVE - 30.0 * ago, 1.0) for first, last in spans for ago in range(int(first / 30), int(last / 30) - 1, -1)
    ]
    return {"alert": str(alert)}, points


def onsets(intake: Intake, number: int = 1) -> list[dict[str, Any]]:
    return [one for one in intake.incident(number)["events"] if one["kind"] == "onset"]


@pytest.fixture
def shop(intake: Intake, replica: Replica) -> Intake:
    """An incident, one minute after its alert began to fire."""
    intake.now = NOW + 60
    intake.notify(notified(SHOP, NOW))
    fire(replica, SHOP, ACTIVE)
    replica.series = [held((1200, 900), (600, 0))]
    return intake


def test_it_is_the_begin_of_the_time_without_a_gap_in_which_the_condition_held(looking: Looking, shop: Intake) -> None:
    looking.search()
    assert shop.incident(1)["onset"] == "2025-12-31T23:45:00.000Z"
    (found,) = onsets(shop)
    assert (found["alert"], found["active_at"]) == (1, "2025-12-31T23:55:00.000Z")
    told = post_mortem(shop.reader, shop.incident(1))
    assert (told["times"]["onset"], told["seconds"]["to_detect"]) == ("2025-12-31T23:45:00.000Z", 960.0)
    assert told["timeline"][0]["what"] == "Onset of ShopFails: its condition holds from here on"
    assert "| Onset | 2025-12-31 23:45:00 UTC |" in FORMATS["md"][1](told).replace("\\", "")
    assert "<dt>Time to detect</dt><dd>16 min</dd>" in FORMATS["html"][1](told)
    late = "Its condition held for ten minutes or more before an alert was active: see whether `for` may be shorter."
    assert late in told["action_items"]


def test_a_cheap_query_asks_for_the_series_of_the_alert_alone(looking: Looking, shop: Intake, replica: Replica) -> None:
    for _time in range(3):
        looking.search()
    (asked,) = [one for one in replica.queries if "start" in one]
    only = 'label_replace(label_replace(vector(1), "host", "web1", "", ""), "service", "shop", "", "")'
    counted = f"count(({EXPRESSION}) and on (host, service) {only})"
    assert asked.pop("query") == f'label_replace({counted}, "alert", "1", "", "")'
    assert (float(asked.pop("start")), float(asked.pop("end"))) == (ACTIVE - 7200, ACTIVE + 30)
    assert asked == {"step": "30", "timeout": "5s"}
    assert len(onsets(shop)) == 1


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ("no rule", "no rule of Prometheus has it"),
        ("no series", "Prometheus could not evaluate its expression for the time before"),
        ("too long", "Prometheus could not evaluate its expression for the time before"),
        ("always", "its expression held for all of the 2 hours before it was active"),
    ],
)
def test_what_prometheus_cannot_tell_is_unknown(
    looking: Looking, shop: Intake, replica: Replica, wrong: str, reason: str
) -> None:
    if wrong == "no rule":
        replica.rules[0]["alerts"][0]["labels"]["host"] = "web2"
    elif wrong == "no series":
        replica.series = []
    elif wrong == "too long":
        replica.wrong = {"/api/v1/query_range": 503}
    else:
        replica.series = [held((7200, 0))]
    looking.search()
    assert [one["unknown"] for one in onsets(shop)] == [reason]
    assert set(looking.prometheus.answers.failures.values()) == {""}
    told = post_mortem(shop.reader, shop.incident(1))
    assert (told["times"]["onset"], told["seconds"]["to_detect"]) == (None, None)
    assert told["timeline"][-1]["what"] == f"The onset of ShopFails is unknown: {reason}"
    assert "Time to detect (MTTD) | not known |" in FORMATS["md"][1](told)


def test_a_prometheus_that_does_not_answer_is_asked_again(looking: Looking, shop: Intake, replica: Replica) -> None:
    replica.status = 503
    looking.search()
    assert (shop.incident(1)["onset"], onsets(shop)) == (None, [])
    replica.status = 200
    shop.now += 29
    looking.search()
    assert onsets(shop) == []
    shop.now += 1
    looking.search()
    assert shop.incident(1)["onset"] == "2025-12-31T23:45:00.000Z"


def test_alerts_of_an_incident_are_searched_by_one_query(looking: Looking, intake: Intake, replica: Replica) -> None:
    others = {number: named(f"Shop{number}", service="shop") for number in (2, 3)}
    intake.notify(*(notified(one) for one in (SHOP, *others.values())))
    fire(replica, SHOP, ACTIVE)
    fire(replica, others[2], ACTIVE + 200)
    fire(replica, others[3], ACTIVE + 1801)  # too late to be an onset of the same
    replica.series = [held((90, 0)), held((210, -210), alert=2)]
    looking.search()
    (asked,) = [one for one in replica.queries if "start" in one]
    assert asked["query"].count("count(") == 2
    assert [(one["alert"], one["onset"]) for one in onsets(intake)] == [
        (1, "2025-12-31T23:53:30.000Z"),
        (2, "2025-12-31T23:51:30.000Z"),
    ]
    assert intake.incident(1)["onset"] == "2025-12-31T23:51:30.000Z"


def test_few_incidents_are_searched_at_a_time(looking: Looking, intake: Intake, replica: Replica) -> None:
    for number in range(6):
        labels = named(f"Down{number}", service=f"s{number}")
        intake.notify(notified(labels))
        fire(replica, labels, ACTIVE)
    for known in (4, 6, 6):
        looking.search()
        assert sum(bool(onsets(intake, number)) for number in range(1, 7)) == known


def test_incidents_of_before_a_restart_are_not_looked_at_again_and_again(looking: Looking, shop: Intake) -> None:
    looking.search()
    looking.follow()
    looking.search()
    with shop.statements() as statements:
        looking.search()
    assert ["incident > 1" in one for one in statements] == [False, True, False]


def test_an_incident_that_ends_meanwhile_gets_none(looking: Looking, shop: Intake, replica: Replica) -> None:
    def told(path: str) -> Any:
        shop.notify(notified(SHOP, NOW, ended_at=NOW + 61))
        shop.now += 300
        shop.reconcile([], asked_ago=0)
        return answer(path)

    answer, replica.told = replica.told, told  # type: ignore[method-assign]
    looking.search()
    assert (shop.incident(1)["state"], onsets(shop)) == ("closed", [])


def test_labels_are_only_text_in_the_query(looking: Looking, intake: Intake, replica: Replica) -> None:
    labels = named("Odd", service='$1"}) or vector(1) #\n', **{"not.classic": "x"})
    intake.notify(notified(labels))
    fire(replica, labels, ACTIVE)
    looking.search()
    (asked,) = [one for one in replica.queries if "start" in one]
    only = r'label_replace(vector(1), "service", "$$1\"}) or vector(1) #\n", "", "")'
    assert f"and on (service) {only})" in asked["query"]
