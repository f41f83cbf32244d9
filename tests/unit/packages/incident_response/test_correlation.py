# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which alerts are one incident, and which of them is its cause."""

from __future__ import annotations

import pytest

from ansible_collections.vigil.observability.tests.unit.packages.incident_response.alerts import (
    NOW,
    listing,
    named,
    notified,
)
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.intake import Intake

SHOP, CART, DATABASE = (named(f"{name}Fails", service=name.lower()) for name in ("Shop", "Cart", "Database"))


@pytest.mark.parametrize(
    ("first", "second", "reason"),
    [
        (SHOP, named("ShopSlow", service="shop"), "the same service, shop"),
        (CART, SHOP, "shop depends on cart"),
        (DATABASE, SHOP, "shop depends on database"),
        (SHOP, DATABASE, "shop depends on database"),
        (named("DiskFull", host="web1"), named("Slow", host="web1", service="wiki"), "the same host, web1"),
    ],
)
def test_what_belongs_together_is_one_incident(
    intake: Intake, first: dict[str, str], second: dict[str, str], reason: str
) -> None:
    intake.notify(notified(first))
    intake.now += 60
    intake.notify(notified(second, NOW + 60))
    (incident,) = intake.incidents()
    assert (incident["alerts"], incident["state"]) == (2, "open")
    assert intake.incident(incident["id"])["alerts"][1]["joined_because"] == reason


@pytest.mark.parametrize(
    "other",
    [named("WikiFails", service="wiki"), named("Host", host="web2"), named("Nothing"), named("Unknown", service="x")],
)
def test_what_does_not_is_an_incident_of_its_own(intake: Intake, other: dict[str, str]) -> None:
    intake.notify(notified({**SHOP, "host": "web1"}), notified(other))
    assert [one["alerts"] for one in intake.incidents()] == [1, 1]


def test_after_the_window_a_new_alert_is_a_new_incident(intake: Intake) -> None:
    intake.notify(notified(SHOP))
    intake.now += 1799
    intake.notify(notified(CART, intake.now))
    intake.now += 1799
    intake.notify(notified(DATABASE, intake.now))
    assert len(intake.incidents()) == 1
    intake.now += 1801
    intake.notify(notified(named("ShopSlow", service="shop"), intake.now))
    assert len(intake.incidents()) == 2


def test_an_alert_joins_what_inhibits_it(intake: Intake) -> None:
    intake.notify(notified(named("JobDown", job="node")))
    cause = notified(named("JobDown", job="node"))["fingerprint"]
    intake.reconcile([listing(named("JobDown", job="node")), listing(named("TargetDown"), inhibited_by=[cause])])
    (incident,) = intake.incidents()
    assert incident["cause"] == {"alert": 1, "name": "JobDown", "because": "it inhibits others"}


def test_alerts_join_what_inhibits_them_although_it_is_listed_after_them(intake: Intake) -> None:
    host, job, target = named("HostDown", host="web9"), named("JobDown", job="node"), named("TargetDown", zone="a")
    causes = {name: [notified(labels)["fingerprint"]] for name, labels in (("host", host), ("job", job))}
    intake.reconcile(
        [listing(target, inhibited_by=causes["job"]), listing(job, inhibited_by=causes["host"]), listing(host)]
    )
    (incident,) = intake.incidents()
    assert (incident["alerts"], incident["cause"]["name"]) == (3, "HostDown")


def test_alerts_that_inhibit_each_other_are_one_incident(intake: Intake) -> None:
    first, second = named("First"), named("Second")
    keys = [notified(one)["fingerprint"] for one in (first, second)]
    intake.reconcile([listing(first, inhibited_by=keys[1:]), listing(second, inhibited_by=keys[:1])])
    assert [one["alerts"] for one in intake.incidents()] == [2]


def test_an_incident_is_closed_with_its_last_alert(intake: Intake) -> None:
    intake.notify(notified(SHOP), notified(CART))
    for number, (labels, left) in enumerate(((SHOP, [CART]), (CART, [])), 1):
        intake.now += 10
        intake.notify(notified(labels, ended_at=intake.now - 1))
        intake.now += 10
        intake.reconcile([listing(one) for one in left])
        assert len(intake.incidents()) == 2 - number
    (closed,) = intake.incidents("closed")
    assert (closed["open_alerts"], closed["closed_at"]) == (0, "2026-01-01T00:00:40.000Z")


@pytest.mark.parametrize(
    ("alerts", "cause"),
    [
        ([(SHOP, 0), (CART, 30), (DATABASE, 60)], ("DatabaseFails", "cart, shop depend on database")),
        ([(SHOP, 0), (CART, 30)], ("CartFails", "shop depends on cart")),
        ([(SHOP, 30), (named("ShopSlow", service="shop"), 0)], ("ShopSlow", "it began first")),
        ([(SHOP, 0)], ("ShopFails", "it is the only alert")),
    ],
)
def test_the_cause_is_named(intake: Intake, alerts: list[tuple[dict[str, str], float]], cause: tuple[str, str]) -> None:
    intake.notify(*(notified(labels, NOW + later) for labels, later in alerts))
    (incident,) = intake.incidents()
    assert (incident["cause"]["name"], incident["cause"]["because"]) == cause


def test_the_severity_of_an_incident_is_the_highest(intake: Intake) -> None:
    low, odd = ({**SHOP, "severity": severity} for severity in ("info", "odd"))
    intake.notify(notified(low), notified(odd))
    assert intake.incidents()[0]["severity"] == "info"
    intake.notify(notified(CART))
    assert intake.incidents()[0]["severity"] == "critical"
