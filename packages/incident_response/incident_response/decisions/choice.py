# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which runbook would be taken for an alert, on which hosts, and what each guard answers. Nothing of it acts."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ..people.state import hands_off, is_escalated
from ..runs.silences import Silences
from .checks import Checks
from .facts import Alert, Facts
from .filled import in_command, in_promql
from .guards import REFUSED, Answer, Situation, answers, level_now, why_lowered
from .history import History, Run, last_decision
from .peers import peers, peers_query
from .plan import PlanError, plan_of, rollback_of
from .prometheus import Firing, Prometheus
from .rules import Rules
from .runbook import Check, Runbook, fitting
from .target import Target, target_of
from .verdict import Sample

__all__ = ["Candidate", "Choices", "Decision"]


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """An alert with the runbook that is for it, why people want nothing done, and what was decided last."""

    alert: Alert
    runbook: Runbook
    target: Target
    hands_off: str
    last: Mapping[str, Any] | None


@dataclass(frozen=True, kw_only=True)
class Decision:
    """What is decided about an alert; `before` is what the verification saw before anything is done, if anything."""

    alert: Alert
    runbook: Runbook
    target: Target
    answers: tuple[Answer, ...]
    before: Sample | None
    level: str
    plan: Sequence[Mapping[str, Any]]
    rollback: Mapping[str, Any] | None

    @property
    def allowed(self) -> bool:
        """Return whether the runbook has a target, and no guard refuses it."""
        return bool(self.target.hosts) and all(one.answer != REFUSED for one in self.answers)

    @property
    def detail(self) -> dict[str, Any]:
        """Return what the journal gets."""
        command = in_command(self.runbook.command, self.alert.labels)
        return {
            "runbook": self.runbook.name,
            "level": self.level,
            "hosts": [*self.target.hosts],
            "allowed": self.allowed,
            **({"target": self.target.refused} if self.target.refused else {}),
            "steps": [one.name for one in self.runbook.steps],
            **({"command": command} if command else {}),
            **(self._planned if self.plan and self.level != "manual" else {}),
            "guards": [{"guard": one.guard, "answer": one.answer, "reason": one.reason} for one in self.answers],
            "bad_before": self.before.bad if self.before else None,
            "good_before": self.before.good if self.before else None,
        }

    @property
    def _planned(self) -> dict[str, Any]:
        """Return the steps that the engine runs, in check mode or not."""
        told = {"digest": self.runbook.digest, "executor": self.runbook.executor}
        return {"plan": self.plan, "rollback": self.rollback, **told}

    def differs_from(self, last: Mapping[str, Any] | None) -> bool:
        """Return whether it says anything else than the last one. Of reasons, only those of people have no time."""

        def said(detail: Mapping[str, Any]) -> tuple[Any, ...]:
            answers = [(one["guard"], one["answer"]) for one in detail["guards"]]
            people = [one["reason"] for one in detail["guards"] if one["guard"] == "people"]
            return detail["runbook"], detail["hosts"], answers, people

        return last is None or said(self.detail) != said(last)


