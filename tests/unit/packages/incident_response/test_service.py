# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The service as a process: who may ask, what it answers, and what its end leaves."""

from __future__ import annotations

import base64
import resource
import shutil
import signal
import sqlite3
import ssl
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from ansible_collections.vigil.observability.tests.unit.packages.incident_response.alerts import (
    listing,
    named,
    notified,
    webhook,
)
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.certificates import Certificates
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.engine import PASSWORDS, Engine
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.lister import Lister

SHOP = webhook(notified(named("ShopFails", service="shop"), time.time()))


def test_an_alert_is_an_incident_that_ends_when_nobody_lists_it(engine: Engine, lister: Lister) -> None:
    started = time.time()
    lister.alerts = [listing(named("ShopFails", service="shop"), started, ends_at=started + 240)]
    assert engine.post(webhook(notified(named("ShopFails", service="shop"), started))).json() in (
        {"opened": 1}, {"repeated": 1}, {"moved": 1}
    )  # fmt: skip
    report = engine.post({"service": "shop", "text": "I cannot pay"}, "/api/reports", "reporter")
    assert (report.status_code, report.json()) == (201, {"report": 1, "incident": 1})
    assert engine.get("/api/incidents").json()["incidents"][0]["cause"]["name"] == "ShopFails"
    ended = notified(named("ShopFails", service="shop"), started, ended_at=time.time())
    assert engine.post(webhook(ended)).status_code == 200
    lister.alerts = []
    engine.wait_for(lambda: engine.get("/api/incidents/1").json()["state"] == "closed")
    found = engine.get("/api/incidents/1", "grafana").json()
    assert found["reports"][0] | {"at": ""} == {"at": "", "by": "reporter", "service": "shop", "text": "I cannot pay"}
    assert engine.get("/api/incidents").json() == {"incidents": []}
    assert engine.get("/api/incidents?state=closed&before=2&limit=1").json()["incidents"][0]["id"] == 1
    assert engine.metric('incident_response_incidents_open{priority=""}') == 0


def test_it_ends_when_it_is_stopped_before_it_answers(
    tmp_path: Path, certificates: Certificates, lister: Lister
) -> None:
    with Engine(tmp_path, certificates, [lister.url]) as engine:
        engine.start(wait=False)
        assert engine.process
        status = Path(f"/proc/{engine.process.pid}/status")
        handled = 0
        while not handled & 1 << signal.SIGTERM - 1 and engine.process.poll() is None:
            handled = int(status.read_text().partition("SigCgt:")[2].split()[0], 16)
        assert engine.stop() == 0


def test_reports_belong_to_no_incident_without_one(lasting: Engine) -> None:
    answer = lasting.post({"service": "shop", "text": "I cannot pay"}, "/api/reports", "reporter")
    assert answer.json() == {"report": 1, "incident": None}


@pytest.mark.parametrize(
    ("method", "path", "users"),
    [
        ("POST", "/api/alerts", {"admin", "alertmanager"}),
        ("POST", "/api/reports", {"admin", "reporter"}),
        ("GET", "/api/incidents", {"admin", "grafana"}),
        ("GET", "/api/incidents/1", {"admin", "grafana"}),
        ("GET", "/metrics", {"admin", "prometheus"}),
        ("GET", "/-/healthy", {"admin", "prometheus"}),
    ],
)
def test_each_user_may_ask_for_what_it_is_for(lasting: Engine, method: str, path: str, users: set[str]) -> None:
    answers = {
        user: lasting.client.request(method, path, auth=(user, word)).status_code for user, word in PASSWORDS.items()
    }
    assert {user for user, status in answers.items() if status != 403} == users
    wrong = ["", "Basic", "Basic !", "Bearer x", "Basic YWRtaW4="]
    wrong += [
        f"{kind} {base64.b64encode(one.encode()).decode()}"
        for kind, one in (
            ("Digest", f"admin:{PASSWORDS['admin']}"),
            ("Basic", "admin:x"),
            ("Basic", "x:y"),
            ("Basic", f"admin:{'a' * 100}"),
        )
    ]
    for header in wrong:
        refused = lasting.client.request(method, path, headers={"Authorization": header})
        assert (refused.status_code, refused.headers["WWW-Authenticate"][:5]) == (401, "Basic")


