# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Metrics of how incidents went: those of post-mortems, counted once, whatever happens between two scrapes."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from ansible_collections.vigil.observability.packages.incident_response.incident_response.decisions.guards import GUARDS
from ansible_collections.vigil.observability.packages.incident_response.incident_response.history.metrics import (
    HistoryMetrics,
)
from ansible_collections.vigil.observability.packages.incident_response.incident_response.history.post_mortem import (
    post_mortem,
)
from ansible_collections.vigil.observability.packages.incident_response.incident_response.journal.entries import Entries
from ansible_collections.vigil.observability.packages.incident_response.incident_response.journal.schema import opened
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.alerts import NOW, named, notified
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.intake import Intake

SHOP = named("ShopFails", service="shop", team="sales")
WIKI = named("WikiSlow", service="wiki", team="sales", severity="warning")


class Scraped:
    """What Prometheus gets of an intake, since this service has started."""

    def __init__(self, intake: Intake) -> None:
        self._registry = CollectorRegistry()
        self._registry.register(HistoryMetrics(intake.reader))

    def samples(self) -> dict[str, dict[str, float]]:
        """Return all values of a scrape by name, and by the value of their label if they have one."""
        found: dict[str, dict[str, float]] = {}
        for metric in self._registry.collect():
            for one in metric.samples:
                label = "".join(one.labels.values())
                found.setdefault(one.name.removeprefix("incident_response_"), {})[label] = one.value
        return found

    def some(self, name: str) -> dict[str, float]:
        """Return the values of a metric that are not 0."""
        return {label: value for label, value in self.samples()[name].items() if value}

    def mean(self, name: str) -> tuple[float, float]:
        """Return the sum, and of how many incidents it is."""
        found = self.samples()
        return found[f"{name}_sum"][""], found[f"{name}_count"][""]


@pytest.fixture
def scraped(intake: Intake) -> Scraped:
    """What Prometheus gets, of which the first scrape was before anything happened."""
    intake.reconcile([])
    found = Scraped(intake)
    found.samples()
    return found


def happen(intake: Intake, *events: tuple[float, str, Mapping[str, Any]], incident: int = 1) -> None:
    """Write events of an incident, and of its first alert, at seconds after the begin."""

    def write(connection: sqlite3.Connection) -> None:
        for seconds, kind, detail in events:
            Entries(connection, NOW + seconds, "test").event(kind, incident=incident, episode=1, detail=detail)

    intake.journal.write(write).result(10)


def score(priority: str, **terms: Mapping[str, float]) -> dict[str, Any]:
    return {"score": 1, "priority": priority, "terms": {name: {"points": 0, **one} for name, one in terms.items()}}


def decided(*refused: str, hosts: Iterable[str] = ("web1",)) -> dict[str, Any]:
    answers = {"people": "allowed", "lease": "not asked"} | dict.fromkeys(refused, "refused")
    guards = [{"guard": name, "answer": answer, "reason": "so"} for name, answer in answers.items()]
    return {"runbook": "shop_down", "hosts": [*hosts], "guards": guards if hosts else []}


def close(intake: Intake, seconds: float, *alerts: Mapping[str, str]) -> None:
    """Have alerts be resolved, and gone at seconds after the begin."""
    intake.now = NOW + seconds - 100
    intake.notify(*(notified(one, NOW, ended_at=intake.now) for one in alerts))
    intake.now = NOW + seconds
    intake.reconcile([], asked_ago=0)


def test_everything_is_there_at_0_before_it_happens_for_the_first_time(scraped: Scraped) -> None:
    found = scraped.samples()
    assert {value for values in found.values() for value in values.values()} == {0}
    assert {name: set(values) for name, values in found.items() if name.endswith("_total")} == {
        "incidents_opened_total": {"critical", "high", "warning", "info", "other"},
        "incidents_closed_total": {"critical", "high", "medium", "low", ""},
        "refusals_total": {"target", *GUARDS},
        "escalations_total": {""},
    }


def test_it_counts_what_the_post_mortem_tells(intake: Intake, scraped: Scraped) -> None:
    intake.notify(notified(SHOP))
    happen(
        intake,
        (1, "onset", {"active_at": NOW - 30, "onset": NOW - 90}),
        (1, "onset", {"unknown": "no rule of Prometheus has it"}),
        (1, "scored", score("high", revenue={"loss_per_minute": 120}, users={"bad_ratio": 0.5})),
    )
    intake.now = NOW + 60
    intake.act("acknowledge")
    assert (scraped.mean("detection_seconds"), scraped.mean("acknowledgement_seconds")) == ((90, 1), (60, 1))
    assert scraped.mean("resolution_seconds") == scraped.mean("lost_revenue") == (0, 0)
    intake.act("take_over", "ben")
    happen(intake, (61, "scored", score("critical", revenue={"loss_per_minute": 30}, users={})))
    close(intake, 301, SHOP)
    found = post_mortem(intake.reader, intake.incident(1))
    for name, key in (("detection", "detect"), ("acknowledgement", "acknowledge"), ("resolution", "resolve")):
        assert scraped.mean(f"{name}_seconds") == (found["seconds"][f"to_{key}"], 1)
    assert scraped.mean("lost_revenue") == (found["lost"]["revenue"], 1) == (240, 1)
    assert scraped.mean("lost_budget_seconds") == (60 * found["lost"]["bad_minutes"], 1) == (30, 1)
    assert scraped.some("incidents_closed_total") == {"critical": 1}


