# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A runbook as data: what it is for, what it does, how that is verified, and what stops it."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from ansible_collections.vigil.observability.plugins.plugin_utils._runbooks.alerts import faults_of_alerts, parsed
from ansible_collections.vigil.observability.plugins.plugin_utils._runbooks.guards import faults_of_limit, limit_of
from ansible_collections.vigil.observability.plugins.plugin_utils._runbooks.playbooks import INPUT as PLAYBOOKS
from ansible_collections.vigil.observability.plugins.plugin_utils._runbooks.playbooks import faults_of_given
from ansible_collections.vigil.observability.plugins.plugin_utils._runbooks.references import (
    is_reference,
    parts,
    referred_values,
)
from ansible_collections.vigil.observability.plugins.plugin_utils._runbooks.steps import faults_of_parameters
from ansible_collections.vigil.observability.plugins.plugin_utils._runbooks.target import faults_of_target, target_of
from ansible_collections.vigil.observability.plugins.plugin_utils._runbooks.verification import (
    check_of,
    faults_of_check,
    faults_of_duration,
    seconds,
)

__all__ = ["ACTING", "LEVELS", "faults_of_runbook", "normalised"]

LEVELS = ("observe", "manual", "partial", "full")
# At these, steps change something without a person having started them.
ACTING = ("partial", "full")
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
_NEEDED = ("name", "summary", "owner", "matchers", "target", "limit", "verification")
EXECUTORS = ("service", "awx")
_KNOWN = (*_NEEDED, "level", "delay", "by_hand", "idempotent", "executor", "precheck", "steps", "manual", "rollback")
# How long a person takes who is woken, finds the runbook and follows it. An assumption: nothing measures it.
_BY_HAND = "15m"
_STEP = {"step", "parameters"}


def faults_of_runbook(described: Any, own: Collection[str] = ()) -> Iterator[str]:
    """Yield a sentence for everything that is wrong with a runbook by itself; `own` are the steps of the operator."""
    if not isinstance(described, Mapping):
        yield f"A runbook must be a mapping, not {described!r}."
        return
    name = described.get("name")
    who = f"Runbook {name!r}" if name else "A runbook without a name"
    yield from (f"{who}: {fault}" for fault in _faults(described, own))


def _faults(described: Mapping[str, Any], own: Collection[str]) -> Iterator[str]:
    yield from _faults_of_texts(described)
    for key, faults_of in (("matchers", faults_of_alerts), ("target", faults_of_target), ("limit", faults_of_limit)):
        if described.get(key):
            yield from faults_of(described[key])
    for key in ("verification", "precheck"):
        if described.get(key):
            yield from faults_of_check(key, described[key], timed=key == "verification")
    for key in ("delay", "by_hand"):
        if key in described:
            yield from faults_of_duration(key, described[key])
    yield from _faults_of_steps(described, own)
    yield from _faults_of_level(described)


def _faults_of_texts(described: Mapping[str, Any]) -> Iterator[str]:
    yield from (f"{key} is unknown: use {', '.join(_KNOWN)}." for key in described if key not in _KNOWN)
    yield from (f"{key} is missing." for key in _NEEDED if not described.get(key))
    if described.get("name") and not _NAME.fullmatch(str(described["name"])):
        yield "name must be at most 40 lower-case letters, digits and _, a letter first."
    for key in ("summary", "owner"):
        text = described.get(key)
        if text and not (isinstance(text, str) and text.isprintable()):
            yield f"{key} must be one line of text."


def _faults_of_steps(described: Mapping[str, Any], own: Collection[str]) -> Iterator[str]:
    steps, manual = described.get("steps"), described.get("manual")
    if bool(steps) == bool(manual):
        yield "either steps or manual is needed, and not both."
    if steps and not isinstance(steps, list):
        yield "steps must be a list."
        return
    for step in steps or []:
        yield from _faults_of_step(step, described, own)
    rollback = described.get("rollback")
    if isinstance(rollback, Mapping) and "nothing" in rollback:
        if set(rollback) != {"nothing"} or not isinstance(rollback["nothing"], str) or not rollback["nothing"].strip():
            yield "rollback.nothing must be the reason why there is nothing to roll back."
    elif rollback is not None:
        yield from (f"rollback: {fault}" for fault in _faults_of_step(rollback, described, own))
    if manual and not (isinstance(manual, Mapping) and set(manual) == {"command", "reason"} and _texts(manual)):
        yield "manual must have a command and the reason why a person runs it."


def _texts(named: Mapping[str, Any]) -> bool:
    return all(isinstance(value, str) and value.strip() for value in named.values())


def _faults_of_step(step: Any, described: Mapping[str, Any], own: Collection[str]) -> Iterator[str]:
    if not isinstance(step, Mapping) or "step" not in step or set(step) - _STEP:
        yield "a step must be a mapping of step and parameters."
        return
    parameters = step.get("parameters", {})
    if step["step"] in own:
        yield from faults_of_given(step["step"], parameters)
        if described.get("executor") == "awx":
            yield f"{step['step']} is a playbook of {PLAYBOOKS}, which the service runs: not with executor awx."
    else:
        yield from faults_of_parameters(str(step["step"]), parameters, is_reference=is_reference)
    target = described.get("target")
    if isinstance(parameters, dict) and referred_values(parameters) and "application" not in (target or {}):
        yield f"{step['step']} takes a value of an application, so the target must be {{application: service}}."


def _faults_of_level(described: Mapping[str, Any]) -> Iterator[str]:
    level = described.get("level", "observe")
    if level not in LEVELS:
        yield f"level {level!r} is unknown: use {', '.join(LEVELS)}."
    if described.get("manual") and level in ACTING:
        yield f"level {level} needs steps: what is manual is done by a person."
    if "idempotent" in described and not isinstance(described["idempotent"], bool):
        yield "idempotent must be true or false."
    if described.get("executor", EXECUTORS[0]) not in EXECUTORS:
        yield f"executor {described['executor']!r} is unknown: use {', '.join(EXECUTORS)}."
    if level == "full":
        yield from (f"level full needs {key}." for key in ("idempotent", "rollback") if described.get(key) is None)


def normalised(described: Mapping[str, Any], delay: str) -> dict[str, Any]:
    """Return a valid runbook as the engine reads it: every key, times in seconds, texts in parts."""
    rollback, manual = described.get("rollback"), described.get("manual")
    checked = described.get("precheck")
    return {
        "name": described["name"],
        "summary": described["summary"],
        "owner": described["owner"],
        "level": described.get("level", "observe"),
        "matchers": [
            {"label": one.label, "operator": one.operator, "value": one.value} for one in parsed(described["matchers"])
        ],
        "target": target_of(described["target"]),
        "delay": seconds(described.get("delay", delay)),
        "by_hand": seconds(described.get("by_hand", _BY_HAND)),
        "idempotent": described.get("idempotent", False),
        "executor": described.get("executor", EXECUTORS[0]),
        "limit": limit_of(described["limit"]),
        "precheck": check_of(checked, timed=False) if checked else None,
        "steps": [_step_of(step) for step in described.get("steps") or []],
        "manual": {**manual, "command": parts(manual["command"])} if manual else None,
        "verification": check_of(described["verification"], timed=True),
        "rollback": _step_of(rollback) if rollback and "step" in rollback else None,
        "nothing_to_roll_back": (rollback or {}).get("nothing", ""),
    }


def _step_of(step: Mapping[str, Any]) -> dict[str, Any]:
    return {"step": step["step"], "parameters": dict(step.get("parameters", {}))}
