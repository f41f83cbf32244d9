# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""When an incident gets which score, and where it is shown."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.vigil.observability.packages.incident_response.incident_response.decisions import cycle
from ansible_collections.vigil.observability.packages.incident_response.incident_response.decisions.history import (
    History,
    history,
)
from ansible_collections.vigil.observability.packages.incident_response.incident_response.incidents.reports import (
    Report,
    Reports,
)
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.alerts import named, notified
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.certificates import Certificates
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.engine import Engine, servers
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.intake import Intake
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.looking import Looking
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.replica import Replica

SHOP, CART, DATABASE = (named(f"{name}Fails", service=name.lower()) for name in ("Shop", "Cart", "Database"))
DROP = named("BusinessMetricDrop", service="shop", metric="orders")


def scores(looking: Looking, intake: Intake) -> dict[int, int]:
    looking.once()
    return {one["id"]: one["score"] for one in intake.incidents()}


def terms(looking: Looking, intake: Intake) -> dict[str, Any]:
    looking.once()
    found: dict[str, Any] = intake.incident(1)["terms"]
    return found


def test_an_incident_has_a_score_that_follows_its_alerts(looking: Looking, intake: Intake) -> None:
    intake.notify(notified({**SHOP, "severity": "warning"}))
    assert intake.incident(1)["score"] is None
    assert scores(looking, intake) == {1: 40}
    intake.notify(notified(named("ShopSlow", service="shop")))
    assert scores(looking, intake) == {1: 100}
    assert [(one["priority"], one["score"]) for one in intake.incidents()] == [("high", 100)]
    intake.notify(notified(named("ShopSlow", service="shop"), ended_at=intake.now + 60))
    assert scores(looking, intake) == {1: 40}


def test_a_score_is_written_when_it_changes(looking: Looking, intake: Intake, replica: Replica) -> None:
    intake.notify(notified(SHOP))
    for bad in (0.5, 0.52, 0.58, 0.51):
        replica.samples = {"sli:bad:ratio5m": [({"service": "shop", "slo": "checkout"}, bad)]}
        looking.once()
    looking.once()
    written = [one["score"] for one in intake.incident(1)["events"] if one["kind"] == "scored"]
    assert written == [125]
    replica.samples = {}
    looking.once()
    assert "unknown" in terms(looking, intake)["users"]


def test_whether_prometheus_answers_is_known_before_an_incident_comes(
    looking: Looking, intake: Intake, replica: Replica
) -> None:
    intake.journal.write(lambda _connection: None).result(10)
    looking.once()
    assert looking.prometheus.answered == {"mon1": True}
    replica.status = 500
    looking.once()
    assert looking.prometheus.answered == {"mon1": False}


