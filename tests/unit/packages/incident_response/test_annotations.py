# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Annotations of incidents, in a stand-in for Grafana, as the dashboards ask for them."""

from __future__ import annotations

import asyncio
import logging
import socket
import time
from pathlib import Path

import pytest

from ansible_collections.vigil.observability.packages.incident_response.incident_response.journal.schema import (
    JournalError,
)
from ansible_collections.vigil.observability.packages.incident_response.incident_response.runs.annotations import (
    Annotations,
)
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.alerts import (
    NOW,
    named,
    notified,
    webhook,
)
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.certificates import Certificates
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.engine import Engine
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.grafana import Noted
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.intake import Intake
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.lister import Lister
from ansible_collections.vigil.observability.tests.unit.tests.standin_grafana.client import ask

SHOP = named("ShopFails", service="shop")
NOWHERE = "http://127.0.0.1:9"


class Writing:
    """What writes, at the time of an intake."""

    def __init__(self, intake: Intake, noted: Noted) -> None:
        self._intake, self._noted = intake, noted
        self.start()

    def start(self, *urls: str) -> None:
        """Begin anew, as a restart does."""
        journal, reader, grafana = self._intake.journal, self._intake.reader, self._noted.client(*urls)
        self.annotations = Annotations(journal, reader, grafana, "https://mon9:9095/", clock=lambda: self._intake.now)

    def once(self, later: float = 2) -> None:
        """Write what is missing, so many seconds later."""
        self._intake.now += later
        asyncio.run(self.annotations.once())


@pytest.fixture
def writing(intake: Intake, noted: Noted) -> Writing:
    """Annotations of that intake, in that Grafana."""
    return Writing(intake, noted)


def close(intake: Intake, *labels: dict[str, str], ended_at: float = NOW + 190) -> None:
    intake.now = ended_at + 10
    intake.notify(*(notified(one, NOW, ended_at=ended_at) for one in labels))
    intake.now += 130
    intake.reconcile([], asked_ago=0)
    assert intake.incidents() == []


def test_an_incident_is_a_region_from_its_onset_to_its_end(writing: Writing, noted: Noted, intake: Intake) -> None:
    intake.notify(notified(SHOP, NOW - 60))
    writing.once()
    (found,) = noted.found("incident", "shop")
    assert (found["time"], found["timeEnd"]) == ((NOW - 60) * 1000, (NOW - 60) * 1000)
    assert found["text"] == '<a href="https://mon9:9095/incidents/1">Incident 1</a>: ShopFails'
    close(intake, SHOP)
    writing.once()
    (found,) = noted.found("incident")
    assert (found["time"], found["timeEnd"]) == ((NOW - 60) * 1000, (NOW + 330) * 1000)
    asked = noted.served.application.requests.total()
    writing.once()
    writing.start()
    writing.once()
    assert noted.served.application.requests.total() == asked


def test_every_service_of_an_incident_shows_it(writing: Writing, noted: Noted, intake: Intake) -> None:
    intake.notify(notified(SHOP, NOW))
    writing.once()
    intake.notify(*(notified(named(f"Cart{number}", service="cart"), NOW - number) for number in range(4)))
    writing.once()
    assert len(intake.incidents()) == 1
    assert noted.found("incident", "shop") == noted.found("incident", "cart")
    (found,) = noted.found("incident")
    assert found["time"] == found["timeEnd"] == (NOW - 3) * 1000
    assert found["text"].endswith("ShopFails, Cart0, Cart1 and 2 more")


def test_an_incident_without_a_service_has_none(writing: Writing, noted: Noted, intake: Intake) -> None:
    intake.notify(notified(named("HostDown", host="web1")))
    writing.once()
    assert noted.found("incident") == []


def test_labels_are_only_text(writing: Writing, noted: Noted, intake: Intake) -> None:
    name = "<script>alert(1)</script>\x1b" + "x" * 200
    for number, service in enumerate(("incident:1", "a:b", " shop ", "y" * 101, "incident", "nul\x00")):
        intake.notify(notified(named(name, service=service, host="web1", number=str(number)), NOW))
    intake.notify(*(notified(named(name, service=f"service-{number:03}", host="web1"), NOW) for number in range(60)))
    writing.once()
    (found,) = noted.found("incident")
    assert (len(intake.incidents()), noted.found("incident", "shop")) == (1, [found])
    assert found["tags"][:3] == ["incident", "inc-1", "shop"]
    assert (found["tags"][3:5], len(found["tags"])) == (["service-000", "service-001"], 34)
    assert found["text"].endswith("Incident 1</a>: &lt;script&gt;alert(1)&lt;/script&gt; " + "x" * 74)


