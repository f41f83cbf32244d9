# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""After each step the rest of the incident is looked at: what joined it, and what went down beside the target."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from ansible_collections.vigil.observability.packages.incident_response.incident_response.history.timeline import (
    timeline,
)
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.alerts import (
    NOW,
    listing,
    named,
    notified,
)
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.alone import (
    DOWN,
    PEERS,
    TWO,
    UP,
    Alone,
)

CART = named("CartFails", service="cart", team="sales", host="web3")  # what the shop depends on
BEFORE = f'max by (host) (up{{job="node_exporter"}} @ {NOW:.3f})'
JOINED = "CartFails on web3 joined the incident since the first step"


def join(alone: Alone, labels: dict[str, str] = CART, *, active_for: float | None = 10, **told: Any) -> None:
    """Have an alert join the incident now; Prometheus knows since when it is active, unless it does not have it."""
    alone.intake.notify(notified(labels, alone.intake.now, **told))
    if active_for is not None:
        since = datetime.fromtimestamp(alone.intake.now - active_for, tz=UTC).isoformat()
        alert = {"labels": labels, "activeAt": since, "annotations": {}, "state": "firing", "value": "1"}
        alone.replica.rules = [{"name": "r", "query": "up == 0", "labels": {}, "alerts": [alert]}]


def second(alone: Alone) -> list[str]:
    """Return what was started once the first step has not helped."""
    alone.steps.end()
    alone.go_on(200)
    return [one.step for one in alone.steps.started]


def test_an_alert_as_severe_that_joined_is_worse_and_what_was_done_is_taken_back(alone: Alone) -> None:
    alone.follow(TWO)
    alone.go_on(20)
    join(alone)
    assert second(alone) == ["restart_service", "run_script"]
    alone.steps.end()
    alone.go_on(1)
    assert alone.ended() == ("worse", JOINED)
    assert alone.kinds()[-1] == "escalated"
    assert f"Step 1 is verified as worse: {JOINED} (before: 1 of 1 series bad; after: 1 of 1 series bad)" in [
        one.what for one in timeline(alone.intake.incident(1))
    ]
    alone.looking.page()
    (page,) = alone.mesh.posted[-1]
    assert page["annotations"]["description"] == JOINED
    assert page["labels"]["alertname"] == "IncidentEscalated"


def test_a_recovery_during_which_the_incident_grew_is_none(alone: Alone) -> None:
    alone.follow(TWO)
    alone.go_on(20)
    join(alone)
    alone.intake.notify(notified(DOWN, ended_at=alone.intake.now))  # which does not keep it from being taken back
    alone.see(1)
    assert second(alone) == ["restart_service", "run_script"]
    alone.steps.end()
    alone.go_on(1)
    assert alone.ended() == ("worse", JOINED)


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"severity": "warning"}, {}),
        ({"severity": "none"}, {}),
        ({}, {"active_for": 600}),
        ({"service": "shop", "host": "web1"}, {}),
        ({**DOWN, "alertname": DOWN["alertname"], "path": "/pay"}, {}),
        ({}, {"ended_at": NOW + 21}),
    ],
    ids=["less severe", "of no known severity", "active before", "of its own restart", "under its silence", "resolved"],
)
def test_an_alert_that_is_none_of_its_doing_does_not_stop_a_run(
    alone: Alone, changed: dict[str, str], told: dict[str, Any]
) -> None:
    alone.follow(TWO)
    alone.go_on(20)
    join(alone, {**CART, **changed}, **told)
    assert second(alone) == ["restart_service", "clear_cache"]


def test_an_alert_of_before_the_first_step_does_not_stop_a_run(alone: Alone) -> None:
    join(alone)
    alone.intake.now += 5
    alone.follow(TWO)
    assert second(alone) == ["restart_service", "clear_cache"]


@pytest.mark.parametrize("active_for", [10.0, None])
def test_an_alert_that_no_prometheus_has_counts_from_when_it_fired(alone: Alone, active_for: float | None) -> None:
    alone.follow(TWO)
    alone.go_on(20)
    join(alone, active_for=active_for)
    assert second(alone)[-1] == "run_script"


