# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The steps of runbooks, each a playbook in playbooks/steps: their parameters, and what they ask of a host."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.vigil.observability.plugins.module_utils._errors.sentence import OperatorError
from ansible_collections.vigil.observability.plugins.plugin_utils._runbooks.declared import unit_name

__all__ = ["STEPS", "Step", "faults_of_parameters", "step_actions"]

Parameters = Mapping[str, Any]
Actions = list[dict[str, Any]]
_LONGEST_SETTLE = 60
# Kinds of parameters, with what each is called in a message.
_KINDS: Mapping[str, tuple[Callable[[Any], bool], str]] = {
    "text": (lambda value: isinstance(value, str) and bool(value.strip()), "a text"),
    "texts": (
        lambda value: isinstance(value, list) and bool(value) and all(isinstance(one, str) and one for one in value),
        "a list of texts",
    ),
    "count": (lambda value: isinstance(value, int) and not isinstance(value, bool) and value >= 0, "a whole number"),
    "seconds": (
        lambda value: isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _LONGEST_SETTLE,
        f"a whole number from 0 to {_LONGEST_SETTLE}",
    ),
    "switch": (lambda value: isinstance(value, bool), "true or false"),
}


@dataclass(frozen=True, kw_only=True)
class Step:
    """One step: its parameters by kind, those that it needs, of which it needs at least one, and what it does."""

    parameters: Mapping[str, str]
    needed: tuple[str, ...] = ()
    any_of: tuple[str, ...] = ()
    actions: Callable[[Parameters], Actions]


def _restarted(given: Parameters) -> Actions:
    return [_of_unit("restart", given["unit"], given)]


def _scaled(given: Parameters) -> Actions:
    wanted = given.get("instances", len(given["units"]))
    started = [_of_unit("start", unit, given) for unit in given["units"][:wanted]]
    return started + [{"action": "stop", "name": unit_name(unit)} for unit in given["units"][wanted:]]


def _failed_over(given: Parameters) -> Actions:
    started = [_of_unit("start", given["unit"], given)] if "unit" in given else []
    return _commands(given) + started


def _freed(given: Parameters) -> Actions:
    journal = [{"action": "vacuum"}] if given.get("journal") else []
    return journal + _directories(given)


def _drained(given: Parameters) -> Actions:
    return _commands(given) + [{"action": "stop", "name": unit_name(unit)} for unit in given.get("units", ())]


def _commands(given: Parameters) -> Actions:
    return [{"action": "run", "name": given["command"]}] if "command" in given else []


def _directories(given: Parameters) -> Actions:
    return [{"action": "clear", "name": name} for name in given.get("directories", ())]


def _of_unit(action: str, unit: str, given: Parameters) -> dict[str, Any]:
    return {"action": action, "name": unit_name(unit), "settle": given.get("settle", 5)}


STEPS: Mapping[str, Step] = {
    "restart_service": Step(parameters={"unit": "text", "settle": "seconds"}, needed=("unit",), actions=_restarted),
    "scale_service": Step(
        parameters={"units": "texts", "instances": "count", "settle": "seconds"},
        needed=("units",),
        actions=_scaled,
    ),
    "clear_cache": Step(parameters={"directories": "texts"}, needed=("directories",), actions=_directories),
    "failover": Step(
        parameters={"command": "text", "unit": "text", "settle": "seconds"},
        any_of=("command", "unit"),
        actions=_failed_over,
    ),
    "run_script": Step(parameters={"command": "text"}, needed=("command",), actions=_commands),
    "free_disk": Step(
        parameters={"journal": "switch", "directories": "texts"}, any_of=("journal", "directories"), actions=_freed
    ),
    "drain_host": Step(parameters={"command": "text", "units": "texts"}, any_of=("command", "units"), actions=_drained),
}


def faults_of_parameters(step: str, given: Any, *, is_reference: Callable[[Any], bool]) -> Iterator[str]:
    """Yield the end of a sentence for each parameter that the step does not take so.

    Args:
        step: The name of the step.
        given: Its parameters.
        is_reference: Whether a value, which is no mapping in a parameter, stands for one that is known later.
    """
    known = STEPS.get(step)
    if known is None:
        yield f"step {step!r} is unknown: use {', '.join(STEPS)}."
        return
    if not isinstance(given, Mapping):
        yield f"parameters of {step} must be a mapping."
        return
    for name, value in given.items():
        if name not in known.parameters:
            yield f"{step} has no parameter {name!r}: use {', '.join(known.parameters)}."
        elif not (fits := _KINDS[known.parameters[name]])[0](value) and not is_reference(value):
            yield f"{name} of {step} must be {fits[1]}."
    yield from (f"{step} needs the parameter {name}." for name in known.needed if name not in given)
    if known.any_of and not any(given.get(name) for name in known.any_of):
        yield f"{step} needs {' or '.join(known.any_of)}."


def step_actions(step: str, given: Any) -> Actions:
    """Return what a step asks of a host. Raises OperatorError for an unknown step or parameters that do not fit."""
    faults = list(faults_of_parameters(step, given, is_reference=lambda _value: False))
    if faults:
        raise OperatorError(" ".join(faults))
    return STEPS[step].actions(given)
