# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What each guard answers, and why."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ansible_collections.vigil.observability.packages.incident_response.incident_response.decisions.facts import Alert
from ansible_collections.vigil.observability.packages.incident_response.incident_response.decisions.guards import (
    Situation,
    answers,
    level_now,
)
from ansible_collections.vigil.observability.packages.incident_response.incident_response.decisions.history import (
    History,
    Run,
)
from ansible_collections.vigil.observability.packages.incident_response.incident_response.decisions.prometheus import (
    Firing,
)
from ansible_collections.vigil.observability.packages.incident_response.incident_response.decisions.rules import Limits
from ansible_collections.vigil.observability.packages.incident_response.incident_response.decisions.verdict import (
    Sample,
)
from ansible_collections.vigil.observability.packages.incident_response.incident_response.described import Described
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.alerts import NOW
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.runbooks import known

LABELS = {"alertname": "TargetDown", "host": "web1", "cluster": "main"}
ALERT = Alert(7, 1, True, LABELS, {}, NOW - 60, NOW - 50)
CHECK = {"kind": "promql", "text": ["up"]}
PAGE = {"kind": "http", "text": ["https://web1/"]}
RESTART = ({"step": "restart_service", "parameters": {"unit": "node_exporter"}},)
QUIET = Situation(
    runbook=known(),
    hosts=("web1",),
    plan=RESTART,
    alert=ALERT,
    at=NOW,
    hands_off="",
    # Prometheus adds the cluster when it sends an alert.
    firing=(Firing({"alertname": "TargetDown", "host": "web1"}, {}),),
    precheck=None,
    own_silences=("ours",),
    unreached="",
    peers={"web1": False, "web2": True},
    history=History(()),
    engine="mon9",
    verifiers={"mon1": True, "mon2": True},
    limits=Limits.of(Described("guards", {})),
)


def ran(ago: float, *, host: str = "web1", runbook: str = "exporter_down", outcome: str = "recovered") -> Run:
    return Run(
        decision=1,
        episode=6,
        incident=1,
        runbook=runbook,
        hosts=(host,),
        at=NOW - ago,
        labels={},
        bad_before=1,
        outcome=outcome,
        acted=True,
        level="full",
        plan=(),
        rollback=None,
        digest="",
        executor="service",
    )


def history(*runs: Run) -> History:
    return History(runs)


def outcomes(*counts: tuple[int, str]) -> History:
    """Return a history with so many runs of each outcome, all of them long ago."""
    found = [outcome for count, outcome in counts for _number in range(count)]
    return History(tuple(ran(90000, outcome=outcome) for outcome in found))


def refusals(**changed: Any) -> dict[str, str]:
    return {one.guard: one.reason for one in answers(replace(QUIET, **changed)) if one.answer == "refused"}


def test_all_guards_are_asked_in_order_and_the_host_last() -> None:
    found = answers(QUIET)
    assert [one.guard for one in found] == [
        *("people", "muted", "firing", "precheck", "peers", "cooldown", "attempts", "at_once", "rate", "trust", "own"),
        *("reach", "lease"),
    ]
    assert [one.answer for one in found] == [*["allowed"] * 12, "not asked"]
    assert all(one.reason for one in found)


