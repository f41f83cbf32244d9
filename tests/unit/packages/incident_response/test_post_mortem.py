# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The post-mortem: what it tells, that it is the same each time, and that labels are only text in each format."""

from __future__ import annotations

import json
import sqlite3
from typing import Any

import pytest
from markdown_it import MarkdownIt

from ansible_collections.vigil.observability.packages.incident_response.incident_response.history.formats import FORMATS
from ansible_collections.vigil.observability.packages.incident_response.incident_response.history.post_mortem import (
    post_mortem,
)
from ansible_collections.vigil.observability.packages.incident_response.incident_response.journal.entries import Entries
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.alerts import (
    NOW,
    listing,
    named,
    notified,
)
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.intake import Intake

SHOP = named("ShopFails", service="shop", team="sales", host="web1")
CART = named("CartSlow", service="cart", team="sales", severity="warning")
NO_RUNBOOK = (
    "Automation has no runbook for {0}: if the same steps help each time, write one with the matcher"
    ' alertname="{0}", at the level `observe` first, or `manual` with the command.'
)
RUNBOOK = {"summary": "It fails", "runbook_url": "https://docs.example/shop"}
HOSTILE = [
    "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "[click](javascript:alert(1)) ![x](https://evil.example/x.png) <https://evil.example>",
    "https://evil.example www.evil.example me@evil.example ftp://evil.example",
    "# heading\n\n- item\n\n1. one\n\n    code\n\n```\nfence\n```\n---\n> quote\n\n| a | b |\n| --- | --- |\n| c | d |",
    "**bold** _it_ ~~no~~ `code` &lt;b&gt; {{ 7 * 7 }} \\[x](y)\x00\u2028\x1b[31m",
]


def told(intake: Intake, number: int = 1) -> dict[str, Any]:
    return post_mortem(intake.reader, intake.incident(number))


def texts(intake: Intake, number: int = 1) -> dict[str, str]:
    found = told(intake, number)
    return {kind: text_of(found) for kind, (_media, text_of) in FORMATS.items()}


def at(intake: Intake, seconds: float) -> Intake:
    intake.now = NOW + seconds
    return intake


@pytest.fixture
def shop(intake: Intake) -> Intake:
    """An incident that has been worked on and has ended, and another one of the same team beside it."""
    intake.now = NOW + 30
    intake.notify(notified(SHOP, NOW, annotations=RUNBOOK), notified(CART, NOW + 10, annotations=RUNBOOK))
    at(intake, 90).act("acknowledge", "ben", text="I look")
    at(intake, 100).notify(notified(named("WikiSlow", service="wiki", team="sales")))
    at(intake, 110).notify(notified(named("DiskFails", service="disks", team="storage")))
    at(intake, 120).reconcile([listing(SHOP, NOW, silenced_by=["s1"]), listing(CART, NOW + 10)])
    at(intake, 200).notify(*(notified(one, NOW, ended_at=NOW + 190) for one in (SHOP, CART)))
    at(intake, 330).reconcile([], asked_ago=0)
    return intake


def test_it_tells_when_what_happened_and_who_answered(shop: Intake) -> None:
    found = told(shop)
    assert found["seconds"] == {
        "to_detect": None,
        "to_receive": 30.0,
        "to_acknowledge": 60.0,
        "to_resolve": 300.0,
    }
    assert found["times"] == {
        "onset": None,
        "alert_active": "2026-01-01T00:00:00.000Z",
        "received": "2026-01-01T00:00:30.000Z",
        "acknowledged": "2026-01-01T00:01:30.000Z",
        "acted": None,
        "recovered": None,
        "closed": "2026-01-01T00:05:30.000Z",
    }
    assert [one["what"] for one in found["timeline"]] == [
        "ShopFails fires",
        "CartSlow fires",
        "ben acknowledged the incident",
        "ShopFails is silenced by s1",
        "ShopFails is resolved",
        "CartSlow is resolved",
        "ShopFails is gone: it was resolved, and no Alertmanager lists it",
        "CartSlow is gone: it was resolved, and no Alertmanager lists it",
        "The incident is closed: its last alert is gone",
    ]
    assert [(one["incident"], one["name"]) for one in found["along"]] == [(2, "WikiSlow")]
    assert found["action_items"] == [
        NO_RUNBOOK.format("CartSlow"),
        "ShopFails was silenced: end the silence if it is not needed, or repair the rule.",
    ]


def test_it_is_the_same_each_time_and_later(shop: Intake) -> None:
    first = texts(shop)
    at(shop, 9000).notify(notified(SHOP, NOW + 8000))
    assert texts(shop) == first
    assert json.loads(first["json"]) == told(shop)
    for words in (
        "Time to resolve (MTTR) | 5 min |",
        "2026-01-01 00:01:30 UTC: ben acknowledged the incident",
        "  > I",
    ):
        assert words in first["md"]
    assert "<dt>Time to acknowledge</dt><dd>1 min</dd>" in first["html"]


def test_an_open_incident_has_no_end_yet(intake: Intake) -> None:
    intake.notify(notified(named(team="sales"), NOW + 9))
    found = told(intake)
    assert found["seconds"] == {"to_detect": None, "to_receive": 0.0, "to_acknowledge": None, "to_resolve": None}
    assert "Time to detect (MTTD) | not known |" in texts(intake)["md"]
    assert "Closed | not yet |" in texts(intake)["md"]
    assert "Nobody acknowledged it" not in str(found["action_items"])


def test_what_should_change_is_told_by_rule(intake: Intake) -> None:
    for number in range(3):
        at(intake, number * 3600).notify(notified(named(service="shop"), NOW + number * 3600 - 700))
        if number == 2:
            for time in range(3):
                at(intake, 7210 + time * 70).notify(notified(named(service="shop"), NOW + 6500, ended_at=intake.now))
                at(intake, 7215 + time * 70).notify(notified(named(service="shop"), NOW + 6500))
            at(intake, 8200).act("take_over", incident=3)
        end = intake.now + 5
        intake.notify(notified(named(service="shop"), NOW + number * 3600 - 700, ended_at=end))
        intake.now = end + 300
        intake.reconcile([], asked_ago=0)
    assert [one["incident"] for one in told(intake, 3)["recurrences"]] == [1, 2]
    assert told(intake, 3)["action_items"] == [
        "HostDown caused 3 incidents in 30 days: file a problem, and solve it.",
        "The alert was active for ten minutes or more before it arrived: see why Alertmanager sent it late.",
        "It took 15 minutes or more until somebody answered: see whom its alerts notify, and when.",
        NO_RUNBOOK.format("HostDown"),
        "HostDown fired again 3 times: give its rule a longer `for`.",
        "HostDown has no runbook: write one, and name it in the annotation runbook_url.",
        "HostDown has no team: add the label, or only those of every team see it.",
    ]
    assert (
        "Nobody acknowledged it: see whom its alerts notify, or lower their severity."
        in told(intake, 1)["action_items"]
    )
    assert told(intake, 1)["recurrences"] == []


def test_users_who_report_first_are_a_reason_for_an_alert(intake: Intake) -> None:
    intake.notify(notified(named(service="shop")))
    found = told(intake)
    early = {"at": "2025-12-31T23:59:59.000Z", "by": "reporter", "service": "shop", "text": "no"}
    found = post_mortem(intake.reader, {**intake.incident(1), "reports": [early]})
    assert "Users reported it before an alert did: add an alert on what they saw." in found["action_items"]
    assert found["timeline"][0]["what"] == "A report of a user of shop, by reporter"


def test_whatever_automation_writes_is_told_without_knowing_it(intake: Intake) -> None:
    intake.notify(notified(SHOP))
    detail = {"step": "restart", "host": "web1", "values": [1, 2.5], "before": {"up": 0}, "none": None, "text": "out"}

    def write(connection: sqlite3.Connection) -> None:
        Entries(connection, NOW + 1, "engine").event("host_drained", incident=1, detail=detail)

    intake.journal.write(write).result(10)
    (found,) = told(intake)["tried"]
    assert found["what"].startswith("Host drained (step: restart, host: web1, values: 1 ")
    assert found["what"].endswith(", before: up=0)")
    assert found["text"] == "out"
    assert "Host drained" in texts(intake)["html"]


def scored(bad: float | None, loss: float | None) -> dict[str, Any]:
    users = {"unknown": "no Prometheus answers"} if bad is None else {"bad_ratio": bad}
    revenue = {"unknown": "no Prometheus answers"} if loss is None else {"loss_per_minute": loss}
    terms = {"users": {"points": 0, **users}, "revenue": {"points": 0, **revenue}}
    return {"score": 1, "priority": "low", "terms": terms}


@pytest.mark.parametrize(
    ("last", "lost", "words"),
    [
        ((0.1, 30), {"revenue": 190, "bad_minutes": 0.7}, ("| Revenue lost | 190 |", "requests alone | 0\\.7 |")),
        ((None, 30), {"revenue": 190, "bad_minutes": 0.5}, ("| Revenue lost | 190 |", "requests alone | 0\\.5 |")),
    ],
)
def test_what_was_lost_is_told_from_the_scores(
    intake: Intake, last: tuple[float | None, float | None], lost: dict[str, float], words: tuple[str, str]
) -> None:
    intake.notify(notified(SHOP))

    def write(connection: sqlite3.Connection) -> None:
        for seconds, values in ((0, (0.5, 130)), (60, last), (180, (0, 0))):
            Entries(connection, NOW + seconds, "decisions").event("scored", incident=1, detail=scored(*values))

    intake.journal.write(write).result(10)
    assert told(intake)["lost"] == lost
    assert all(one.replace("\\.", ".") in texts(intake)["md"].replace("\\", "") for one in words)


def test_what_no_score_knows_is_not_called_nothing(intake: Intake) -> None:
    intake.notify(notified(SHOP))
    assert told(intake)["lost"] == {"revenue": None, "bad_minutes": None}
    assert "| Revenue lost | not known |" in texts(intake)["md"]
    assert "<dt>Revenue lost</dt><dd>not known</dd>" in texts(intake)["html"]


DECIDED: dict[str, Any] = {
    "runbook": "restart_shop",
    "level": "manual",
    "hosts": ["web1"],
    "allowed": False,
    "steps": ["restart_service"],
    "command": "ansible-playbook restart.yml",
    "guards": [
        {"guard": "people", "answer": "refused", "reason": "ben took over"},
        {"guard": "cooldown", "answer": "allowed", "reason": "no run"},
        {"guard": "lease", "answer": "refused", "reason": "held"},
    ],
}
SCORED = {
    "score": 120,
    "priority": "high",
    "terms": {
        "severity": {"points": 100, "severity": "critical"},
        "users": {"points": 0, "unknown": "no Prometheus answers"},
        "dependency": {"points": 20, "down": ["<b>"]},
    },
}


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({}, "restart_shop would not be run: ben took over; held"),
        ({"guards": [], "target": "no host"}, "restart_shop would not be run: no host"),
        ({"allowed": True}, "restart_shop would be run on web1"),
    ],
)
def test_it_tells_what_automation_decided_and_why(intake: Intake, changed: dict[str, Any], said: str) -> None:
    intake.notify(notified(SHOP))

    def write(connection: sqlite3.Connection) -> None:
        entries = Entries(connection, NOW + 1, "decisions")
        entries.event("scored", incident=1, detail=SCORED)
        entries.event("decided", incident=1, episode=1, detail={**DECIDED, **changed})

    intake.journal.write(write).result(10)
    found = told(intake)
    assert [one["what"] for one in found["decisions"]] == ["Its priority is high, its score 120", said]
    assert found["decisions"][1]["text"] == "By hand: ansible-playbook restart.yml"
    assert (found["score"], found["tried"]) == (120, [])
    assert "| users | 0 | unknown: no Prometheus answers |" in texts(intake)["md"]
    assert "| dependency | 20 | down: \\<b\\> |" in texts(intake)["md"]
    assert "<td>down: &lt;b&gt;</td>" in texts(intake)["html"]


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ({"bad_before": None, "good_before": None}, {"good": 2, "bad": 1}, "not known; after: 1 of 3 series bad"),
        ({"bad_before": 2, "good_before": 1}, {"good": 0, "bad": 0}, "2 of 3 series bad; after: no samples"),
        ({"bad_before": 2}, {"good": 3, "bad": 0}, "2 series bad; after: 0 of 3 series bad"),
    ],
    ids=["a command does not run before", "no samples in the end", "a decision of an earlier release"],
)
def test_what_is_not_known_of_a_verification_is_told(
    intake: Intake, before: dict[str, Any], after: dict[str, Any], said: str
) -> None:
    intake.notify(notified(SHOP))
    verified = {"runbook": "restart_shop", "outcome": "failing", "reason": "so", "samples": 1, "acted": True, **after}

    def write(connection: sqlite3.Connection) -> None:
        entries = Entries(connection, NOW + 1, "automation")
        decision = entries.event("decided", incident=1, episode=1, detail={**DECIDED, **before})
        entries.event("verified", incident=1, episode=1, detail={**verified, "decision": decision})

    intake.journal.write(write).result(10)
    assert told(intake)["timeline"][-1]["what"] == f"The run of restart_shop ended as failing: so (before: {said})"


