# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is next in a run, which follows from the journal alone: after a crash at any point it goes on there."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..decisions.history import STOPPED, UNAPPROVED, Run
from .moves import REFUSED, ROLLBACK, Ask, Attempt, End, Look, Next, Start, Verify, Wait
from .stops import Stop

__all__ = ["Progress", "progress_of"]

_BEGUN = 600.0  # seconds after its decision in which a run begins; what guards found does not last
_TRIES = 2  # attempts at a step that may be repeated
_KINDS = (
    *("step_started", "step_ended", "step_verified", "approval_wanted", "approved", "escalated"),
    *("worsened", "stop_wanted"),
)
_OF_RUN = f"SELECT * FROM event WHERE episode = ? AND id > ? AND kind IN ({', '.join('?' * len(_KINDS))}) ORDER BY id"  # noqa: S608


@dataclass(frozen=True, kw_only=True)
class Progress:
    """What the journal has of a run: attempts, what verifications found by step and time, approvals.

    `worsened` is why a step was not started because the incident had got worse, `stop` who stopped the run.
    """

    run: Run
    idempotent: bool
    attempts: tuple[Attempt, ...] = ()
    verdicts: Mapping[tuple[int, float], Mapping[str, Any]] = field(default_factory=dict)
    wanted: Mapping[int, float] = field(default_factory=dict)  # until when each step waits for an approval
    approved: frozenset[int] = frozenset()
    waited: float = 0.0  # seconds that it took people to approve
    escalated: bool = False
    worsened: str = ""
    stop: Stop | None = None

    @property
    def acted(self) -> bool:
        """Return whether anything was started."""
        return any(one.acted for one in self.attempts)

    @property
    def began(self) -> float | None:
        """Return when its first attempt that may have done anything was started, None before that."""
        return min((one.at for one in self.attempts if one.acted), default=None)

    @property
    def is_worse(self) -> bool:
        """Return whether the incident has got worse since it has acted."""
        return bool(self.worsened) or any(one["outcome"] == "worse" for one in self.verdicts.values())

    def bad_before(self) -> int | None:
        """Return how many series were bad before the last step: as few as before the run, or as after the step before.

        None is not known.
        """
        last = next(reversed([one for one in self.verdicts.values() if one.get("good", 0) + one.get("bad", 0)]), None)
        known = (self.run.bad_before, last and last["bad"])
        return min((one for one in known if one is not None), default=None)

    @property
    def samples(self) -> int:
        """Return how many samples its verifications saw."""
        return sum(int(one["samples"]) for one in self.verdicts.values())

    def counts(self, end: End) -> Mapping[str, int]:
        """Return how many series were good and how many bad in the verification that ended the run, if one did."""
        found = [one for one in self.verdicts.values() if one["reason"] == end.reason]
        return {key: found[-1][key] for key in ("good", "bad") if found and key in found[-1]}

    def next(self, at: float) -> Next:
        """Return what to do at a time."""
        if self.stop:
            return self._stopped(self.stop)
        if self.worsened:
            return self._taken_back(End("worse", self.worsened))
        if not self.attempts and not self.wanted and at > self.run.at + _BEGUN:
            return End(STOPPED, "it was decided too long ago")
        for number in range(1, len(self.run.plan) + 1):
            if found := self._of_step(number, at):
                return found
        return End("failing", self._last_reason())

    def _stopped(self, stop: Stop) -> Next:
        """Return what is next once a person has stopped it: nothing more is started, not even what takes it back."""
        if running := next((one for one in self.attempts if not one.ended), None):
            return Look(running)
        undone = self.acted and self.run.rollback and all(one.step != ROLLBACK for one in self.attempts)
        return End(STOPPED, f"{stop.reason}; its rollback was not started" if undone else stop.reason)

    def _of_step(self, number: int, at: float) -> Next | None:
        """Return what is next in a step, None when the one after it is."""
        if waiting := self._approval(number, at):
            return waiting
        for host in self.run.hosts:
            if found := self._on_host(number, host):
                return found
        began = max(one.ended_at for one in self.attempts if one.step == number)
        return self._verified(number, began)

    def _approval(self, number: int, at: float) -> Next | None:
        if self.run.level != "partial" or number in self.approved:
            return None
        if number not in self.wanted:
            return Ask(number)
        return Wait() if at < self.wanted[number] else End(UNAPPROVED, "nobody approved the step in time")

    def _on_host(self, number: int, host: str) -> Next | None:
        """Return what is next in a step on a host, None when it is done there."""
        tries = [one for one in self.attempts if (one.step, one.host) == (number, host)]
        if not tries:
            return Start(number, host, 1)
        last = tries[-1]
        if not last.ended:
            return Look(last)
        outcome = last.ended["outcome"]
        if outcome == "done":
            return None
        # It may have done its work before it was killed.
        if outcome == "unknown" and (found := self._verified(number, last.ended_at)):
            return found
        if self.idempotent and outcome != REFUSED and len(tries) < _TRIES:
            return Start(number, host, len(tries) + 1)
        name = self._name(number)
        what = f"{host} refused {name}" if outcome == REFUSED else f"{name} failed on {host}"
        return self._taken_back(End("failing", f"{what}: {last.ended['reason']}"))

    def _verified(self, number: int, began: float) -> Next | None:
        """Return what follows from the verification of a step, None if it has not helped."""
        verdict = self.verdicts.get((number, began))
        if verdict is None:
            return Verify(number, began)
        if verdict["outcome"] == "failing":
            return None
        end = End(verdict["outcome"], verdict["reason"])
        return self._taken_back(end) if verdict["outcome"] == "worse" else end

    def _taken_back(self, end: End) -> Next:
        """Return what is next in the step that takes back what was done, or the end of the run."""
        acted_on = {one.host for one in self.attempts if one.acted} if self.run.rollback else set()
        for host in (one for one in self.run.hosts if one in acted_on):
            tries = [one for one in self.attempts if (one.step, one.host) == (ROLLBACK, host)]
            if not tries:
                return Start(ROLLBACK, host, 1)
            if not tries[-1].ended:
                return Look(tries[-1])
        return end

    def _last_reason(self) -> str:
        found = [one["reason"] for one in self.verdicts.values()]
        return found[-1] if found else "it has no steps"

    def _name(self, number: int) -> str:
        return str(self.run.plan[number - 1]["step"])