def test_what_is_not_known_of_an_incident_is_not_called_nothing(intake: Intake, scraped: Scraped) -> None:
    intake.notify(notified(SHOP), notified(WIKI))
    happen(intake, (1, "onset", {"unknown": "no rule of Prometheus has it"}), (2, "scored", score("low", revenue={})))
    close(intake, 300, SHOP, WIKI)
    assert scraped.mean("resolution_seconds") == (600, 2)
    for name in ("detection_seconds", "acknowledgement_seconds", "lost_revenue", "lost_budget_seconds"):
        assert scraped.mean(name) == (0, 0)
    assert scraped.some("incidents_closed_total") == {"low": 1, "": 1}


def test_a_loss_below_0_is_no_restart_of_the_service(intake: Intake, scraped: Scraped) -> None:
    intake.notify(notified(SHOP))
    happen(intake, (0, "scored", score("low", revenue={"loss_per_minute": -5})))
    close(intake, 300, SHOP)
    assert scraped.mean("lost_revenue") == (0, 1)


def test_an_incident_is_opened_once_by_its_first_alert(intake: Intake, scraped: Scraped) -> None:
    intake.notify(notified(WIKI))
    assert scraped.some("incidents_opened_total") == {"warning": 1}
    intake.notify(notified(named("WikiDown", service="wiki")), notified({"alertname": "Odd", "severity": "page"}))
    intake.notify(notified({"alertname": "Bare"}))
    assert scraped.some("incidents_opened_total") == {"warning": 1, "other": 2}


def test_refusals_are_counted_by_each_guard_that_refused(intake: Intake, scraped: Scraped) -> None:
    intake.notify(notified(SHOP))
    happen(intake, (1, "decided", decided("people", "cooldown")), (2, "decided", decided("cooldown", "of_old")))
    assert scraped.some("refusals_total") == {"people": 1, "cooldown": 2}
    happen(intake, (3, "decided", decided(hosts=())), (4, "decided", decided()))
    happen(intake, *((5, "step_ended", {"outcome": outcome}) for outcome in ("refused", "failed", "done")))
    assert scraped.some("refusals_total") == {"people": 1, "cooldown": 2, "target": 1, "lease": 1}


def test_a_restart_loses_nothing_and_counts_nothing_twice(intake: Intake, scraped: Scraped) -> None:
    intake.notify(notified(SHOP), notified(WIKI))
    happen(intake, (1, "escalated", {"reason": "it failed"}), (2, "decided", decided("rate")))
    intake.now = NOW + 60
    intake.act("take_over")
    close(intake, 300, SHOP)
    before = scraped.samples()
    assert before["escalations_total"] == {"": 1}
    assert scraped.samples() == before == Scraped(intake).samples()


def test_a_scrape_costs_the_same_after_many_incidents(
    intake: Intake, scraped: Scraped, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, steps = intake.reader.connected, [0]

    def count() -> int:
        steps[0] += 1
        return 0

    @contextmanager
    def connected() -> Iterator[sqlite3.Connection]:
        with whole() as connection:
            connection.set_progress_handler(count, 1)
            yield connection

    def cost() -> int:
        steps[0] = 0
        scraped.samples()
        return steps[0]

    monkeypatch.setattr(intake.reader, "connected", connected)
    steady = 0
    for one in range(1, 31):
        intake.notify(notified(named(service=f"s{one}")))
        happen(intake, (1, "decided", decided("rate")), (2, "onset", {"unknown": "so"}), incident=one)
        if one == 1:
            cost()
            steady = cost()
    assert (cost() > 2 * steady, cost()) == (True, steady)


def test_two_scrapes_at_once_count_once(intake: Intake, scraped: Scraped) -> None:
    intake.notify(*(notified(named(service=f"s{number}")) for number in range(20)))
    with ThreadPoolExecutor(8) as pool:
        found = [*pool.map(lambda _one: scraped.some("incidents_opened_total"), range(16))]
    assert found == [{"critical": 20}] * 16


def test_a_journal_that_cannot_be_read_has_no_totals_until_it_can(intake: Intake, scraped: Scraped) -> None:
    intake.notify(notified(SHOP))
    away = intake.journal.path.with_suffix(".away")
    intake.journal.path.rename(away)
    assert scraped.samples() == {}
    away.rename(intake.journal.path)
    assert scraped.some("incidents_opened_total") == {"critical": 1}


def test_a_journal_that_began_anew_is_counted_from_its_begin(intake: Intake, scraped: Scraped) -> None:
    intake.notify(*(notified(named(service=f"s{number}")) for number in range(5)))
    assert scraped.some("incidents_opened_total") == {"critical": 5}
    for file in intake.journal.path.parent.glob("journal.sqlite*"):
        file.rename(file.with_name(f"old-{file.name}"))
    opened(intake.journal.path).close()
    assert scraped.some("incidents_opened_total") == {}
