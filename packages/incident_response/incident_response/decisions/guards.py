# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What stops a runbook, in order. Each guard answers whether it allows a run now, and why."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .facts import Alert
from .groups import groups_of
from .history import FAILED, History, Run
from .peers import healthy, others
from .prometheus import Firing
from .rules import Limits
from .runbook import ACTING, Runbook
from .verdict import Sample

__all__ = [
    "GUARDS",
    "REFUSED",
    "UNKNOWN",
    "Answer",
    "Situation",
    "answers",
    "level_now",
    "muted_by_people",
    "why_lowered",
]

ALLOWED, REFUSED, LATER = "allowed", "refused", "not asked"
_HOUR = 3600.0
UNKNOWN = "no Prometheus answers"


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a guard answers: `allowed`, `refused`, or `not asked` until a step begins."""

    guard: str
    answer: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class Situation:
    """A runbook, an alert and hosts at a time, and all that guards ask for; None is what is not known.

    `hands_off` is why people want nothing done, `peers` whether each other host is up, `verifiers` whether each
    Prometheus answered, `unreached` is why a step can be run on none or not on all of the hosts.
    """

    runbook: Runbook
    hosts: tuple[str, ...]
    plan: Sequence[Mapping[str, Any]]
    alert: Alert
    at: float
    hands_off: str
    firing: tuple[Firing, ...] | None
    precheck: Sample | None
    own_silences: Collection[str]
    unreached: str
    peers: Mapping[str, bool] | None
    history: History
    engine: str
    verifiers: Mapping[str, bool]
    limits: Limits


Guard = Callable[[Situation], tuple[str, str]]


def answers(situation: Situation) -> tuple[Answer, ...]:
    """Return the answer of every guard, also of those after one that refuses."""
    found = ((name, guard(situation)) for name, guard in _GUARDS.items())
    return tuple(Answer(guard=name, answer=answer, reason=reason) for name, (answer, reason) in found)


def _people(now: Situation) -> tuple[str, str]:
    return (REFUSED, now.hands_off) if now.hands_off else (ALLOWED, "nobody has stopped it")


def _muted(now: Situation) -> tuple[str, str]:
    why = muted_by_people(now.alert.muted, now.own_silences)
    return (REFUSED, why) if why else (ALLOWED, "the alert is neither silenced nor inhibited")


def muted_by_people(muted: Mapping[str, Collection[str]], own: Collection[str]) -> str:
    """Return by what an alert is silenced or inhibited beside our own silences, an empty text for nothing."""
    for key, by in (("silenced_by", "silenced"), ("inhibited_by", "inhibited")):
        if found := [one for one in muted.get(key, ()) if one not in own]:
            return f"the alert is {by} by {', '.join(found)}"
    return ""


def _firing(now: Situation) -> tuple[str, str]:
    if now.firing is None:
        return REFUSED, UNKNOWN
    if any(one.is_of(now.alert.labels) for one in now.firing):
        return ALLOWED, "Prometheus still fires the alert"
    return REFUSED, "Prometheus does not fire the alert"


def _precheck(now: Situation) -> tuple[str, str]:
    check = now.runbook.precheck
    if check is None:
        return ALLOWED, "the runbook has no pre-check"
    if check.kind == "command":
        return LATER, "the host runs it before the first step"
    if now.precheck is None or now.precheck.is_empty:
        return REFUSED, "the pre-check has no answer"
    return (ALLOWED, "the pre-check holds") if now.precheck.holds else (REFUSED, "the pre-check does not hold")


def _peers(now: Situation) -> tuple[str, str]:
    if now.peers is None:
        return REFUSED, UNKNOWN
    known = others(now.peers, now.hosts)
    if not known:
        return ALLOWED, "it has no peers"
    said = f"{sum(known.values())} of {len(known)} peers are up"
    return (ALLOWED if healthy(known, now.limits.peers_up) else REFUSED), said


def _cooldown(now: Situation) -> tuple[str, str]:
    cooldown = now.runbook.limit.cooldown
    for host in now.hosts:
        if runs := now.history.on(now.runbook.name, host, now.at - cooldown):
            return REFUSED, f"it ran on {host} {now.at - runs[-1].at:.0f} s ago, and waits for {cooldown:.0f} s"
    return ALLOWED, f"no run on its hosts in {cooldown:.0f} s"


def _attempts(now: Situation) -> tuple[str, str]:
    limit = now.runbook.limit
    most = max((len(now.history.on(now.runbook.name, host, now.at - limit.within)) for host in now.hosts), default=0)
    said = f"{most} of {limit.attempts} runs on a host in {limit.within:.0f} s"
    return (ALLOWED if most < limit.attempts else REFUSED), said


def _at_once(now: Situation) -> tuple[str, str]:
    busy = {host for run in now.history.going_on(now.runbook.name) for host in run.hosts}
    most, others = now.runbook.limit.at_once, list(_others(now))
    said = f"it runs on {len(busy)} of at most {most} hosts"
    if others:
        busy |= {host for run, _group in others for host in run.hosts}
        named = "; ".join(f"{run.runbook} on {', '.join(run.hosts)} for {group}" for run, group in others)
        said = f"runbooks for the same run on {len(busy)} of at most {most} hosts: {named}"
    # Those of one alert are done one after the other.
    return (ALLOWED if len(busy) < most else REFUSED), said


def _others(now: Situation) -> Iterator[tuple[Run, str]]:
    """Yield the runs of other runbooks that act on its service or unit, with that; one that acts waits for no other."""
    own, acts = groups_of(now.alert.labels, now.plan), now.runbook.level in ACTING
    for run in now.history.going_on():
        counts = run.runbook != now.runbook.name and (run.acts or not acts)
        if counts and (shared := own & groups_of(run.labels, run.plan)):
            yield run, min(shared)


def _rate(now: Situation) -> tuple[str, str]:
    runs = len(now.history.since(now.at - _HOUR))
    said = f"{runs} of {now.limits.runs_per_hour} runs of all runbooks in an hour"
    return (ALLOWED if runs < now.limits.runs_per_hour else REFUSED), said


def _trust(now: Situation) -> tuple[str, str]:
    if level_now(now.runbook, now.history, now.limits) == now.runbook.level:
        return ALLOWED, "{} of {} runs helped".format(*_helped(now.runbook, now.history))
    why = now.history.lowered.get(now.runbook.name) or why_lowered(now.runbook, now.history, now.limits)
    return ALLOWED, f"{why}: a person has to approve its steps until one trusts it again"


def level_now(runbook: Runbook, history: History, limits: Limits) -> str:
    """Return the level of a runbook: `partial` for one at `full` that is lowered, or has to be."""
    lowered = runbook.name in history.lowered or why_lowered(runbook, history, limits)
    return "partial" if runbook.level == "full" and lowered else runbook.level


def why_lowered(runbook: Runbook, history: History, limits: Limits) -> str:
    """Return why a runbook at `full` has to be lowered, an empty text if it has not.

    That is after a verification at `full` that failed, as after a step that did; one without an answer, or a step that
    nobody approved, says less, so these count only in the share of runs that helped.
    """
    if runbook.level != "full":
        return ""
    failed = [one for one in history.verified(runbook.name) if one.level == "full" and one.outcome in FAILED]
    helped, runs = _helped(runbook, history)
    if len(failed) >= limits.failed_runs:
        last = failed[-1]
        on = f"on {', '.join(last.hosts)} in incident {last.incident}"
        return f"{len(failed)} of {runs} runs failed, the last one {on}"
    too_few = runs >= limits.verified_runs and helped < limits.verified * runs
    return f"{helped} of {runs} runs helped" if too_few else ""


def _helped(runbook: Runbook, history: History) -> tuple[int, int]:
    runs = history.verified(runbook.name)
    return sum(one.outcome == "recovered" for one in runs), len(runs)


def _own(now: Situation) -> tuple[str, str]:
    if now.engine in now.hosts:
        return REFUSED, f"{now.engine} is the engine's own host"
    if now.runbook.verification.kind == "promql" and set(now.hosts) & set(now.verifiers):
        left = [name for name, answered in now.verifiers.items() if answered and name not in now.hosts]
        if not left:
            return REFUSED, "no other Prometheus answers, which would verify it"
    return ALLOWED, "neither the engine nor what verifies it is on its hosts"


def _reach(now: Situation) -> tuple[str, str]:
    if now.runbook.level == "manual":
        return ALLOWED, "no step is run"
    if why := now.unreached:
        acts = now.runbook.level in ACTING
        return (REFUSED, why) if acts else (ALLOWED, f"{why}, so no step is run in check mode there")
    return ALLOWED, "steps can be run on its hosts"


def _lease(_now: Situation) -> tuple[str, str]:
    return LATER, "the host is asked for its lease when a step begins"


_GUARDS: Mapping[str, Guard] = {
    "people": _people,
    "muted": _muted,
    "firing": _firing,
    "precheck": _precheck,
    "peers": _peers,
    "cooldown": _cooldown,
    "attempts": _attempts,
    "at_once": _at_once,
    "rate": _rate,
    "trust": _trust,
    "own": _own,
    "reach": _reach,
    "lease": _lease,
}
GUARDS = tuple(_GUARDS)