def decided_items(intake: Intake, *events: tuple[str, dict[str, Any]]) -> list[str]:
    """Return the action items of an incident whose only alert these events of automation are about."""
    intake.notify(notified(SHOP, annotations=RUNBOOK))

    def write(connection: sqlite3.Connection) -> None:
        entries, decision = Entries(connection, NOW + 1, "decisions"), 0
        for kind, detail in events:
            if kind == "decided":
                decision = entries.event(kind, incident=1, episode=1, detail=detail)
            else:
                entries.event(kind, incident=1, episode=1, detail={"decision": decision, **detail})

    intake.journal.write(write).result(10)
    first = texts(intake)
    assert texts(intake) == first
    items: list[str] = json.loads(first["json"])["action_items"]
    return items


def refusal(guard: str, reason: str, **changed: Any) -> tuple[str, dict[str, Any]]:
    guards = [{"guard": guard, "answer": "refused", "reason": reason}]
    return "decided", {**DECIDED, "level": "full", "guards": guards, **changed}


@pytest.mark.parametrize(
    ("guard", "reason", "what"),
    [
        ("people", "maintenance until 9, by ben: disks", "see whether the window, the stop or the person"),
        ("muted", "the alert is inhibited by x", "end the silence, or see to what inhibits the alert."),
        ("precheck", "the pre-check has no answer", "see whether its `precheck` asks for what it needs"),
        ("peers", "1 of 4 peers are up", "bring its peers back first, or lower `peers_up` in incident_response_guards"),
        ("cooldown", "it ran on web1 60 s ago", "see why it was needed again so soon, or shorten `cooldown` in its"),
        ("attempts", "3 of 3 runs on a host in 86400 s", "file a problem about what comes back, or raise `attempts`"),
        ("at_once", "it runs on 1 of at most 1 hosts", "see why so many hosts need it, or raise `at_once` in its"),
        ("rate", "10 of 10 runs of all runbooks in an hour", "see what all these runs were for, or raise `runs_per"),
        ("own", "mon1 is the engine's own host", "do it by hand, or have a Prometheus on another host verify it."),
        ("reach", "web1 is not deployed by runbook_targets.yml", "run runbook_targets.yml on the host, or let people"),
        ("firing", "no Prometheus answers", "see that a Prometheus answers."),
    ],
)
def test_guard_that_kept_a_runbook_away_is_named_with_what_to_change(
    intake: Intake, guard: str, reason: str, what: str
) -> None:
    (item,) = decided_items(intake, refusal(guard, reason), refusal(guard, reason))
    assert item.startswith(f"The guard {guard} refused restart_shop ({reason}): {what}")


