# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What changed before an incident: whose changes it has, from where, and what becomes of what is not known."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from ansible_collections.vigil.observability.packages.incident_response.incident_response.decisions.changes import (
    Changes,
)
from ansible_collections.vigil.observability.packages.incident_response.incident_response.decisions.prometheus import (
    Prometheus,
)
from ansible_collections.vigil.observability.packages.incident_response.incident_response.grafana import Grafana
from ansible_collections.vigil.observability.packages.incident_response.incident_response.history.formats import FORMATS
from ansible_collections.vigil.observability.packages.incident_response.incident_response.history.post_mortem import (
    post_mortem,
)
from ansible_collections.vigil.observability.packages.incident_response.incident_response.servers import Server
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.alerts import NOW, named, notified
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.certificates import Certificates
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.grafana import Noted
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.intake import Intake
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.replica import Replica

SHOP = named("ShopFails", service="shop", host="web1", team="sales")


class Finding:
    """What looks for changes, at the time of an intake, and the Prometheus and Grafana that it asks."""

    def __init__(self, intake: Intake, replica: Replica, certificates: Certificates) -> None:
        self._intake = intake
        self.prometheus = Prometheus([Server("mon1", replica.url, "me", "word", str(certificates.authority))])
        self.grafana: Grafana | None = None
        self.start()

    def start(self) -> None:
        """Begin anew, as a restart does."""
        journal, reader, correlation = self._intake.journal, self._intake.reader, self._intake.correlation
        self._changes = Changes(
            journal,
            reader,
            correlation,
            prometheus=self.prometheus,
            grafana=self.grafana,
            clock=lambda: self._intake.now,
        )

    def once(self, number: int = 1, later: float = 0) -> dict[str, Any]:
        """Look, so many seconds later, and return the changes of an incident."""
        self._intake.now += later
        asyncio.run(self._changes.once())
        found: dict[str, Any] = self._intake.incident(number)["changes"]
        return found


@pytest.fixture
def finding(intake: Intake, replica: Replica, certificates: Certificates) -> Finding:
    """Changes of that intake, without a Grafana yet."""
    return Finding(intake, replica, certificates)


def builds(job: str, host: str, version: str, *minutes: int) -> tuple[dict[str, str], list[tuple[float, float]]]:
    return {"job": job, "host": host, "version": version}, [(NOW + 60.0 * one, 1.0) for one in minutes]


def told(found: dict[str, Any]) -> list[tuple[str, str]]:
    return [(one["of"], one["text"]) for one in found["found"]]


def test_a_version_that_replaces_another_is_a_change(finding: Finding, intake: Intake, replica: Replica) -> None:
    intake.notify(notified(SHOP, NOW - 60))
    replica.series = [
        builds("shop", "web1", "1", -90, -89),
        builds("shop", "web1", "2", -88, -87),
        builds("shop", "web2", "1", -90, -89, -88, -87, -2),
        builds("shop", "web2", "2", -86, -85),
        builds("node_exporter", "web1", "1.9", -90, -89),
        builds("wiki", "web9", "1", -90),
        builds("wiki", "web9", "2", -80),
        builds("node_exporter", "web9", "2", -90),
        builds("database", "", "15", -80),
        builds("database", "", "16", -70),
    ]
    found = finding.once()
    assert told(found) == [("shop", "2 in place of 1 on web1, web2"), ("database", "16 in place of 15"),
                           ("shop", "1 in place of 2 on web2")]  # fmt: skip
    assert (found["found"][0]["at"], found["found"][0]["source"]) == ("2025-12-31T22:32:00.000Z", "Prometheus")
    asked = [one for one in replica.queries if "start" in one]
    assert finding.once() == found
    assert [one for one in replica.queries if "start" in one] == asked
    (query,) = asked
    assert 'job=~"cart|database|shop"} or {' in query["query"]
    assert (float(query["start"]), float(query["end"])) == (NOW - 7260, NOW)


