# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where runbooks act: the hosts of an inventory with what each declares, the engine's own, and the applications."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.vigil.observability.plugins.module_utils._errors.sentence import OperatorError
from ansible_collections.vigil.observability.plugins.plugin_utils._applications.description import Application
from ansible_collections.vigil.observability.plugins.plugin_utils._runbooks.alerts import may_match, parsed
from ansible_collections.vigil.observability.plugins.plugin_utils._runbooks.declared import (
    UNIT_ACTIONS,
    declared_actions,
)
from ansible_collections.vigil.observability.plugins.plugin_utils._runbooks.playbooks import Playbook
from ansible_collections.vigil.observability.plugins.plugin_utils._runbooks.references import (
    is_reference,
    referred_values,
)
from ansible_collections.vigil.observability.plugins.plugin_utils._runbooks.steps import step_actions
from ansible_collections.vigil.observability.plugins.plugin_utils._runbooks.target import target_of

__all__ = ["Place", "applications_of", "every_step", "faults_of_actions", "faults_of_hosts", "named_hosts"]

Runbook = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Place:
    """An inventory; `hosts` has what each host declares, as its `runbook_actions` say it.

    `playbooks` are the operator's own steps, `consents` the names of the runbooks that may become root on each host.
    """

    hosts: Mapping[str, Any]
    groups: Iterable[str] = ()
    engines: Iterable[str] = ()
    applications: Sequence[Application] = field(default=())
    playbooks: Mapping[str, Playbook] = field(default_factory=dict)
    consents: Mapping[str, Sequence[str]] = field(default_factory=dict)


def applications_of(runbook: Runbook, place: Place) -> dict[str, dict[str, Any]]:
    """Return the applications that a runbook may act for, with hosts and all values that its steps take."""
    target = target_of(runbook["target"])
    if target["kind"] != "application":
        return {}
    matchers = parsed(runbook["matchers"])
    needed = [name for step in every_step(runbook) for name in referred_values(step.get("parameters", {}))]
    found = {}
    for one in place.applications:
        values = {"unit": one.unit, "scale_units": list(one.scale_units), "failover_command": one.failover_command}
        hosts = list(getattr(one, target["of"]))
        if hosts and all(values[name] for name in needed) and may_match(matchers, target["name"], one.name):
            found[one.name] = {"hosts": hosts, **values}
    return found


def faults_of_hosts(runbook: Runbook, place: Place) -> Iterator[str]:
    """Yield the end of a sentence for each host that a runbook names and must not, or cannot, act on."""
    target = target_of(runbook["target"])
    named = [("target.host", target["name"])] if target["kind"] == "host" else []
    for name, application in applications_of(runbook, place).items():
        named += [(f"{target['of']} of the application {name}", host) for host in application["hosts"]]
    for subject, host in named:
        if host in place.engines:
            yield f"{subject}: {host} is the engine's own host, on which it never acts."
        elif host not in place.hosts:
            kind = "a group, and has to be one host" if host in set(place.groups) else "no host of the inventory"
            yield f"{subject}: {host} is {kind}."


def faults_of_actions(runbook: Runbook, place: Place) -> Iterator[str]:
    """Yield the end of a sentence for each action that hosts of a runbook do not declare, as far as it is known."""
    target, found = target_of(runbook["target"]), applications_of(runbook, place)
    if target["kind"] == "application" and not found:
        yield f"no application that it may be for has {target['of']} and the values that its steps take."
    for step in [*every_step(runbook), *_checks(runbook)]:
        if step["step"] in place.playbooks:
            continue
        parameters = step.get("parameters", {})
        if any(is_reference(value) and "label" in value for value in parameters.values()):
            continue
        if target["kind"] == "label":
            yield from _declared_nowhere(step, place)
        for hosts, values in _resolved(target, found):
            given = {key: values[one["application"]] if is_reference(one) else one for key, one in parameters.items()}
            for host in hosts:
                yield from _undeclared(step_actions(step["step"], given), host, place)


def named_hosts(runbook: Runbook, place: Place) -> list[str] | None:
    """Return the hosts on which a runbook may act, None where a label of the alert says it."""
    target = target_of(runbook["target"])
    if target["kind"] == "label":
        return None
    return sorted({host for hosts, _values in _resolved(target, applications_of(runbook, place)) for host in hosts})


def every_step(runbook: Runbook) -> list[Runbook]:
    """Return the steps of a runbook, and the one that takes them back."""
    rollback = runbook.get("rollback") or {}
    return [*(runbook.get("steps") or []), *([rollback] if "step" in rollback else [])]


def _checks(runbook: Runbook) -> list[Runbook]:
    """Return the steps by which the engine has hosts run the commands of checks."""
    commands = [(runbook.get(key) or {}).get("command") for key in ("precheck", "verification")]
    return [{"step": "run_script", "parameters": {"command": command}} for command in commands if command]


def _resolved(target: Mapping[str, str], found: Mapping[str, Any]) -> list[tuple[list[str], Mapping[str, Any]]]:
    """Return hosts with the values of their application."""
    if target["kind"] == "host":
        return [([target["name"]], {})]
    return [(one["hosts"], one) for one in found.values()]


def _declared_nowhere(step: Runbook, place: Place) -> Iterator[str]:
    actions = step_actions(step["step"], step.get("parameters", {}))
    if all(any(_undeclared(actions, host, place)) for host in place.hosts):
        yield f"no host declares what {step['step']} does: {_named(actions)}."


def _undeclared(actions: Iterable[Mapping[str, Any]], host: str, place: Place) -> Iterator[str]:
    try:
        declared = declared_actions(place.hosts.get(host) or {})
    except OperatorError:  # which is told of the host itself
        return
    for one in actions:
        if not _allowed(declared, one["action"], one.get("name", "")):
            yield f"{host} does not declare {_named([one])} in its runbook_actions."


def _allowed(declared: Mapping[str, Any], action: str, name: str) -> bool:
    if action in UNIT_ACTIONS:
        return action in declared["units"].get(name, ())
    return bool(declared["vacuum"]) if action == "vacuum" else name in declared[action]


def _named(actions: Iterable[Mapping[str, Any]]) -> str:
    return ", ".join(f"{one['action']} {one.get('name', '')}".strip() for one in actions)
