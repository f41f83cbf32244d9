# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The console without a browser: what its pages show, what its forms do, and what it never serves."""

from __future__ import annotations

import json
import re
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from html import escape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import httpx
import pytest

from ansible_collections.vigil.observability.packages.incident_response.incident_response.journal.entries import Entries
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.alerts import (
    listing,
    named,
    notified,
    webhook,
)
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.certificates import Certificates
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.engine import Engine, servers
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.grafana import Noted
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.lister import Lister
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.replica import Replica
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.runbooks import known, runbook

DECIDED = {
    "runbook": "restart_shop",
    "level": "manual",
    "hosts": ["web1"],
    "allowed": False,
    "steps": ["restart_service"],
    "command": "ansible-playbook restart.yml",
    "guards": [{"guard": "peers", "answer": "refused", "reason": "1 is up"}],
}
VERIFIED = {
    "runbook": "restart_shop",
    "outcome": "recovered",
    "reason": "it held",
    "samples": 3,
    "good": 3,
    "bad": 0,
    "acted": False,
}
HOSTILE = "\"'><script>alert(1)</script><img src=x onerror=alert(1)>{{ 7 * 7 }}"
SHOP = named("ShopFails", service="shop", team="sales", host="web1")


class Page(HTMLParser):
    """The elements of a page, the addresses in it, its words, and the token of its forms."""

    def __init__(self, answer: httpx.Response) -> None:
        super().__init__()
        self.elements: list[str] = []
        self.addresses: list[str] = []
        self.words = ""
        self.token = ""
        self.feed(answer.text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(tag)
        told = dict(attrs)
        assert not [name for name in told if name.startswith("on") or name == "style"]
        self.addresses += [str(told[name]) for name in ("href", "src", "action", "formaction") if name in told]
        if told.get("name") == "token":
            self.token = str(told["value"])

    def handle_data(self, data: str) -> None:
        self.words = f"{self.words} {data}"

    def close(self) -> None:
        """Leave one space between words."""
        super().close()
        self.words = re.sub(r"\s+(,)?", lambda found: found[1] or " ", self.words)


def press(engine: Engine, path: str, person: str = "anna", page: str = "/automation", **fields: Any) -> httpx.Response:
    """Return the answer to the form of a page."""
    token = Page(engine.get(page, person)).token
    told = {"token": token, **fields}
    return engine.client.post(path, data=told, auth=(person, f"{person}-password"))


def end_window(engine: Engine, person: str = "anna") -> None:
    """End the only window."""
    (window,) = engine.get("/api/automation").json()["windows"]
    assert press(engine, f"/windows/{window['id']}/end", person).status_code == 303


@pytest.fixture(scope="module")
def shop(lasting: Engine) -> Engine:
    """A service with an incident that nobody changes."""
    annotations = {"summary": "It fails", "runbook_url": "https://docs.example/shop"}
    told = [notified(SHOP, time.time() - 7200, annotations=annotations)]
    told += [notified({**SHOP, "alertname": "CartSlow", "severity": "info"}, time.time() - 60)]
    assert lasting.post(webhook(*told)).status_code == 200
    lasting.post({"service": "shop", "text": "I cannot pay"}, "/api/reports", "reporter")
    lasting.wait_for(lambda: lasting.get("/api/incidents/1").json()["score"] == 120)
    return lasting


def test_the_list_shows_who_has_what(shop: Engine) -> None:
    page = Page(shop.get("/", "cleo"))
    for words in ("ShopFails", "high 120", "nobody has it", "2 of 2 alerts firing", "shop · sales"):
        assert words in page.words
    assert "/incidents/1" in page.addresses
    assert 'data-live="/live?state=open"' in shop.get("/", "cleo").text
    assert "data-live" not in shop.get("/?before=9", "cleo").text
    assert "There is no such incident." in Page(shop.get("/?state=closed", "cleo")).words
    assert "No incident is open." in Page(shop.get("/", "dora")).words


def test_an_incident_shows_its_cause_what_was_tried_and_what_to_press(shop: Engine) -> None:
    page = Page(shop.get("/incidents/1", "ben"))
    for words in (
        *("ShopFails on web1: it began first", "It fails", "nothing by automation", "I cannot pay", "open for less"),
        *("Acknowledge", "Take over", "Add a note", "CartSlow fires"),
    ):
        assert words in page.words
    assert {"https://docs.example/shop", "/incidents/1/acknowledge", "/incidents/1/hand_over"} <= {*page.addresses}
    assert "Depends on nothing that is declared Reports of users 1 Series not known:" in page.words
    looking = Page(shop.get("/incidents/1", "cleo"))
    assert ("form" in looking.elements, "ShopFails on web1" in looking.words) == (False, True)


def test_alerts_of_other_teams_are_shown_to_those_who_may_look_at_them(engine: Engine) -> None:
    now = time.time()
    others = (
        {"alertname": "CartSlow", "service": "cart", "team": "storage"},
        {"alertname": "WikiSlow", "service": "wiki", "team": "office", "host": "web9"},
        {"alertname": "Odd", "service": "odd"},
    )
    for labels in (*others, SHOP):
        assert engine.post(webhook(notified(labels, now))).status_code == 200
        engine.wait_for(lambda: engine.get("/api/incidents/1").json()["context"])
    engine.wait_for(lambda: engine.get("/api/incidents/4").json()["context"])
    seen = {who: engine.get("/api/incidents/4", who).json()["context"] for who in ("anna", "ben", "cleo")}
    assert {who: (len(one["alerts"]), one["more_alerts"]) for who, one in seen.items()} == {
        "anna": (3, 0),
        "ben": (1, 2),
        "cleo": (0, 3),
    }
    words = Page(engine.get("/incidents/4", "ben")).words
    assert "WikiSlow of wiki on web9 in #2 Further alerts 2 in these 30 minutes, not listed here" in words
    assert ("Odd" in words, "CartSlow" in words) == (False, False)
    assert "Other alerts none Depends on" in Page(engine.get("/incidents/1")).words


def test_an_incident_shows_what_automation_decided_and_the_command_to_run_by_hand(engine: Engine) -> None:
    assert engine.post(webhook(notified(SHOP, time.time()))).status_code == 200
    engine.wait_for(lambda: engine.get("/api/incidents/1").json().get("priority"))
    connection = sqlite3.connect(engine.folder / "journal.sqlite", timeout=10)
    entries = Entries(connection, time.time(), "decisions")
    detail = {**DECIDED, "bad_before": 2, "good_before": 1}
    number = entries.event("decided", incident=1, episode=1, detail=detail)
    entries.event("verified", incident=1, episode=1, detail={**VERIFIED, "decision": number})
    connection.commit()
    connection.close()
    words = Page(engine.get("/incidents/1")).words
    assert "recovered: it held (before: 2 of 3 series bad; after: 0 of 3 series bad)" in words
    assert "restart_shop would not be run: 1 is up By hand: ansible-playbook restart.yml" in words
    assert "high, score 100 severity 100 severity: critical" in words


def test_an_incident_shows_who_is_paged_and_who_is_next_until_somebody_has_it(
    tmp_path: Path, certificates: Certificates, lister: Lister
) -> None:
    path = [{"receiver": "duty", "after": 0}, {"receiver": HOSTILE, "after": 900}]
    told = {"decision": 1, "runbook": "exporter_down", "hosts": ["web1"], "reason": "1 series are bad", "path": path}
    with Engine(tmp_path, certificates, [lister.url], automation={"escalations": [{"path": path}]}) as engine:
        engine.start()
        assert engine.post(webhook(notified(SHOP, time.time()))).status_code == 200
        with closing(sqlite3.connect(engine.folder / "journal.sqlite", timeout=10)) as connection:
            Entries(connection, 1767225600, "automation").event("escalated", incident=1, episode=1, detail=told)
            connection.commit()
        page = Page(engine.get("/incidents/1"))
        assert f"Escalation duty, from 2026-01-01 00:00:00 UTC {HOSTILE}, from 2026-01-01 00:15:00 UTC" in page.words
        assert f"the alert goes to duty, then to {HOSTILE} after 15 min" in page.words
        assert "img" not in page.elements
        assert press(engine, "/incidents/1/acknowledge", page="/incidents/1").status_code == 303
        assert "Escalation duty" not in Page(engine.get("/incidents/1")).words


def test_a_step_is_approved_by_who_has_the_right_and_stopped_by_who_responds(
    tmp_path: Path, certificates: Certificates, lister: Lister
) -> None:
    partial = runbook(level="partial")
    plan = [{"step": "restart_service", "parameters": {"unit": "node_exporter"}}]
    told = {"level": "partial", "plan": plan, "rollback": None, "digest": known(level="partial").digest}
    decided = {**DECIDED, "runbook": "exporter_down", "allowed": True, "guards": [], "bad_before": 1, **told}
    duty = {"path": [{"receiver": "night-duty"}]}
    reached = {"hosts": ["web1"], "targets": {"web1": {"address": "127.0.0.1"}}, "runbooks": [partial]}
    with Engine(tmp_path, certificates, [lister.url], automation={**reached, "escalations": [duty]}) as engine:
        engine.start()
        assert engine.post(webhook(notified(SHOP, time.time()))).status_code == 200
        connection = sqlite3.connect(engine.folder / "journal.sqlite", timeout=10)
        Entries(connection, time.time(), "decisions").event("decided", incident=1, episode=1, detail=decided)
        connection.commit()
        connection.close()
        engine.wait_for(lambda: engine.get("/api/incidents/1").json()["approvals"])
        shown = Page(engine.get("/incidents/1", "ben")).words
        assert "restart_service on web1, until" in shown
        assert "night-duty is asked, from" in shown
        assert "/incidents/1/approve" not in Page(engine.get("/incidents/1", "ben")).addresses
        assert "Approve restart_service on web1" in Page(engine.get("/incidents/1", "anna")).words
        waiting = engine.get("/api/incidents/1").json()["approvals"][0]["attempt"]
        assert press(engine, "/incidents/1/approve", "ben", "/incidents/1", attempt=waiting).status_code == 403
        assert press(engine, "/incidents/1/approve", page="/incidents/1", attempt=waiting).status_code == 303
        words = Page(engine.get("/incidents/1")).words
        assert "anna approved restart_service on web1" in words
        assert "Waits for an approval" not in words
        engine.wait_for(lambda: engine.get("/api/incidents/1").json()["decisions"][0]["attempts"])
        require_stopped(engine, waiting)


def require_stopped(engine: Engine, running: str) -> None:
    """Require that who may respond, and nobody else, stops what runs for an incident."""
    page = Page(engine.get("/incidents/1", "ben"))
    assert f"Stop this run This cancels {running}, and you take over the incident." in page.words
    assert "/incidents/1/stop" not in Page(engine.get("/incidents/1", "cleo")).addresses
    assert press(engine, "/incidents/1/stop", "ben", "/incidents/1", text="the wrong disk").status_code == 303
    engine.wait_for(lambda: engine.get("/api/incidents/1").json()["decisions"][0]["verification"])
    words = Page(engine.get("/incidents/1", "ben")).words
    assert "restart_service on web1 was cancelled: ben stopped it: the wrong disk; it had not started" in words
    assert ("ben took over" in words, "Stop this run" in words) == (True, False)


def test_a_page_loads_only_what_the_service_serves(shop: Engine) -> None:
    answer = shop.get("/incidents/1")
    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; style-src 'self'; script-src 'self';")
    assert "unsafe" not in policy
    assert [one for one in Page(answer).addresses if not one.startswith("/")] == ["https://docs.example/shop"]
    for name, kind in (("console.css", "text/css"), ("console.js", "text/javascript")):
        served = shop.get(f"/static/{name}", "cleo")
        assert (served.status_code, served.headers["Content-Type"].split(";")[0]) == (200, kind)
        assert not re.search(r"https?://|@import|url\(", served.text)
    assert shop.get("/static/base.html").status_code == 404
    assert shop.client.get("/static/console.js").status_code == 401


@pytest.mark.parametrize(
    ("path", "user", "status", "reason"),
    [
        ("/incidents/99", "anna", 404, "There is no incident 99."),
        ("/incidents/1", "dora", 403, "dora may not look at incidents of sales."),
        ("/?state=some", "anna", 400, "state has to be open, closed or all."),
        ("/incidents/1/live", "dora", 403, "dora may not look"),
        ("/", "reporter", 403, "The user reporter may not ask for this."),
        ("/nothing", "anna", 404, "Not Found"),
    ],
)
def test_what_is_not_shown_is_a_page_with_the_reason(
    shop: Engine, path: str, user: str, status: int, reason: str
) -> None:
    answer = shop.get(path, user)
    assert (answer.status_code, reason in Page(answer).words) == (status, True)


def test_a_browser_asks_for_the_password(shop: Engine) -> None:
    answer = shop.client.get("/")
    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, 'Basic realm="incident_response"')