@pytest.mark.parametrize(
    ("content", "path", "user", "status"),
    [
        (b"{", "/api/alerts", "alertmanager", 400),
        (b"[" * 100_000, "/api/alerts", "alertmanager", 400),
        (b"\xff", "/api/alerts", "alertmanager", 400),
        (b'{"version": "3"}', "/api/alerts", "alertmanager", 400),
        (b" " * (16 * 2**20 + 1), "/api/alerts", "alertmanager", 413),
        (b'{"service": "shop"}', "/api/reports", "reporter", 400),
        (b'{"service": "shop", "text": ""}', "/api/reports", "reporter", 400),
        (b'{"service": "shop", "text": "\\ud800"}', "/api/reports", "reporter", 400),
        (b"", "/api/incidents?state=some", "GET", 400),
        (b"", "/api/incidents?limit=-1", "GET", 400),
        (b"", "/api/incidents/99", "GET", 404),
        (b"", "/api/incidents/99999999999999999999999999", "GET", 404),
        (b"", "/api/nothing", "GET", 404),
    ],
)
def test_what_cannot_be_answered_is_refused_in_a_sentence(
    lasting: Engine, content: bytes, path: str, user: str, status: int
) -> None:
    if user == "GET":
        answer = lasting.get(path)
    else:
        answer = lasting.client.post(path, content=content, auth=(user, PASSWORDS[user]))
    assert answer.status_code == status
    assert answer.json()["error"]
    assert lasting.get("/-/healthy").status_code == 200


def test_nothing_acknowledged_is_lost_by_kill_9(engine: Engine) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = [
            pool.submit(engine.post, webhook(notified(named(f"A{number}", service=f"s{number}"), time.time())))
            for number in range(200)
        ]
        while sum(one.done() for one in answers) < 40:
            time.sleep(0.005)
        engine.stop(signal.SIGKILL)
        acknowledged = sum(one.exception() is None and one.result().status_code == 200 for one in answers)
    assert 40 <= acknowledged < 200
    engine.start()
    assert len(engine.get("/api/incidents?limit=500").json()["incidents"]) >= acknowledged
    assert (engine.metric('incident_response_incidents_opened_total{severity="critical"}') or 0) >= acknowledged


def test_a_stop_answers_what_has_arrived_and_ends_well(engine: Engine) -> None:
    assert engine.post(SHOP).status_code == 200
    assert engine.stop() == 0
    assert [file.name for file in engine.folder.glob("journal.sqlite*")] == ["journal.sqlite"]
    assert [line for line in engine.log().splitlines() if "level=INFO" not in line] == []


def test_a_full_disk_is_503_until_it_has_room(engine: Engine) -> None:
    assert engine.post(SHOP).status_code == 200
    assert engine.process
    _soft, hard = resource.prlimit(engine.process.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(engine.process.pid, resource.RLIMIT_FSIZE, (4096, hard))
    other = webhook(notified(named("CartFails", service="cart"), time.time()))
    refused = engine.post(other)
    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "5")
    assert "The journal cannot be written" in refused.json()["error"]
    assert engine.get("/-/healthy").status_code == 503
    assert (engine.metric("incident_response_journal_failures_total") or 0) >= 1
    resource.prlimit(engine.process.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, hard))
    assert engine.post(other).json() == {"opened": 1}
    engine.wait_for(lambda: engine.get("/-/healthy").status_code == 200)


def test_a_journal_that_is_gone_is_503_and_its_metrics_remain(engine: Engine) -> None:
    engine.stop()
    for file in engine.folder.glob("journal.sqlite*"):
        file.unlink()
    (engine.folder / "journal.sqlite").write_bytes(b"x" * 8192)
    engine.start()
    assert engine.post(SHOP).status_code == 503
    assert engine.get("/api/incidents").status_code == 503
    assert engine.metric('incident_response_incidents_open{priority=""}') is None
    assert engine.metric("incident_response_journal_last_commit_timestamp_seconds") == 0


def test_a_second_engine_on_one_journal_is_refused(lasting: Engine) -> None:
    second = subprocess.run(
        lasting.command(), env=lasting.environment(), capture_output=True, text=True, check=False, timeout=30
    )
    assert (second.returncode, "Another process writes the journal" in second.stderr) == (1, True)