def test_runs_are_read_again_when_something_is_new(
    looking: Looking, intake: Intake, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[float] = []

    def counted(connection: sqlite3.Connection, at: float) -> History:
        read.append(at)
        return history(connection, at)

    monkeypatch.setattr(cycle, "history", counted)
    looking.follow(interval=3600)
    intake.notify(notified(SHOP))
    for _time in range(2):
        looking.once()  # the second time because of what the first has written
    before = len(read)
    looking.once()
    assert len(read) == before > 0
    intake.notify(notified(CART))
    looking.once()
    assert len(read) > before


def test_the_worst_objective_of_its_services_counts(looking: Looking, intake: Intake, replica: Replica) -> None:
    intake.notify(notified(SHOP), notified(CART))
    replica.samples = {
        "sli:bad:ratio5m": [
            ({"service": "shop", "slo": "checkout"}, 0.1),
            ({"service": "cart", "slo": "fast"}, 0.3),
            ({"service": "shop", "slo": "idle"}, float("inf")),
            ({"service": "wiki", "slo": "read"}, 0.9),
        ]
    }
    assert terms(looking, intake)["users"] == {"points": 15, "impact": 3, "bad_ratio": 0.3, "of": "fast"}


@pytest.mark.parametrize(
    ("loss", "expected"),
    [
        ("3.50 EUR", {"points": 35, "impact": 3.5, "loss_per_minute": 3.5, "of": "orders"}),
        ("-1.00 orders", {"points": 0, "impact": 0, "loss_per_minute": -1, "of": "orders"}),
        (
            "unknown, because loss_per_unit is not set",
            {"points": 0, "unknown": "loss_per_unit of the metric is not set"},
        ),
    ],
)
def test_the_loss_is_that_of_the_business_metric_which_drops(
    looking: Looking, intake: Intake, replica: Replica, loss: str, expected: dict[str, Any]
) -> None:
    intake.notify(notified(SHOP))
    replica.fire(DROP, loss_per_minute=loss)
    assert terms(looking, intake)["revenue"] == expected


def test_without_prometheus_its_terms_are_unknown(looking: Looking, intake: Intake, replica: Replica) -> None:
    replica.status = 503
    intake.notify(notified(SHOP))
    found = terms(looking, intake)
    assert found["revenue"] == found["users"] == {"points": 0, "unknown": "no Prometheus answers"}
    replica.status = 200
    assert terms(looking, intake)["revenue"] == {"points": 0, "impact": 0, "loss_per_minute": 0}


def test_a_dependency_with_a_critical_alert_is_down(looking: Looking, intake: Intake) -> None:
    intake.notify(notified({**DATABASE, "severity": "warning"}))
    intake.now += 2000
    intake.notify(notified(SHOP, intake.now))
    assert scores(looking, intake) == {1: 40, 2: 100}
    intake.notify(notified(named("DatabaseDown", service="database"), intake.now))
    looking.once()
    assert intake.incident(2)["terms"]["dependency"] == {"points": 50, "down": ["database"]}


def test_more_than_five_alerts_in_half_an_hour_count_until_they_are_old(looking: Looking, intake: Intake) -> None:
    for number in range(6):
        intake.notify(notified(named(f"A{number}", service="shop")))
    assert terms(looking, intake)["alerts"] == {"points": 30, "in_30_minutes": 6}
    intake.now += 1801
    assert terms(looking, intake)["alerts"] == {"points": 0, "in_30_minutes": 0}


def test_reports_count_also_those_that_came_first(looking: Looking, intake: Intake) -> None:
    def report(service: str) -> None:
        write = Reports(intake.correlation).write(Report(service, "I cannot pay", "reporter"), intake.now)
        intake.journal.write(write).result(10)

    report("shop")
    report("wiki")
    intake.now += 2000
    report("shop")
    intake.now += 60
    intake.notify(notified(SHOP, intake.now))
    assert scores(looking, intake) == {1: 120}
    report("shop")
    assert scores(looking, intake) == {1: 140}


def test_an_incident_that_has_ended_keeps_its_last_score(looking: Looking, intake: Intake) -> None:
    intake.notify(notified(SHOP))
    looking.once()
    intake.now += 600
    intake.reconcile([])
    assert scores(looking, intake) == {}
    assert intake.incident(1)["score"] == 100


def test_the_service_shows_scores_and_counts_priorities(
    tmp_path: Path, certificates: Certificates, replica: Replica
) -> None:
    replica.samples = {"sli:bad:ratio5m": [({"service": "shop", "slo": "checkout"}, 1.0)]}
    told = servers([replica.url], certificates)
    with Engine(tmp_path, certificates, ["http://127.0.0.1:9"], prometheus=told, score={"report": 50}) as engine:
        engine.start()
        assert engine.post({"version": "4", "externalURL": "x", "alerts": [notified(SHOP)]}).status_code == 200
        engine.wait_for(lambda: engine.metric('incident_response_incidents_open{priority="critical"}') == 1)
        assert engine.get("/api/incidents").json()["incidents"][0]["score"] == 150
        assert engine.metric('incident_response_queries_success{prometheus="mon1"}') == 1