class Choices:
    """Decides about the alerts of incidents."""

    def __init__(self, rules: Rules, prometheus: Prometheus, checks: Checks, silences: Silences) -> None:
        self._rules, self._prometheus, self._checks, self._silences = rules, prometheus, checks, silences

    def lowered(self, before: History) -> dict[str, str]:
        """Return the runbooks that have to be lowered now, each with the reason."""
        found = ((one.name, why_lowered(one, before, self._rules.limits)) for one in self._rules.runbooks)
        return {name: reason for name, reason in found if reason and name not in before.lowered}

    def candidates(
        self, connection: sqlite3.Connection, known: Iterable[Facts], before: History, at: float
    ) -> list[Candidate]:
        """Return the alerts that fire and that a runbook is for, without those for which one runs."""
        busy = {run.episode for run in before.going_on()}
        found = []
        for facts in known:
            for alert in (one for one in facts.alerts if one.fires and one.id not in busy):
                runbook, target = self._chosen(alert)
                if runbook is not None:
                    stopped = self._hands_off(connection, facts, alert, target.hosts, at)
                    last = last_decision(connection, alert.id)
                    found.append(Candidate(alert=alert, runbook=runbook, target=target, hands_off=stopped, last=last))
        return found

    async def decided(
        self, candidates: Iterable[Candidate], firing: tuple[Firing, ...] | None, before: History, at: float
    ) -> list[Decision]:
        """Return the decisions that differ from the last ones in the journal."""
        await self._silences.find(at)
        asked = _Asked(self._checks, self._prometheus, at)
        found = []
        for one in candidates:
            decision = await self._decision(one, asked, firing, before, at)
            if decision.allowed:
                # The next alert of this cycle has to know it.
                before = replace(before, runs=(*before.runs, _run(decision, at)))
            if decision.allowed or decision.differs_from(one.last):
                found.append(decision)
        return found

    async def _decision(
        self, one: Candidate, asked: _Asked, firing: tuple[Firing, ...] | None, before: History, at: float
    ) -> Decision:
        labels = one.alert.labels
        target, plan, rollback = _planned(one)
        hosts = target.hosts
        seen = await asked.check(one.runbook.verification, labels)
        situation = Situation(
            runbook=one.runbook,
            hosts=hosts,
            plan=plan,
            alert=one.alert,
            at=at,
            hands_off=one.hands_off,
            firing=firing,
            precheck=await asked.check(one.runbook.precheck, labels),
            own_silences=self._silences.own,
            unreached=next((why for host in hosts if (why := self._rules.unreached(host, one.runbook))), ""),
            peers=await asked.peers(labels, hosts),
            history=before,
            engine=self._rules.engine,
            verifiers=self._prometheus.answered,
            limits=self._rules.limits,
        )
        return Decision(
            alert=one.alert,
            runbook=one.runbook,
            target=target,
            answers=answers(situation) if hosts else (),
            before=None if seen is None or seen.is_empty else seen,
            level=level_now(one.runbook, before, self._rules.limits),
            plan=plan,
            rollback=rollback,
        )

    def _chosen(self, alert: Alert) -> tuple[Runbook | None, Target]:
        """Return the runbook that comes first among those whose target is known, or the first with why it has none."""
        found = [
            (one, target_of(one, alert.labels, self._rules.hosts))
            for one in fitting(self._rules.runbooks, alert.labels)
        ]
        return next((one for one in found if one[1].hosts), next(iter(found), (None, Target(()))))

    def _hands_off(
        self, connection: sqlite3.Connection, facts: Facts, alert: Alert, hosts: Collection[str], at: float
    ) -> str:
        if self._rules.stop_file.exists():
            return f"{self._rules.stop_file} exists"
        if is_escalated(connection, alert.id):
            return "it was escalated to people"
        return hands_off(connection, facts.incident, facts.services, hosts, at)


class _Asked:
    """Answers of one cycle, each of which is asked for once."""

    def __init__(self, checks: Checks, prometheus: Prometheus, at: float) -> None:
        self._checks, self._prometheus, self._at = checks, prometheus, at
        self._samples: dict[tuple[Any, ...], Sample | None] = {}
        self._peers: dict[str, Mapping[str, bool] | None] = {}

    async def check(self, check: Check | None, labels: Mapping[str, str]) -> Sample | None:
        if check is None:
            return None
        key = (check.kind, in_promql(check.text, labels))
        if key not in self._samples:
            self._samples[key] = await self._checks.sample(check, labels, at=self._at)
        return self._samples[key]

    async def peers(self, labels: Mapping[str, str], hosts: Collection[str]) -> Mapping[str, bool] | None:
        """Return whether the hosts of the alert's job are up, or else those of the target."""
        query = peers_query(labels, hosts)
        if query not in self._peers:
            self._peers[query] = await peers(self._prometheus, query)
        return self._peers[query]


def _run(decision: Decision, at: float) -> Run:
    return Run(
        decision=0,
        episode=decision.alert.id,
        incident=decision.alert.incident,
        runbook=decision.runbook.name,
        hosts=decision.target.hosts,
        at=at,
        labels=decision.alert.labels,
        bad_before=decision.before.bad if decision.before else None,
        outcome="",
        acted=False,
        level=decision.level,
        plan=tuple(decision.plan),
        rollback=decision.rollback,
        digest=decision.runbook.digest,
        executor=decision.runbook.executor,
    )


def _planned(one: Candidate) -> tuple[Target, list[dict[str, Any]], dict[str, Any] | None]:
    """Return the target with what is done there, or why nothing can be."""
    if one.target.hosts:
        try:
            return one.target, plan_of(one.runbook, one.alert.labels), rollback_of(one.runbook, one.alert.labels)
        except PlanError as error:
            return Target((), str(error)), [], None
    return one.target, [], None
