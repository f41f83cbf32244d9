# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""kill -9 before and after each write of the journal: nothing that was acknowledged is lost, and nothing is twice."""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.vigil.observability.tests.unit.packages.incident_response.alerts import (
    NOW,
    listing,
    named,
    notified,
)
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.intake import Intake
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.lives import Death, Mortal, mortal

SHOP, CART = named("ShopSlow", service="shop"), named("CartDown", service="cart")
# What arrives, in its order; what is not acknowledged arrives again.
STEPS: list[Callable[[Intake], Any]] = [
    lambda intake: intake.notify(notified(SHOP), notified(CART)),
    lambda intake: intake.notify(notified(SHOP), notified(CART, NOW - 60), sender="http://mon2:9093"),
    lambda intake: intake.reconcile([listing(SHOP, silenced_by=["s1"]), listing(CART)]),
    lambda intake: intake.notify(notified(CART, ended_at=NOW + 30)),
    lambda intake: intake.notify(notified(SHOP, ended_at=NOW + 30)),
    lambda intake: intake.reconcile([], asked_ago=-9),
]


def steps_until(folder: Path, first: int, point: int, side: str, acknowledged: Connection) -> None:
    """Take the steps from the first on, up to a write, and name each that was acknowledged; then the writes."""
    mortal(Death(point, side))
    intake = Intake(folder)
    for number, step in enumerate(STEPS[first:], first):
        intake.now = NOW + number
        step(intake)
        acknowledged.send(number)
    intake.journal.close()
    acknowledged.send(len(Mortal.writes))


def run(folder: Path, first: int = 0, point: int = 0, side: str = "") -> tuple[int, int]:
    """Return the number of the first step that was not acknowledged, and the writes if all were."""
    context = multiprocessing.get_context("fork")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=steps_until, args=(folder, first, point, side, sender))
    process.start()
    sender.close()
    received = []
    try:
        while True:
            received.append(receiver.recv())
    except EOFError:
        pass
    process.join()
    assert process.exitcode == (-signal.SIGKILL if point else 0)
    return (first + len(received), 0) if point else (len(STEPS), received[-1])


@pytest.mark.parametrize("side", ["before", "after"])
def test_whatever_is_killed_each_alert_is_once_in_the_journal(tmp_path: Path, side: str) -> None:
    (tmp_path / "whole").mkdir()
    _steps, writes = run(tmp_path / "whole")
    assert writes > 25
    for point in range(1, writes + 1):
        folder = tmp_path / str(point)
        folder.mkdir()
        first, _none = run(folder, point=point, side=side)
        intake = Intake(folder)
        acknowledged = {one["labels"]["alertname"] for one in (intake.reader.incident(1) or {"alerts": []})["alerts"]
                        } if first else {"ShopSlow", "CartDown"}  # fmt: skip
        intake.journal.close()
        assert acknowledged == {"ShopSlow", "CartDown"}, f"lost at write {point}"
        run(folder, first)
        intake = Intake(folder)
        assert intake.open() == (0, 0)
        (incident,) = (intake.incident(one["id"]) for one in intake.incidents("all"))
        intake.journal.close()
        kinds = [event["kind"] for event in incident["events"]]
        assert [kinds.count(kind) for kind in ("opened", "closed", "incident_closed")] == [2, 2, 1], point
        assert [one["ended_at"] for one in incident["alerts"]] == ["2026-01-01T00:00:30.000Z"] * 2
