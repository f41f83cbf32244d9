# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an executor is asked to do for a run, and what the host is told of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..decisions.history import Run
from ..decisions.rules import Rules
from ..decisions.runbook import Limit, Runbook
from ..steps import Spec, StepError
from .moves import ROLLBACK

__all__ = ["order_of", "planned"]

_MEMORY = 31 * 86400  # seconds, and runs, up to which a host counts
_MOST = 1000
# Seconds that may pass between the order of an attempt and its first task. The host counts from that, and must not
# refuse a run for which the cooldown of the journal has just ended.
_ON_THE_WAY = 120


def order_of(
    run: Run,
    runbook: Runbook,
    rules: Rules,
    *,
    attempt: str,
    step: Mapping[str, Any],
    host: str,
    at: float,
    check: bool = False,
    lease: str = "",
) -> Spec:
    """Return an attempt at a step of a run, ordered at a time, in check mode or not. Raises StepError."""
    if why := rules.unreached(host, runbook):
        raise StepError(why)
    own = runbook.playbooks.get(step["step"])
    return Spec(
        attempt=attempt,
        runbook=run.runbook,
        step=step["step"],
        parameters=step["parameters"],
        host=rules.targets[host],
        holder=rules.engine,
        limit=_limit(run, runbook.limit, at),
        seconds=int(runbook.limit.run),
        check=check,
        lease=lease,
        content=own.content if own else "",
        root=bool(own and own.root),
    )


def planned(run: Run, number: int) -> Mapping[str, Any]:
    """Return a step of a run with its parameters."""
    step = run.rollback if number == ROLLBACK else run.plan[number - 1]
    assert step is not None  # noqa: S101 - only a run with a rollback has an attempt at it
    return step


def _limit(run: Run, limit: Limit, at: float) -> dict[str, Any]:
    """Return how often a runbook may run, as the host takes it, which remembers runs that the journal may have lost."""
    return {
        "run": run.key,
        "age": _between(0, at - run.at),
        "cooldown": _between(0, limit.cooldown - _ON_THE_WAY),
        "runs": min(max(1, limit.attempts), _MOST),
        "within": _between(1, limit.within - _ON_THE_WAY),
    }


def _between(least: int, seconds: float) -> int:
    return int(min(max(least, seconds), _MEMORY))