@pytest.mark.parametrize(
    ("headers", "token", "reason"),
    [
        ({}, "", "The form is outdated: reload the page, and send it again."),
        ({}, "ben's", "The form is outdated: reload the page, and send it again."),
        ({}, "ü", "The form is outdated: reload the page, and send it again."),
        ({"Sec-Fetch-Site": "cross-site"}, "anna's", "A page of another site sent this."),
        ({"Origin": "https://evil.example"}, "anna's", "A page of another site sent this."),
    ],
)
def test_a_form_counts_only_from_the_page_of_who_sends_it(
    shop: Engine, headers: dict[str, str], token: str, reason: str
) -> None:
    tokens = {f"{person}'s": Page(shop.get("/automation", person)).token for person in ("anna", "ben")}
    told = {"token": tokens.get(token, token), "reason": "so"}
    answer = shop.client.post("/automation/stop", data=told, headers=headers, auth=("anna", "anna-password"))
    assert (answer.status_code, reason in Page(answer).words) == (403, True)
    assert shop.get("/api/automation").json()["stopped"] is None


def test_a_form_that_cannot_be_read_is_refused(shop: Engine) -> None:
    for content in (b"\xff", b"&".join(b"a%d=1" % number for number in range(30))):
        answer = shop.client.post("/automation/stop", content=content, auth=("anna", "anna-password"))
        assert (answer.status_code, "The form cannot be read" in answer.text) == (400, True)