def test_incidents_at_about_the_same_time_are_one_question(finding: Finding, intake: Intake, replica: Replica) -> None:
    intake.notify(notified(SHOP, NOW - 60))
    intake.now += 90
    intake.notify(notified(named("WikiSlow", service="wiki"), NOW + 80))
    # Points are those of the later one: 30 seconds after the first, which may have been hit by it.
    replica.series = [
        builds("shop", "web1", "1", -2),
        ({"job": "shop", "host": "web1", "version": "2"}, [(NOW + 30, 1)]),
    ]
    found = finding.once()
    assert [(one["at"], one["text"]) for one in found["found"]] == [
        ("2026-01-01T00:00:00.000Z", "2 in place of 1 on web1")
    ]
    assert finding.once(2)["found"] == []
    (asked,) = [one for one in replica.queries if "start" in one]
    assert (float(asked["start"]), float(asked["end"])) == (NOW - 7290, NOW + 90)


def test_deployments_of_its_services_and_hosts_are_changes(finding: Finding, intake: Intake, noted: Noted) -> None:
    finding.grafana = noted.client()
    finding.start()
    noted.add("too old", NOW - 8000, "deployment", "shop")
    noted.add('<b>Shop</b> 2 &amp; more, <a href="https://ci">build 7</a>', NOW - 900, "deployment", "shop", "ci")
    noted.add("network", NOW - 800, "deployment")
    noted.add("kernel", NOW - 700, "deployment", "web1")
    noted.add("cart 3", NOW - 600, "deployment", "cart")
    noted.add("wiki 9", NOW - 500, "deployment", "wiki")
    noted.add("no deployment", NOW - 400, "shop")
    noted.add("later", NOW + 100, "deployment", "shop")
    intake.notify(notified(SHOP, NOW - 60))
    found = finding.once(later=200)
    assert told(found) == [("shop", "Shop 2 & more, build 7"), ("", "network"), ("web1", "kernel"), ("cart", "cart 3")]
    assert {one["source"] for one in found["found"]} == {"Grafana"}
    assert found["unknown"] == []


def record(service: str, host: str, *minutes: float, **labels: str) -> tuple[dict[str, str], list[tuple[float, float]]]:
    """Return the record of deployments at these times, each of which is scraped until the next one."""
    points = [(NOW + 60.0 * (one + later), NOW + 60.0 * one) for one in minutes for later in (0.5, 1.5)]
    return {"__name__": "vigil_deployment_timestamp_seconds", "service": service, "host": host, **labels}, points


def test_deployments_of_which_hosts_have_records_are_changes(
    finding: Finding, intake: Intake, replica: Replica
) -> None:
    intake.notify(notified(SHOP, NOW - 60))
    replica.series = [
        record("shop", "web1", -400, -90, -20, version="2", change="release, configuration"),
        record("shop", "web2", -89, version="2", change="release, configuration"),
        record("node_exporter", "web1", -50, version="1.9", change="failed, rolled back"),
        record("node_exporter", "web9", -50, version="1.9", change="failed, rolled back"),
        record("database", "db1", -30),
        record("cart", "", -25, version="7 <b>\n x"),
        record("wiki", "web8", -20, version="3", change="unit"),
        record("shop", "web2", 1, version="3"),
    ]
    found = finding.once()
    assert told(found) == [
        ("shop", "2 deployed on web1, web2 (release, configuration)"),
        ("node_exporter", "1.9 deployed on web1 (failed, rolled back)"),
        ("database", "deployed on db1"),
        ("cart", "7 <b> x deployed"),
        ("shop", "2 deployed on web1 (release, configuration)"),
    ]
    assert (found["found"][0]["at"], found["found"][0]["source"]) == ("2025-12-31T22:30:00.000Z", "Hosts")
    (asked,) = [one for one in replica.queries if "start" in one]
    selected = 'last_over_time({__name__="vigil_deployment_timestamp_seconds", %s}[60s])'
    assert asked["query"].endswith(
        f"""or {selected % 'service=~"cart|database|shop"'} or {selected % 'host=~"web1"'}"""
    )


