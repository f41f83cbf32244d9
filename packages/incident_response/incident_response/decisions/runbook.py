# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runbooks as the filter `runbooks` of the collection writes them, and which of them is for an alert."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..described import ConfigurationError, Described
from .filled import Part

__all__ = [
    "ACTING",
    "EXECUTORS",
    "LEVELS",
    "Application",
    "Check",
    "Limit",
    "Matcher",
    "Playbook",
    "Runbook",
    "Step",
    "acts",
    "fitting",
    "runbooks",
]

# From the least that is done to the most.
LEVELS = ("observe", "manual", "partial", "full")
ACTING = ("partial", "full")
EXECUTORS = ("service", "awx")
_CHECKS = ("promql", "http", "command")
_TARGETS = ("label", "application", "host")
_OPERATORS = ("=", "!=", "=~", "!~")


def acts(level: str, plan: Sequence[Any] | None) -> bool:
    """Return whether a run of a runbook at a level has steps that the engine runs."""
    return level in ACTING and bool(plan)


@dataclass(frozen=True)
class Matcher:
    """What the value of a label has to be; a label that an alert does not have is empty."""

    label: str
    operator: str
    value: str

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Return whether an alert with these labels is meant."""
        found = labels.get(self.label, "")
        same = bool(re.fullmatch(self.value, found)) if "~" in self.operator else found == self.value
        return same != self.operator.startswith("!")


@dataclass(frozen=True, kw_only=True)
class Check:
    """What is asked, and for a verification how long to wait, for how long and in how many samples it has to hold."""

    kind: str
    text: tuple[Part, ...]
    within: float = 0
    stable: float = 0
    samples: int = 1


@dataclass(frozen=True, kw_only=True)
class Limit:
    """How often a runbook may run on a host, on how many hosts at once, and how long."""

    cooldown: float
    attempts: int
    within: float
    at_once: int
    run: float


@dataclass(frozen=True)
class Step:
    """A step with its parameters, some of which stand for a label of the alert or a value of its application."""

    name: str
    parameters: Mapping[str, Any]


@dataclass(frozen=True)
class Playbook:
    """The operator's own step."""

    content: str
    root: bool


@dataclass(frozen=True)
class Application:
    """Hosts of an application, and values that steps take, by their names."""

    hosts: tuple[str, ...]
    values: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Runbook:
    """A runbook; it may act for `applications`, `playbooks` are steps of the operator, `digest` is of all of it."""

    name: str
    level: str
    matchers: tuple[Matcher, ...]
    target: str
    target_name: str
    applications: Mapping[str, Application]
    limit: Limit
    precheck: Check | None
    verification: Check
    steps: tuple[Step, ...]
    rollback: Step | None
    idempotent: bool
    by_hand: float  # seconds that a person is assumed to take for the same
    executor: str
    playbooks: Mapping[str, Playbook]
    command: tuple[Part, ...]
    digest: str

    @property
    def every_step(self) -> tuple[Step, ...]:
        """Return its steps, and the one that takes them back."""
        return (*self.steps, *([self.rollback] if self.rollback else []))

    @property
    def becomes_root(self) -> bool:
        """Return whether one of its steps does."""
        return any(one.root for one in self.playbooks.values())

    def is_for(self, labels: Mapping[str, str]) -> bool:
        """Return whether it is for an alert with these labels."""
        return all(one.matches(labels) for one in self.matchers)


def fitting(known: Sequence[Runbook], labels: Mapping[str, str]) -> list[Runbook]:
    """Return the runbooks for an alert: the one of the highest level first, then the one with more matchers."""
    found = [one for one in known if one.is_for(labels)]
    return sorted(found, key=lambda one: (-LEVELS.index(one.level), -len(one.matchers)))


def runbooks(listed: Sequence[Any]) -> tuple[Runbook, ...]:
    """Return the runbooks of a list. Raises ConfigurationError."""
    found = tuple(_runbook(one, number) for number, one in enumerate(listed))
    if len({one.name for one in found}) < len(found):
        raise ConfigurationError("runbooks has a name more than once.")
    return found