def test_the_buttons_do_what_they_say(engine: Engine) -> None:
    assert engine.post(webhook(notified(SHOP, time.time()))).status_code == 200
    one = "/incidents/1"
    for action, fields, seen in (
        ("acknowledge", {"text": "I look", "to": "ben"}, "anna has it"),
        ("take_over", {"text": "", "to": "ben"}, "anna took over"),
        ("hand_over", {"text": "", "to": "ben"}, "ben took over"),
        ("release", {"text": "", "to": "anna"}, "nobody has it"),
        ("note", {"text": "a cable", "to": "anna"}, "a cable"),
    ):
        answer = press(engine, f"{one}/{action}", page=one, **fields)
        assert (answer.status_code, answer.headers["Location"]) == (303, one)
        assert seen in Page(engine.get(one)).words
    refused = press(engine, f"{one}/release", page=one)
    assert (refused.status_code, "Nobody has acknowledged incident 1." in refused.text) == (409, True)
    assert one in Page(refused).addresses
    assert Page(press(engine, "/automation/resume", reason="")).addresses[-1] == "/automation"
    assert press(engine, "/automation/stop", "ben", reason="worse").headers["Location"] == "/automation"
    assert "All automation is stopped by ben" in Page(engine.get(one, "ben")).words
    words = Page(engine.get("/automation", "ben")).words
    assert "Anyone with the right to approve for every team can resume it." in words
    press(engine, "/automation/resume", reason="repaired")
    window = {"kind": "maintenance", "service": "shop", "host": "", "minutes": "150", "reason": "new disks"}
    press(engine, "/windows", "ben", **window)
    for path in ("/", one):
        words = Page(engine.get(path)).words.replace(",", " ,")
        assert "Maintenance of shop for another 2 h 29 min , by ben: new disks" in words
    end_window(engine, "ben")
    press(engine, "/windows", **{**window, "service": "", "host": "web7"})
    assert [("web7" in Page(engine.get(path)).words) for path in ("/", one)] == [True, False]
    end_window(engine)
    press(engine, "/windows", "ben", **window, starts_at=f"{datetime.now(UTC) + timedelta(hours=2):%Y-%m-%dT%H:%M}")
    assert "Maintenance of shop" not in Page(engine.get("/")).words
    words = Page(engine.get("/automation", "ben")).words
    assert ("Maintenance of shop from 20" in words, "Cancel it" in words) == (True, True)
    end_window(engine, "ben")
    assert "No window is open or planned." in Page(engine.get("/automation", "ben")).words