@pytest.mark.parametrize(
    "events",
    [
        [refusal("cooldown", "it ran"), refusal("cooldown", "", guards=[], allowed=True)],
        [refusal("cooldown", "", guards=[], allowed=True), refusal("cooldown", "it ran")],
        [refusal("firing", "Prometheus does not fire the alert")],
        [refusal("rate", "10 of 10", level="manual")],
    ],
    ids=["it ran later", "it ran before", "the alert was gone", "a person does it"],
)
def test_guard_that_kept_nothing_away_is_no_reason_to_change_it(
    intake: Intake, events: list[tuple[str, dict[str, Any]]]
) -> None:
    assert decided_items(intake, *events) == []


def test_runbook_without_a_host_and_host_that_refuses_are_named(intake: Intake) -> None:
    started = {"attempt": "inc-1-s1-a1", "step": 1, "host": "web1", "name": "restart", "parameters": {}, "number": 1}
    why = "The attempt inc-9-s1-a1 of mon2 holds this host for 60 s more."
    ended = {"attempt": "inc-1-s1-a1", "step": 1, "host": "web1", "outcome": "refused", "reason": why, "text": ""}
    items = decided_items(
        intake,
        refusal("", "", guards=[], hosts=[], target="the alert has no label host"),
        refusal("", "", runbook="restart_cart", guards=[], allowed=True),
        ("step_started", started),
        ("step_ended", ended),
    )
    assert [one.partition(": ")[0] for one in items] == [
        "restart_shop had no host to act on (the alert has no label host)",
        "The guard lease refused restart_cart (web1",
    ]
    assert items[1].endswith(f" (web1: {why[:-1]}): see what else works on the host, and how often it may.")