@pytest.mark.parametrize(
    ("changed", "guard", "reason"),
    [
        ({"hands_off": "anna stopped all automation: audit"}, "people", "anna stopped all automation: audit"),
        ({"alert": replace(ALERT, muted={"silenced_by": ["s1", "s2"]})}, "muted", "the alert is silenced by s1, s2"),
        ({"alert": replace(ALERT, muted={"inhibited_by": ["f1"]})}, "muted", "the alert is inhibited by f1"),
        ({"firing": None}, "firing", "no Prometheus answers"),
        ({"firing": ()}, "firing", "Prometheus does not fire the alert"),
        ({"firing": (Firing({**LABELS, "host": "web2"}, {}),)}, "firing", "Prometheus does not fire the alert"),
        ({"runbook": known(precheck=CHECK)}, "precheck", "the pre-check has no answer"),
        ({"runbook": known(precheck=CHECK), "precheck": Sample(NOW)}, "precheck", "the pre-check has no answer"),
        ({"runbook": known(precheck=CHECK), "precheck": Sample(NOW, 2, 1)}, "precheck", "the pre-check does not hold"),
        ({"peers": None}, "peers", "no Prometheus answers"),
        ({"peers": {"web1": False, "web2": True, "web3": False}}, "peers", "1 of 2 peers are up"),
        ({"history": history(ran(5), ran(4, host="web2"))}, "cooldown", "it ran on web1 5 s ago, and waits for 1800 s"),
        ({"history": history(*map(ran, (80000, 40000, 2000)))}, "attempts", "3 of 3 runs on a host in 86400 s"),
        ({"history": history(ran(2000, host="web2", outcome=""))}, "at_once", "it runs on 1 of at most 1 hosts"),
        (
            {"history": history(*(ran(9, host=f"web{number}", runbook="other") for number in range(2, 12)))},
            "rate",
            "10 of 10 runs of all runbooks in an hour",
        ),
        ({"runbook": known(level="full"), "unreached": "web1 cannot be reached"}, "reach", "web1 cannot be reached"),
        ({"hosts": ("web1", "mon9")}, "own", "mon9 is the engine's own host"),
        (
            {"hosts": ("mon1",), "verifiers": {"mon1": True, "mon2": False}, "peers": {}},
            "own",
            "no other Prometheus answers, which would verify it",
        ),
    ],
)
def test_a_guard_refuses_with_its_reason(changed: dict[str, Any], guard: str, reason: str) -> None:
    assert refusals(**changed) == {guard: reason}


@pytest.mark.parametrize(
    "changed",
    [
        {"runbook": known(precheck=CHECK), "precheck": Sample(NOW, 2)},
        {"peers": {"web1": False}},
        {"peers": {"web1": False, **{f"web{at}": at > 2 for at in range(2, 7)}}},
        {"history": history(ran(1801))},
        {"history": history(ran(90000), ran(40000), ran(2000))},
        {"history": history(ran(2000, host="web2"))},
        {"history": history(ran(5, runbook="other", outcome=""))},
        {"runbook": known(level="full"), "history": outcomes((4, "recovered"), (1, "failing"))},
        {
            "runbook": known(level="full"),
            "history": History(tuple(replace(ran(90000), acted=False) for _run in range(9))),
        },
        {"runbook": known(level="partial"), "history": outcomes((9, "failing"))},
        {"hosts": ("mon1",), "peers": {}},
        {"hosts": ("mon1",), "peers": {}, "verifiers": {"mon1": True}, "runbook": known(verification=PAGE)},
    ],
)
def test_guards_allow_what_is_within_their_limits(changed: dict[str, Any]) -> None:
    assert refusals(**changed) == {}


@pytest.mark.parametrize(
    ("level", "past", "now", "said"),
    [
        ("full", outcomes((4, "recovered"), (1, "unknown")), "full", "4 of 5 runs helped"),
        ("full", outcomes((4, "unknown")), "full", "0 of 4 runs helped"),
        ("full", outcomes((3, "recovered"), (2, "unapproved")), "partial", "3 of 5 runs helped: a person has"),
        ("full", outcomes((1, "failing")), "partial", "1 of 1 runs failed, the last one on web1 in incident 1: a"),
        ("full", outcomes((8, "recovered"), (1, "worse")), "partial", "1 of 9 runs failed, the last one on web1 in"),
        ("full", History((replace(ran(9, outcome="failing"), level="partial"),)), "full", "0 of 1 runs helped"),
        ("full", History((replace(ran(9, outcome="failing"), acted=False),)), "full", "0 of 0 runs helped"),
        ("full", outcomes((1, "stopped")), "full", "0 of 0 runs helped"),
        ("full", History((), {"exporter_down": "1 of 9 runs helped"}), "partial", "1 of 9 runs helped: a person has"),
        ("full", History((), {"other": "1 of 9 runs helped"}), "full", "0 of 0 runs helped"),
        ("full", replace(outcomes((9, "failing")), raised={"exporter_down": NOW - 80000}), "full", "0 of 0 runs"),
        ("full", replace(outcomes((9, "failing")), raised={"exporter_down": NOW - 99000}), "partial", "9 of 9 runs"),
        ("partial", outcomes((9, "failing")), "partial", "0 of 9 runs helped"),
        ("observe", History((), {"exporter_down": "1 of 9 runs helped"}), "observe", "0 of 0 runs helped"),
    ],
)
def test_full_is_lowered_by_a_run_that_failed_or_by_few_that_helped_since_a_person_trusted_it(
    level: str, past: History, now: str, said: str
) -> None:
    situation = replace(QUIET, runbook=known(level=level), history=past)
    assert level_now(situation.runbook, past, situation.limits) == now
    assert {one.guard: one.reason for one in answers(situation)}["trust"].startswith(said)