def test_a_lowered_runbook_is_trusted_again_by_who_approves_for_every_team(engine: Engine) -> None:
    engine.lower("exporter_down")
    told, path = "exporter_down needs an approval for each step since", "/runbooks/exporter_down/trust"
    page = Page(engine.get("/automation", "ben"))
    assert (told in page.words, "3 of 5 runs helped" in page.words, path in page.addresses) == (True, True, False)
    assert press(engine, path, "ben", reason="repaired").status_code == 403
    assert path in Page(engine.get("/automation")).addresses
    answer = press(engine, path, reason="repaired")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/automation")
    assert told not in Page(engine.get("/automation")).words
    again = engine.post({"reason": "repaired"}, f"/api{path}", "anna")
    assert (again.status_code, again.json()["error"]) == (404, "No runbook exporter_down is lowered.")


def test_what_labels_and_people_write_is_only_text(engine: Engine) -> None:
    labels = {**named(HOSTILE, service=HOSTILE, team="sales", host=HOSTILE), "instance": HOSTILE}
    annotations = {"summary": HOSTILE, "runbook_url": "javascript:alert(1)", HOSTILE: HOSTILE}
    others = [notified(named(f"Odd{number}", service=HOSTILE), annotations={"runbook_url": one}) for number, one in
              enumerate(("//evil.example", "http://[", "data:text/html,x", 'https:"onclick=alert(1)'))]  # fmt: skip
    assert engine.post(webhook(notified(labels, time.time(), annotations=annotations), *others)).status_code == 200
    engine.post({"text": HOSTILE}, "/api/incidents/1/note", "ben")
    engine.post({"kind": "freeze", "host": HOSTILE, "reason": HOSTILE, "minutes": 5}, "/api/windows", "anna")
    for path in ("/", "/incidents/1", "/automation"):
        answer = engine.get(path)
        page = Page(answer)
        assert page.elements.count("script") == 1
        assert "img" not in page.elements
        assert not [one for one in page.addresses if not one.startswith(("/", "https:"))]
        assert HOSTILE in page.words