def progress_of(connection: sqlite3.Connection, run: Run, *, idempotent: bool) -> Progress:
    """Return what the journal has of a run."""
    events = [
        (row["kind"], row["at"], told)
        for row in connection.execute(_OF_RUN, (run.episode, run.decision, *_KINDS))
        if (told := json.loads(row["detail"]))["decision"] == run.decision
    ]
    return Progress(
        run=run,
        idempotent=idempotent,
        attempts=tuple(_attempts(events)),
        verdicts={(told["step"], told["began"]): told for kind, _at, told in events if kind == "step_verified"},
        wanted={told["step"]: told["until"] for kind, _at, told in events if kind == "approval_wanted"},
        approved=frozenset(told["step"] for kind, _at, told in events if kind == "approved"),
        waited=_waited(events),
        escalated=any(kind == "escalated" for kind, _at, _told in events),
        worsened=next((told["reason"] for kind, _at, told in events if kind == "worsened"), ""),
        stop=next((Stop.of(at, told) for kind, at, told in events if kind == "stop_wanted"), None),
    )


def _waited(events: Sequence[tuple[str, float, Mapping[str, Any]]]) -> float:
    asked = {told["step"]: at for kind, at, told in events if kind == "approval_wanted"}
    return sum(at - asked[told["step"]] for kind, at, told in events if kind == "approved")


def _attempts(events: Sequence[tuple[str, float, Mapping[str, Any]]]) -> Iterator[Attempt]:
    ended = {told["attempt"]: (at, told) for kind, at, told in events if kind == "step_ended"}
    for kind, at, told in events:
        if kind == "step_started":
            ended_at, how = ended.get(told["attempt"], (0.0, {}))
            own = {key: told[key] for key in ("step", "host", "number")}
            yield Attempt(**own, at=at, ended=how, ended_at=ended_at, called=told["attempt"])