@pytest.mark.parametrize(("times", "level"), [(2, "full"), (3, "partial")])
def test_more_failures_may_be_tolerated(times: int, level: str) -> None:
    limits = Limits.of(Described("guards", {"failed_runs": 3}))
    assert level_now(known(level="full"), outcomes((20, "recovered"), (times, "failing")), limits) == level


def other(**changed: Any) -> Run:
    """Return a run of another runbook that goes on, on another host."""
    return replace(ran(5, host="web2", runbook="other", outcome=""), **changed)


def restarting(*units: str) -> tuple[dict[str, Any], ...]:
    return tuple({"step": "restart_service", "parameters": {"unit": unit}} for unit in units)


@pytest.mark.parametrize(
    ("labels", "plan", "run", "shared"),
    [
        pytest.param({}, RESTART, {"plan": restarting("node_exporter.service")}, "the unit node_exporter", id="unit"),
        pytest.param(
            {"service": "shop"}, restarting("shop-1"), {"labels": {"service": "shop"}, "plan": restarting("cache")},
            "the service shop", id="service of both alerts",
        ),
        pytest.param(
            {"job": "shop"}, restarting("shop-1"), {"labels": {"job": "shop"}, "plan": restarting("shop@2.service")},
            "the service shop", id="job for which the units are named",
        ),
        pytest.param(
            {"service": "shop"}, restarting("a"), {"labels": {"job": "shop"}, "plan": restarting("shop")},
            "the service shop", id="service of one, job of the other",
        ),
        pytest.param(
            {}, restarting("shop@3"),
            {"plan": ({"step": "scale_service", "parameters": {"units": ["shop@2", "shop@3"]}},)},
            "the unit shop@3", id="one of several units",
        ),
    ],
)  # fmt: skip
def test_two_runbooks_do_not_act_on_two_members_of_a_service_at_once(
    labels: dict[str, str], plan: tuple[Any, ...], run: dict[str, Any], shared: str
) -> None:
    changed = {"alert": replace(ALERT, labels={**LABELS, **labels}), "plan": plan, "history": history(other(**run))}
    changed["firing"] = (Firing({**LABELS, **labels}, {}),)
    reason = f"runbooks for the same run on 1 of at most 1 hosts: other on web2 for {shared}"
    assert refusals(**changed, runbook=known(level="full")) == {"at_once": reason}
    two = known(level="full", limit={"cooldown": 1800, "attempts": 3, "within": 86400, "at_once": 2, "run": 300})
    assert refusals(**changed, runbook=two) == {}


@pytest.mark.parametrize(
    "run",
    [
        pytest.param({"plan": restarting("shop")}, id="another unit"),
        pytest.param({"plan": RESTART, "outcome": "failing"}, id="it has ended"),
        pytest.param(
            {"plan": restarting("node_exporter@2"), "labels": {"job": "node_exporter", "service": "shop"}},
            id="another service of the same job",
        ),
        pytest.param({"plan": RESTART, "level": "observe"}, id="it only observes"),
        pytest.param({"plan": restarting("filebeat"), "labels": {"job": "node_exporter"}}, id="job of another unit"),
        pytest.param(
            {"plan": ({"step": "mend", "parameters": {"unit": 7, "units": {"node_exporter": 1}}},)},
            id="other values by these names",
        ),
    ],
)
def test_what_acts_is_not_stopped_by_runs_of_others_that_do_not_concern_it(run: dict[str, Any]) -> None:
    alert = replace(ALERT, labels={**LABELS, "job": "node_exporter"})
    changed = {"alert": alert, "firing": (Firing(alert.labels, {}),), "runbook": known(level="full")}
    assert refusals(**changed, history=history(other(**run))) == {}


def test_what_observes_says_what_it_would_wait_for() -> None:
    run = other(plan=RESTART, level="observe")
    assert list(refusals(runbook=known(level="observe"), history=history(run))) == ["at_once"]


def test_a_command_as_pre_check_is_left_to_the_host() -> None:
    found = answers(replace(QUIET, runbook=known(precheck={"kind": "command", "text": ["ready"]})))
    assert {one.guard: one.answer for one in found}["precheck"] == "not asked"