@pytest.mark.parametrize(
    ("reason", "acted", "items"),
    [
        ("there were no samples", True, ["The verification of restart_shop had no data: have its metric scraped"]),
        ("there were no samples in the end", False, ["The verification of restart_shop had no data: have its metric"]),
        (
            "it was not watched until its end",
            True,
            ["Whether restart_shop helped is unknown (it was not watched until its end): see to that before you"],
        ),
        ("its command is run for a run that acts alone", False, []),
    ],
)
def test_verification_that_knows_nothing_is_to_be_repaired(
    intake: Intake, reason: str, acted: bool, items: list[str]
) -> None:
    verified = {"runbook": "restart_shop", "outcome": "unknown", "reason": reason, "samples": 0, "acted": acted}
    allowed = refusal("", "", guards=[], allowed=True, bad_before=None, good_before=None)
    found = decided_items(intake, allowed, ("verified", verified))
    assert [one[: len(start)] for one, start in zip(found, items, strict=True)] == items


def test_runbook_is_proposed_for_the_cause_with_its_name_as_text(intake: Intake) -> None:
    odd = 'Odd "shop"'
    intake.notify(notified({**SHOP, "alertname": odd}, annotations=RUNBOOK))
    assert told(intake)["action_items"] == [NO_RUNBOOK.format(odd).replace('="Odd "shop""', '="Odd \\"shop\\""')]
    intake.notify(notified({**CART, "service": "wiki", "severity": "info"}, annotations=RUNBOOK))
    assert told(intake, 2)["action_items"] == []