def _runbook(told: Any, number: int) -> Runbook:
    entries = Described(f"runbooks[{number}]", told)
    name = entries.take("name", str)
    target = Described(f"target of the runbook {name}", entries.take("target", dict))
    limit = Described(f"limit of the runbook {name}", entries.take("limit", dict))
    manual, precheck, rollback = (entries.optional(key, dict) for key in ("manual", "precheck", "rollback"))
    found = Runbook(
        name=name,
        level=_one_of(entries.take("level", str), LEVELS, f"level of the runbook {name}"),
        matchers=tuple(_matcher(name, one) for one in entries.take("matchers", list)),
        target=_one_of(target.take("kind", str), _TARGETS, f"kind of the target of the runbook {name}"),
        target_name=target.take("name", str),
        applications=_applications(name, entries.take("applications", dict, {})),
        limit=Limit(
            cooldown=limit.seconds("cooldown"),
            attempts=int(limit.seconds("attempts")),
            within=limit.seconds("within"),
            at_once=int(limit.seconds("at_once")),
            run=limit.seconds("run"),
        ),
        precheck=_check(Described(f"precheck of the runbook {name}", precheck)) if precheck else None,
        verification=_check(Described(f"verification of the runbook {name}", entries.take("verification", dict))),
        steps=tuple(_step(name, one) for one in entries.take("steps", list)),
        rollback=_step(name, rollback) if rollback else None,
        idempotent=bool(entries.optional("idempotent", bool)),
        by_hand=entries.weight("by_hand", 0),
        executor=_one_of(entries.take("executor", str, "service"), EXECUTORS, f"executor of the runbook {name}"),
        playbooks={step: _playbook(name, one) for step, one in entries.take("playbooks", dict, {}).items()},
        command=tuple(manual["command"]) if manual else (),
        digest=hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest(),
    )
    # Which hosts of an application are meant is in `applications` already; the rest is for those who act.
    target.take("of", str, "")
    for key in ("summary", "owner", "delay", "nothing_to_roll_back"):
        entries.optional(key, object)
    named = entries.optional("root", bool)
    for one in (target, limit, entries):
        one.end()
    if found.becomes_root and not named:
        raise ConfigurationError(f"The runbook {name} becomes root: name it in incident_response_root_runbooks.")
    if not found.matchers:
        raise ConfigurationError(f"The runbook {name} has no matchers: it would be for every alert.")
    return found


def _matcher(name: str, told: Any) -> Matcher:
    entries = Described(f"a matcher of the runbook {name}", told)
    found = Matcher(entries.take("label", str), entries.take("operator", str), entries.take("value", str))
    entries.end()
    _one_of(found.operator, _OPERATORS, f"operator of a matcher of the runbook {name}")
    try:
        re.compile(found.value)
    except re.error as error:
        if "~" in found.operator:
            raise ConfigurationError(f"a matcher of the runbook {name} has no regular expression: {error}.") from error
    return found


def _check(entries: Described) -> Check:
    found = Check(
        kind=_one_of(entries.take("kind", str), _CHECKS, "kind of a check"),
        text=tuple(entries.take("text", list)),
        within=entries.weight("within", 0),
        stable=entries.weight("stable", 0),
        samples=int(entries.weight("samples", 1)),
    )
    entries.end()
    return found


def _step(name: str, told: Any) -> Step:
    entries = Described(f"a step of the runbook {name}", told)
    found = Step(entries.take("step", str), entries.take("parameters", dict, {}))
    entries.end()
    return found


def _playbook(name: str, told: Any) -> Playbook:
    entries = Described(f"a playbook of the runbook {name}", told)
    return Playbook(entries.take("content", str), entries.take("root", bool))


def _applications(name: str, told: Mapping[str, Any]) -> dict[str, Application]:
    found = {}
    for application, one in told.items():
        hosts = Described(f"applications.{application} of the runbook {name}", one).take("hosts", list)
        values = {key: value for key, value in one.items() if key != "hosts"}
        found[str(application)] = Application(tuple(map(str, hosts)), values)
    return found


def _one_of(value: str, known: Sequence[str], what: str) -> str:
    if value not in known:
        raise ConfigurationError(f"{what} has to be {', '.join(known[:-1])} or {known[-1]}, not {value!r}.")
    return value