def test_grafana_is_caught_up_when_it_is_back(
    writing: Writing, noted: Noted, intake: Intake, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    writing.start(NOWHERE, noted.served.url)
    intake.notify(notified(SHOP, NOW), notified(named("WikiSlow", service="wiki"), NOW))
    for _time in range(5):
        writing.once()
    assert (writing.annotations.failures, writing.annotations.waiting) == (1, 2)
    close(intake, SHOP, named("WikiSlow", service="wiki"))
    writing.once()
    assert (writing.annotations.failures, writing.annotations.waiting) == (1, 0)
    assert [one["timeEnd"] for one in noted.found("incident")] == [(NOW + 330) * 1000] * 2
    assert [one.message for one in caplog.records if "Grafana" in one.message] == [
        "The Grafana mon1 does not answer: ConnectError: All connection attempts failed"
    ]


def test_a_crash_before_the_journal_makes_no_second_one(
    writing: Writing, noted: Noted, intake: Intake, monkeypatch: pytest.MonkeyPatch
) -> None:
    intake.notify(notified(SHOP, NOW))

    def crash(_write: object) -> None:
        raise JournalError("killed")

    with monkeypatch.context() as broken, pytest.raises(JournalError):
        broken.setattr(intake.journal, "write", crash)
        writing.once()
    assert len(noted.found("incident")) == 1
    intake.notify(notified(named("CartSlow", service="cart"), NOW - 900))
    writing.start()
    writing.once()
    (found,) = noted.found("incident")
    assert (found["time"], found["tags"]) == ((NOW - 900) * 1000, ["incident", "inc-1", "shop", "cart"])


def test_the_same_number_of_an_older_journal_is_another_incident(
    writing: Writing, noted: Noted, intake: Intake
) -> None:
    noted.add("old", NOW - 86400, "incident", "inc-1", "shop")
    intake.notify(notified(SHOP, NOW))
    writing.once()
    assert [one["text"] for one in noted.found("incident")][1:] == ["old"]


def test_a_grafana_that_never_answers_delays_nothing(
    certificates: Certificates, lister: Lister, tmp_path: Path
) -> None:
    (tmp_path / "token").write_text("glsa_x")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        urls = {"mon1": f"http://127.0.0.1:{silent.getsockname()[1]}"}
        told = {"urls": urls, "token_file": "token", "ca_file": str(certificates.authority)}
        with Engine(tmp_path, certificates, [lister.url], grafana=told) as engine:
            engine.start()
            begun = time.monotonic()
            for number in range(5):
                assert engine.post(webhook(notified(named(service=f"shop{number}")))).status_code == 200
            engine.wait_for(lambda: engine.get("/api/incidents/5").json()["priority"])
            engine.wait_for(lambda: engine.metric("incident_response_annotations_waiting") == 5)
            assert time.monotonic() - begun < 8
            assert engine.stop() == 0
        assert time.monotonic() - begun < 10


def test_one_that_people_delete_stays_away(writing: Writing, noted: Noted, intake: Intake) -> None:
    intake.notify(notified(SHOP, NOW))
    writing.once()
    (found,) = noted.found("incident")
    assert ask(f"{noted.served.url}/api/annotations/{found['id']}", method="DELETE")[0] == 200
    close(intake, SHOP)
    for _time in range(3):
        writing.once()
    assert (noted.found("incident"), writing.annotations.failures) == ([], 0)


def test_a_week_later_nothing_is_added(writing: Writing, noted: Noted, intake: Intake) -> None:
    intake.notify(notified(SHOP, NOW))
    writing.once(later=8 * 86400)
    assert noted.found("incident") == []


def test_a_token_is_read_when_it_changes(
    writing: Writing, noted: Noted, intake: Intake, caplog: pytest.LogCaptureFixture
) -> None:
    token = noted.token_file.read_text()
    intake.notify(notified(SHOP, NOW))
    for wrong in ("", "two lines\nof words", token.strip()[:-1] + "x"):
        noted.token_file.write_text(wrong)
        writing.once(later=61)
    noted.token_file.unlink()
    writing.once(later=61)
    assert (noted.found("incident"), writing.annotations.failures) == ([], 4)
    noted.make_token()
    writing.once(later=61)
    assert len(noted.found("incident")) == 1
    assert f"{noted.token_file} has no token: run the playbook provision_grafana.yml." in caplog.text
    assert "two lines" not in caplog.text
    assert token[:-2] not in caplog.text


def test_what_grafana_refuses_keeps_nothing_else_waiting(
    writing: Writing, noted: Noted, intake: Intake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "ansible_collections.vigil.observability.tests.servers.standin_grafana.annotations._LONGEST", 30
    )
    intake.notify(notified(named("A", service="a-long-name"), NOW), notified(named("B", service="b"), NOW))
    writing.once()
    assert (noted.found("incident"), writing.annotations.waiting) == ([], 2)
    writing.once(later=61)
    assert [one["tags"] for one in noted.found("incident")] == [["incident", "inc-2", "b"]]
    assert (writing.annotations.failures, writing.annotations.waiting) == (2, 1)