@pytest.mark.parametrize("muted", ["silenced_by", "inhibited_by"])
def test_an_alert_that_people_silenced_or_that_is_inhibited_does_not_stop_a_run(alone: Alone, muted: str) -> None:
    alone.follow(TWO)
    alone.go_on(20)
    join(alone)
    later = alone.intake.now + 600
    known: dict[str, Any] = {muted: ["theirs"]}
    alone.intake.reconcile([listing(DOWN, ends_at=later), listing(CART, alone.intake.now, ends_at=later, **known)])
    assert second(alone) == ["restart_service", "clear_cache"]


def test_the_next_host_is_left_alone_once_the_incident_is_worse(alone: Alone) -> None:
    shop = {"target": {"kind": "application", "name": "service"}, "applications": {"shop": {"hosts": ["web1", "web2"]}}}
    alone.follow({**TWO, **shop})
    alone.go_on(20)
    join(alone)
    alone.steps.end()
    alone.go_on(10)
    assert [(one.step, one.host.name) for one in alone.steps.started] == [
        ("restart_service", "web1"),
        ("run_script", "web1"),
    ]
    alone.steps.end()
    alone.go_on(1)
    assert alone.ended() == ("worse", JOINED)
    assert f"No further step starts, as it is worse: {JOINED}" in [
        one.what for one in timeline(alone.intake.incident(1))
    ]


@pytest.mark.parametrize(
    ("now", "before", "step"),
    [
        ({"web2": 0}, {"web2": 1}, "run_script"),
        ({"web2": 0}, {"web2": 0}, "clear_cache"),
        ({"web2": 0}, {}, "clear_cache"),
        ({}, {"web2": 1}, "clear_cache"),
        ({"web1": 0, "web2": 1}, {"web1": 1, "web2": 1}, "clear_cache"),
        ({f"web{one}": float(one != 2) for one in range(1, 8)}, {"web2": 1}, "clear_cache"),
        ({f"web{one}": float(one > 3) for one in range(1, 8)}, {"web2": 1, "web3": 1}, "run_script"),
    ],
    ids=["went down", "was down", "not known before", "not known now", "the target", "enough are up", "too few are up"],
)
def test_peers_that_went_down_are_worse(
    alone: Alone, now: dict[str, float], before: dict[str, float], step: str
) -> None:
    alone.follow(TWO)
    alone.replica.samples = {
        UP: [({}, 0)],
        PEERS: [({"host": host}, up) for host, up in now.items()],
        BEFORE: [({"host": host}, up) for host, up in before.items()],
    }
    assert second(alone)[-1] == step


def test_what_went_down_is_named(alone: Alone) -> None:
    alone.follow(TWO)
    hosts = [{"host": f"web{one}"} for one in range(2, 7)]
    alone.replica.samples = {
        UP: [({}, 0)],
        PEERS: [(host, 0) for host in hosts],
        BEFORE: [(host, 1) for host in hosts],
    }
    second(alone)
    alone.steps.end()
    alone.go_on(1)
    reason = "web2, web3, web4 and 2 more went down since the first step: 0 of 5 peers are up"
    assert alone.ended() == ("worse", reason)


def test_who_took_over_judges_what_is_worse_and_nothing_is_taken_back(alone: Alone) -> None:
    alone.follow(TWO)
    alone.go_on(20)
    join(alone)
    alone.intake.act("take_over")
    assert second(alone) == ["restart_service"]
    assert alone.ended() == ("stopped", "anna took over the incident")


def test_what_was_better_before_a_step_than_after_it_is_worse(alone: Alone) -> None:
    alone.follow(TWO)
    alone.steps.end()
    alone.go_on(150)
    alone.see(1)
    alone.go_on(40)  # not for long enough
    assert [one.step for one in alone.steps.started] == ["restart_service", "clear_cache"]
    alone.steps.end()
    alone.see(0)
    alone.go_on(80)
    assert alone.steps.started[-1].step == "run_script"
    alone.steps.end()
    alone.go_on(1)
    assert alone.ended() == ("worse", "1 series are bad, 0 were before")