def test_changes_before_an_incident_are_only_text(
    certificates: Certificates, lister: Lister, noted: Noted, tmp_path: Path
) -> None:
    noted.add(escape(HOSTILE), time.time() - 600, "deployment", "shop")
    told = {"urls": {"mon1": noted.served.url}, "token_file": "token", "ca_file": str(certificates.authority)}
    with Engine(tmp_path, certificates, [lister.url], grafana=told) as engine:
        engine.start()
        engine.post(webhook(notified(SHOP, time.time())))
        engine.wait_for(lambda: engine.get("/api/incidents/1").json()["changes"])
        page = Page(engine.get("/incidents/1"))
        assert f"shop : {HOSTILE}" in page.words
        assert (page.elements.count("script"), "img" in page.elements) == (1, False)
        engine.wait_for(lambda: noted.found("incident", "shop"))


def test_an_incident_shows_what_surrounded_its_begin_and_labels_of_series_are_only_text(
    tmp_path: Path, certificates: Certificates, lister: Lister, replica: Replica
) -> None:
    now = time.time()
    labels = {"__name__": "sli:bad:ratio5m", "service": HOSTILE, "slo": f"</title></svg>{HOSTILE}"}
    replica.series = [(labels, [(now - 240, 0.25), (now - 120, 0.5), (now, 0.125)]), ({**labels, "slo": "empty"}, [])]
    prometheus = servers([replica.url], certificates)
    applications = {HOSTILE: {"team": "sales", "depends_on": ["cart"]}, "cart": {"team": "sales"}}
    with Engine(tmp_path, certificates, [lister.url], prometheus=prometheus, applications=applications) as engine:
        engine.start()
        engine.post(webhook(notified({**SHOP, "service": HOSTILE}, now - 60)))
        engine.wait_for(lambda: engine.get("/api/incidents/1").json()["context"])
        page = Page(engine.get("/incidents/1"))
    for words in (
        "Depends on cart : without alerts Reports of users 0",
        f"slo=</title></svg>{HOSTILE} first 0.25, last 0.125, min 0.125, max 0.5",
        "slo=empty no samples",
        "UTC; the upright line is when its alert became active",
    ):
        assert words in page.words
    assert (page.elements.count("svg"), page.elements.count("path"), page.elements.count("script")) == (1, 2, 1)
    assert "img" not in page.elements