def test_alerts_along_with_it_are_counted_where_they_are_too_many(intake: Intake) -> None:
    intake.notify(notified(SHOP))
    intake.notify(*(notified(named(f"Odd{number}", service=f"odd{number}", team="sales")) for number in range(53)))
    found = told(intake)
    assert (len(found["along"]), found["along_later"]) == (50, 3)
    assert "\n- 3 more alerts of these teams came later.\n" in texts(intake)["md"]
    assert "<li>3 more alerts of these teams came later.</li>" in texts(intake)["html"]


@pytest.mark.parametrize("hostile", HOSTILE)
def test_labels_and_notes_are_only_text_in_every_format(intake: Intake, hostile: str) -> None:
    labels = {**named(hostile, service=hostile, team="sales", host=hostile), "severity": hostile}
    intake.notify(notified(labels), notified(named(team="sales", service="other")))
    intake.act("note", text=hostile)
    change = {"at": "2026-01-01T00:00:00Z", "source": "Grafana", "of": hostile, "text": hostile}
    detail = {"found": [change], "unknown": []}
    intake.journal.write(
        lambda connection: Entries(connection, NOW, "decisions").event("changes", incident=1, detail=detail)
    ).result(10)
    found = texts(intake)
    assert json.loads(found["json"])["alerts"][0]["name"] == hostile
    assert ("<script" in found["html"], "<img" in found["html"]) == (False, False)
    parser = MarkdownIt("gfm-like", {"html": True, "linkify": False})
    html = parser.render(found["md"])
    for element in ("<a ", "<img", "<script", "<strong", "<em", "<code", "<h3", "<hr", "<s>", "<pre"):
        assert element not in html, (element, html)
    assert html.count("<h1") == 1
    assert html.count("<h2") == 7
    assert html.count("<table") == 1
    assert html.count("<tr>") == 20
    assert not [one for one in ("\x1b", "https://evil", "ftp://", "www.evil", "me@evil") if one in found["md"]]
