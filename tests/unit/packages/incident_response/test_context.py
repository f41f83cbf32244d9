# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the journal keeps of the time when an incident began."""

from __future__ import annotations

from typing import Any

from ansible_collections.vigil.observability.tests.unit.packages.incident_response.alerts import NOW, named, notified
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.intake import Intake
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.looking import Looking
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.replica import Replica

SHOP = named("ShopFails", service="shop", host="web.1")
BAD = {"__name__": "sli:bad:ratio5m", "service": "shop", "slo": "checkout"}
UP = {"__name__": "up", "host": "web.1", "job": "shop"}


def context(looking: Looking, intake: Intake, number: int = 1) -> dict[str, Any]:
    looking.once()
    found: dict[str, Any] = intake.incident(number)["context"]
    return found


def test_it_has_the_series_of_its_services_and_hosts(looking: Looking, intake: Intake, replica: Replica) -> None:
    intake.notify(notified(SHOP, NOW - 60))
    points = [(NOW - 120.0, 0.123456), (NOW - 60.0, float("nan")), (NOW, 0.5)]
    others: list[Any] = [({**BAD, "service": "wiki"}, points), ({**UP, "host": "web21"}, points)]
    replica.series = [(UP, points), *others, *(({**BAD, "slo": f"s{number}"}, points) for number in range(9))]
    found = context(looking, intake)
    assert found["active_at"] == "2025-12-31T23:59:00.000Z"
    assert [one["labels"].get("slo") for one in found["series"]] == ["s0", "s1", "s2", "s3", "s4"]
    assert found["series"][0]["points"] == [["2025-12-31T23:58:00.000Z", 0.1235], ["2026-01-01T00:00:00.000Z", 0.5]]
    (asked,) = [one for one in replica.queries if "start" in one]
    assert asked["query"].endswith('service=~"shop"} or up{host=~"web\\\\.1"}')
    assert (float(asked["start"]), float(asked["end"])) == (NOW - 960, NOW)
    replica.series = [(UP, points)]
    intake.notify(notified(named("WikiFails", service="wiki", host="web.1"), NOW))
    assert context(looking, intake) == found


def test_hosts_have_theirs(looking: Looking, intake: Intake, replica: Replica) -> None:
    intake.notify(notified(named("HostDown", host="web.1")))
    replica.series = [(UP, [(NOW, 0.0)]), ({**UP, "host": "web2"}, [(NOW, 1.0)]), (BAD, [(NOW, 1.0)])]
    assert [one["labels"] for one in context(looking, intake)["series"]] == [UP]


def test_it_has_other_alerts_dependencies_and_reports(looking: Looking, intake: Intake) -> None:
    intake.notify(notified(named("DatabaseDown", service="database")))
    for number in range(12):
        intake.notify(notified(named(f"Old{number}", service="shop", severity="info")))
    intake.now += 1700
    intake.reconcile([])
    assert intake.incidents() == []
    intake.notify(
        notified(SHOP, intake.now), notified(named("CartSlow", service="cart", severity="warning"), intake.now)
    )
    found = context(looking, intake, 2)
    assert found["dependencies"] == {"cart": "with alerts", "database": "without alerts"}
    assert [one["alertname"] for one in found["alerts"]] == [f"Old{number}" for number in range(2, 12)]
    assert (found["alerts"][0]["incident"], found["alerts"][0]["kind"]) == (1, "service")
    assert found["more_alerts"] == 3
    intake.notify(notified(named("DatabaseDown", service="database"), intake.now))
    assert context(looking, intake, 2) == found


def test_the_nearest_alerts_come_first_and_the_others_are_counted(looking: Looking, intake: Intake) -> None:
    intake.notify(notified(named("TooOld", service="shop")))
    intake.now += 1801
    for number in range(4):
        # Each an incident of its own, which has nothing to do with the shop.
        intake.notify(notified(named(f"Odd{number}", service=f"odd{number}", team="office"), intake.now))
    intake.notify(notified(named("WikiSlow", service="wiki", host="web.1", team="office"), intake.now))
    intake.notify(notified(named("DatabaseSlow", service="database", team="storage"), intake.now))
    intake.now += 1799
    intake.reconcile([])
    for number in range(3):
        intake.notify(notified(named(f"Late{number}", service="late", team="office"), intake.now))
    intake.notify(notified(SHOP, intake.now))
    number = intake.incidents()[0]["id"]
    found = context(looking, intake, number)
    assert [(one["kind"], one["alertname"], one.get("team")) for one in found["alerts"]] == [
        ("dependency", "DatabaseSlow", "storage"),
        ("host", "WikiSlow", "office"),
        *(("other", f"Odd{number}", "office") for number in range(4)),
        *(("other", f"Late{number}", "office") for number in range(3)),
    ]
    assert found["more_alerts"] == 0


def test_others_are_the_newest_ones(looking: Looking, intake: Intake) -> None:
    intake.notify(notified(named("CartSlow", service="cart")))
    for number in range(30):
        intake.notify(notified(named(f"Odd{number}", service=f"odd{number}")))
    intake.now += 1801
    intake.reconcile([])
    intake.now -= 10
    intake.notify(notified(SHOP, intake.now))
    found = context(looking, intake, 32)
    assert [one["alertname"] for one in found["alerts"]] == ["CartSlow", *(f"Odd{number}" for number in range(21, 30))]
    assert found["more_alerts"] == 21


def test_without_prometheus_its_series_are_unknown(looking: Looking, intake: Intake, replica: Replica) -> None:
    replica.status = 503
    intake.notify(notified(SHOP))
    assert intake.incident(1)["context"] is None
    found = context(looking, intake)
    assert (found["unknown"], "series" in found) == ("no Prometheus answers", False)