def changes(answer: httpx.Response) -> Iterator[dict[str, str]]:
    """Yield what a page is sent."""
    for line in answer.iter_lines():
        if line.startswith("data: "):
            yield json.loads(line.removeprefix("data: "))


def test_a_page_gets_what_changes_while_it_is_open(engine: Engine, lister: Lister) -> None:
    now = time.time()
    lister.alerts = [listing(SHOP, now, ends_at=now + 240)]
    engine.wait_for(lambda: engine.get("/api/incidents/1").json().get("priority"))
    with engine.client.stream("GET", "/incidents/1/live", auth=("cleo", "cleo-password")) as answer:
        assert answer.headers["Content-Type"] == "text/event-stream"
        sent = changes(answer)
        assert {*next(sent)} == {"banner", "situation", "buttons", "facts", "alerts", "context", "history"}
        engine.post({"text": HOSTILE}, "/api/incidents/1/note", "ben")
        later = next(sent)
        assert {*later} == {"history"}
        assert ("&lt;script&gt;" in later["history"], "<script" in later["history"]) == (True, False)
        begun = time.monotonic()
        assert engine.process
        engine.process.terminate()
        assert list(sent) == []
        assert engine.process.wait(10) == 0
        # It waits for clients for 3 seconds, and then for its own threads.
        assert time.monotonic() - begun < 8
    # A connection that the client keeps without reading delays the end; nothing was answered on it any more.
    errors = [line for line in engine.log().splitlines() if "ERROR" in line]
    assert [line for line in errors if "Cancel 0 running task(s)" not in line] == []


def test_a_page_whose_journal_is_gone_ends_and_says_so(engine: Engine) -> None:
    with engine.client.stream("GET", "/live", auth=("anna", "anna-password")) as answer:
        sent = changes(answer)
        assert {*next(sent)} == {"banner", "incidents"}
        (engine.folder / "journal.sqlite").rename(engine.folder / "away")
        assert list(sent) == []
    refused = engine.get("/")
    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "5")
    assert "The journal cannot be read" in Page(refused).words


def test_the_post_mortem_is_linked_in_every_format(shop: Engine) -> None:
    links = [one for one in Page(shop.get("/incidents/1", "cleo")).addresses if "post-mortem" in one]
    answers = [shop.get(one, "cleo") for one in links]
    assert [(one.status_code, one.headers["Content-Type"].split(";")[0]) for one in answers] == [
        (200, "text/html"),
        (200, "text/markdown"),
        (200, "application/json"),
    ]
    assert "default-src 'none'" in answers[0].headers["Content-Security-Policy"]
    for path, user, status in (
        ("/api/incidents/1/post-mortem.pdf", "cleo", 404),
        ("/api/incidents/1/post-mortem.md", "dora", 403),
        ("/api/incidents/9/post-mortem.md", "anna", 404),
    ):
        refused = shop.get(path, user)
        assert (refused.status_code, bool(refused.json()["error"])) == (status, True)