def test_a_renewed_certificate_is_presented_without_a_restart(
    engine: Engine, tmp_path: Path, certificates: Certificates
) -> None:
    def presented() -> str:
        return ssl.get_server_certificate(("127.0.0.1", engine.port), ca_certs=str(certificates.authority))

    first = presented()
    certificates.issue()
    second = presented()
    assert second != first
    shutil.copy(certificates.key, tmp_path / "kept")
    certificates.key.write_text("no key")
    assert presented() == second
    shutil.copy(tmp_path / "kept", certificates.key)
    assert presented() == second


def test_an_older_version_of_tls_is_refused_unless_it_is_configured(engine: Engine) -> None:
    def answered(suite: str) -> int:
        context = ssl.create_default_context(cafile=str(engine.certificates.authority))
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        context.set_ciphers(suite)
        return httpx.get(f"https://127.0.0.1:{engine.port}/none", verify=context).status_code

    with pytest.raises(httpx.ConnectError):
        answered("ECDHE-ECDSA-AES256-GCM-SHA384")
    engine.stop()
    engine.tls |= {"min_version": "TLS12", "cipher_suites": ["TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"]}
    engine.start()
    assert answered("ECDHE-ECDSA-AES256-GCM-SHA384") == 404
    with pytest.raises(httpx.ConnectError):
        answered("ECDHE-ECDSA-AES128-GCM-SHA256")


@pytest.mark.parametrize(
    ("status", "alerts", "reason"),
    [
        (401, [], "401"),
        (200, {"a": 1}, "not a list"),
        (200, [{}], "status of an alert is not a mapping"),
        (500, [], "500"),
    ],
)
def test_an_alertmanager_that_does_not_list_its_alerts_is_named(
    engine: Engine, lister: Lister, status: int, alerts: object, reason: str
) -> None:
    engine.wait_for(lambda: engine.metric('incident_response_reconciliation_success{alertmanager="mon1"}') == 1)
    assert ("/api/v2/alerts", "Basic aW5jaWRlbnRfcmVzcG9uc2U6aXRzLXBhc3N3b3Jk") in lister.asked
    lister.status, lister.alerts = status, alerts
    engine.wait_for(lambda: engine.metric('incident_response_reconciliation_success{alertmanager="mon1"}') == 0)
    lister.status, lister.alerts = 200, []
    engine.wait_for(lambda: engine.metric('incident_response_reconciliation_success{alertmanager="mon1"}') == 1)
    failures = [line for line in engine.log().splitlines() if "level=ERROR" in line]
    assert len(failures) == 1
    assert "The Alertmanager mon1 does not answer" in failures[0]
    assert reason in failures[0]
    assert "its-password" not in engine.log()


def test_it_listens_on_all_addresses_by_default(engine: Engine) -> None:
    engine.stop()
    engine.start(f"--web.listen-address=:{engine.port}")
    for address in ("127.0.0.1", "[::1]"):
        answer = httpx.get(f"https://{address}:{engine.port}/none", verify=False)  # noqa: S501 - it has no name for ::1
        assert answer.status_code == 404


def seconds_to_start(engine: Engine) -> float:
    """Return how long a restarted engine takes until it has acknowledged an alert."""
    engine.stop()
    begun = time.monotonic()
    engine.start(wait=False)
    engine.wait_for(lambda: engine.post(SHOP).status_code == 200)
    return time.monotonic() - begun


def test_ten_thousand_incidents_delay_no_start(engine: Engine) -> None:
    before = seconds_to_start(engine)
    engine.stop()
    connection = sqlite3.connect(engine.folder / "journal.sqlite")
    for statement in (
        "INSERT INTO incident SELECT value, 0, 's' FROM numbers",
        "INSERT INTO open_incident SELECT value, 0 FROM numbers",
        "INSERT INTO episode SELECT value, 0, value, value, '{}', '{}', '', 0, 's' || value, '', '' FROM numbers",
        "INSERT INTO open_episode SELECT value, value, 0, 0, NULL, '{}' FROM numbers",
        "INSERT INTO event SELECT value, 0, 'opened', 's', value, value, '{}' FROM numbers",
    ):
        numbers = "WITH RECURSIVE numbers(value) AS (SELECT 10 UNION ALL SELECT value + 1 FROM numbers LIMIT 10000)"
        connection.execute(f"{numbers} {statement}")
    connection.commit()
    connection.close()
    assert seconds_to_start(engine) < before + 2
    assert len(engine.get("/api/incidents").json()["incidents"]) == 100