def test_the_last_are_kept_and_those_before_are_counted(finding: Finding, intake: Intake, noted: Noted) -> None:
    finding.grafana = noted.client()
    finding.start()
    for number in range(30):
        noted.add(f"{number} " + "x" * 300, NOW - 900 + number, "deployment", "shop")
    intake.notify(notified(SHOP, NOW - 60))
    changes = finding.once()
    found = changes["found"]
    assert [one["text"].split()[0] for one in found] == [str(number) for number in range(10, 30)]
    assert {len(one["text"]) for one in found} == {200}
    assert changes["earlier"] == 10
    assert "- 10 more before these.\n- 2025-12-31" in texts(intake)["md"]
    assert "<li>10 more before these.</li>" in texts(intake)["html"]


def test_what_is_not_known_is_asked_again_while_it_is_open(
    finding: Finding, intake: Intake, replica: Replica, noted: Noted
) -> None:
    noted.add("shop 2", NOW - 900, "deployment", "shop")
    finding.grafana = noted.client("http://127.0.0.1:9", noted.served.url)
    finding.start()
    replica.status = 503
    intake.notify(notified(SHOP, NOW - 60))
    assert finding.once() == {"found": [], "unknown": ["no Prometheus answers", "Grafana does not answer"]}
    assert finding.once(later=30)["found"] == []
    assert finding.once(later=31) == {
        "found": [{"at": "2025-12-31T23:45:00.000Z", "source": "Grafana", "of": "shop", "text": "shop 2"}],
        "unknown": ["no Prometheus answers"],
    }
    replica.status = 200
    finding.start()
    assert finding.once()["unknown"] == []
    finding.start()
    finding.once(later=120)
    assert len([one for one in replica.queries if "start" in one]) == 3


def test_one_that_has_ended_keeps_its_post_mortem(finding: Finding, intake: Intake, replica: Replica) -> None:
    replica.status = 503
    intake.notify(notified(SHOP, NOW - 60))
    known = finding.once()
    intake.notify(notified(SHOP, NOW - 60, ended_at=NOW + 10))
    intake.now = NOW + 200
    intake.reconcile([], asked_ago=0)
    replica.status = 200
    assert intake.incidents() == []
    assert finding.once(later=100) == known


def test_onsets_of_long_ago_ask_for_hours_alone(finding: Finding, intake: Intake, replica: Replica) -> None:
    intake.notify(notified(named("Old", service="shop"), NOW - 86400))
    intake.now += 4000
    intake.notify(notified(named("Other", service="wiki"), 0.0))
    finding.once()
    asked = [one for one in replica.queries if "start" in one]
    assert [(float(one["start"]), float(one["end"])) for one in asked] == [
        (NOW - 14400, NOW),
        (NOW - 10400, NOW + 4000),
    ]


def test_what_has_neither_service_nor_host_asks_prometheus_nothing(
    finding: Finding, intake: Intake, replica: Replica
) -> None:
    intake.notify(notified(named("Odd")))
    assert finding.once() == {"found": [], "unknown": []}
    assert replica.queries == []


def test_every_post_mortem_has_them_as_text(finding: Finding, intake: Intake, noted: Noted) -> None:
    intake.notify(notified(SHOP, NOW - 60))
    before = texts(intake)
    assert before["md"].count("## Changes before it\n\nNot known.") == 1
    finding.grafana = noted.client("http://127.0.0.1:9", noted.served.url)
    finding.start()
    noted.add("*2* &lt;script&gt;alert(1)&lt;/script&gt;", NOW - 900, "deployment", "shop")
    finding.once()
    assert "- Not all is known: Grafana does not answer." in texts(intake)["md"]
    finding.once(later=61)
    found = texts(intake)
    assert "- 2025-12-31 23:45:00 UTC, Grafana: shop: \\*2\\* \\<script\\>alert(1)\\</script\\>" in found["md"]
    assert "</time> Grafana: shop: *2* &lt;script&gt;alert(1)&lt;/script&gt;</li>" in found["html"]
    assert json.loads(found["json"])["changes"] == intake.incident(1)["changes"]
    assert "shop was changed shortly before it: see whether that caused it, and test for that." in found["html"]
    assert [one["what"] for one in json.loads(found["json"])["timeline"]] == ["ShopFails fires"]


def texts(intake: Intake) -> dict[str, str]:
    made = post_mortem(intake.reader, intake.incident(1))
    return {kind: text_of(made) for kind, (_media, text_of) in FORMATS.items()}
