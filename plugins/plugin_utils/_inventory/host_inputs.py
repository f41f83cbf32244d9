# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The inputs of each host, as the inventory sets them: evaluated when they are first read."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ansible import template
from ansible.constants import INTERNAL_STATIC_VARS
from ansible.errors import AnsibleUndefinedVariable
from ansible.parsing.dataloader import DataLoader

from ansible_collections.vigil.observability.plugins.plugin_utils._formats.same_text import plain
from ansible_collections.vigil.observability.plugins.plugin_utils._inventory.input_values import (
    Problems,
    value_problems,
)
from ansible_collections.vigil.observability.plugins.plugin_utils._inventory.problem import Problem
from ansible_collections.vigil.observability.plugins.plugin_utils._inventory.raw_values import (
    PLAIN,
    is_encrypted,
    is_plain,
    named_facts,
)
from ansible_collections.vigil.observability.plugins.plugin_utils._inventory.role_inputs import (
    PROVISIONED,
    ROLES,
    SHARED,
    Inputs,
    described_inputs,
    is_secret,
    role_of,
    type_problem,
)

__all__ = ["HostInputs", "Play"]

_ABSENT = object()
# From ansible-core 2.19 on, only texts that are marked so are templates.
_trusted = getattr(template, "trust_as_template", str)


@dataclass(frozen=True)
class Play:
    """What is the same for every host.

    Args:
        inputs: The inputs of the roles.
        running: Roles with a host somewhere in the inventory.
        given: Values of inputs that the play itself sets, above the inventory.
        play_variables: Other variables of this play that templates can name.
        defaults: Default values by role, which templates in inputs of that role can name.
        templar: Evaluates templates.
        gathered: Whether the run has gathered facts where inputs are made of them.
    """

    inputs: Inputs
    running: frozenset[str]
    given: Mapping[str, Any]
    play_variables: Mapping[str, Any]
    defaults: Mapping[str, Mapping[str, Any]]
    templar: Any
    gathered: bool = False
    checked: dict[tuple[Any, ...], tuple[Any, Problems]] = field(default_factory=dict)

    @classmethod
    def of(cls, task_vars: Mapping[str, Any], templar: Any, *, gathered: bool) -> Play:
        """Return the play of a task from the variables of that task."""
        inputs = described_inputs()
        own = task_vars["hostvars"].raw_get(task_vars["inventory_hostname"])
        named = [name for options in inputs.values() for name in options if name in task_vars]
        return cls(
            inputs=inputs,
            running=frozenset(role for role in inputs if task_vars["groups"].get(role)),
            given={name: task_vars[name] for name in named if not _is_same(own.get(name, _ABSENT), task_vars[name])},
            play_variables={name: value for name, value in task_vars.items() if name not in own and name != "vars"},
            defaults={role: _defaults(role) for role in inputs if role != SHARED},
            templar=templar,
            gathered=gathered,
        )

    def problems(self, name: str, value: Any, option: Mapping[str, Any]) -> Problems:
        """Return the problems of a value and of its parts, checked once for all hosts that share it."""
        key = (name, type(value), value if isinstance(value, PLAIN) else id(value))
        if key not in self.checked:
            # The value is kept, so that no other one gets its id.
            wrong = type_problem(name, value, option)
            problems = {"": wrong} if wrong else value_problems(role_of(name, self.inputs) or "", name, value)
            self.checked[key] = (value, problems)
        return self.checked[key][1]


class HostInputs:
    """The inputs of one host, with the problems of those that were read, and the secrets in them."""

    def __init__(self, name: str, *, variables: Mapping[str, Any], services: Sequence[str], play: Play) -> None:
        self.name = name
        self.services = services
        self.problems: list[Problem] = []
        self.secrets: set[str] = set()
        self._variables = variables
        self._play = play
        self._values: dict[str, Any] = {}
        self._facts: dict[str, set[str]] = {}

    @property
    def variable_names(self) -> set[str]:
        """The names of all variables that the inventory sets, without Ansible's own, and facts, which can be cached."""
        facts: Mapping[str, Any] = self._variables.get("ansible_facts", {})
        own: frozenset[str] = INTERNAL_STATIC_VARS
        return set(self._variables) - set(facts) - own

    @property
    def gathered(self) -> bool:
        """Whether this run has gathered the facts of the host."""
        return self._play.gathered and "module_setup" in self._variables.get("ansible_facts", {})

    def facts_in(self, name: str) -> set[str]:
        """Return whose facts the inventory makes an input of: "own", "others", or neither."""
        if name not in self._facts:
            raw = None if name in self._play.given else self._variables.get(name)
            self._facts[name] = set() if is_plain(raw) else named_facts(raw, self._variables, self._play.play_variables)
        return self._facts[name]

    @property
    def foreign(self) -> tuple[str, ...]:
        """The prefixes of variables that are others'."""
        return tuple(str(prefix) for prefix in self.value("vigil_foreign_prefixes", []))

    @property
    def certified(self) -> list[str]:
        """The services that get a certificate from the authority of the inventory."""
        return [service for service in self.services if not self.value(f"{service}_certificate_file")]

    @property
    def roles(self) -> list[str]:
        """The roles that run on this host, and under SHARED what they have in common."""
        certified = self.services and (self.certified or self.value("certificates_more_services"))
        return [*self.services, *(["certificates"] if certified else []), *([SHARED] if self.services else [])]

    def check(self) -> None:
        """Evaluate and check every input of the roles of this host."""
        for role in self.roles:
            for name in self._play.inputs[role]:
                if name not in self._play.given:
                    self.value(name)
            for name in PROVISIONED.get(role, {}):
                self.value(name)

    def value(self, name: str, default: Any = None) -> Any:
        """Return the value from the inventory or else the play; the default when neither sets it, or it is invalid."""
        if name not in self._values:
            self._values[name] = self._read(name)
        found = self._values[name]
        return default if found is None else found

    def is_missing(self, name: str) -> bool:
        """Return whether an input is not set at all, or to an empty string. An invalid value is not missing."""
        return (name not in self._play.given and self._variables.get(name) is None) or self.value(name) == ""

    def _read(self, name: str) -> Any:
        raw = self._play.given.get(name, self._variables.get(name, _ABSENT))
        described = self._play.inputs.get(role_of(name, self._play.inputs) or "", {})
        option = described.get(name) or next((one[name] for one in PROVISIONED.values() if name in one), {})
        if raw is _ABSENT or (raw is None and option.get("required")) or (not self.gathered and self.facts_in(name)):
            return None
        secret = is_secret(option)
        try:
            value = raw if is_plain(raw) else plain(self._evaluated(name, raw))
        except Exception as error:  # noqa: BLE001 - whatever a filter or lookup of the inventory raises
            self._add(name, _unevaluated(error, secret=secret))
            return None
        if secret or is_encrypted(raw):
            self.secrets |= _texts_of(value)
            option = {**option, "no_log": True}
        wrong = self._play.problems(name, value, option)
        for part, rest in wrong.items():
            self._add(f"{name}{part}", rest)
        return None if wrong else value

    def _add(self, name: str, rest: str) -> None:
        self.problems.append(Problem(name, self.name, rest))

    def _evaluated(self, name: str, raw: Any) -> Any:
        play = self._play
        defaults = play.defaults.get(role_of(name, play.inputs) or "", {})
        variables = {**play.play_variables, **defaults, **self._variables, **play.given}
        return play.templar.copy_with_new_env(available_variables=variables).template(raw)


def _texts_of(value: Any, shortest: int = 6) -> set[str]:
    """Return every text in a value, line by line, that is long enough to be told from other words."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        return {text for each in value for text in _texts_of(each, shortest)}
    return {line for line in str(value).splitlines() if len(line) >= shortest and not line.startswith("-----")}


@functools.cache
def _defaults(role: str) -> Mapping[str, Any]:
    text = (ROLES / role / "defaults" / "main.yml").read_text(encoding="utf-8")
    defaults: Mapping[str, Any] = DataLoader().load(_trusted(text))
    return defaults


def _is_same(one: Any, other: Any) -> bool:
    return one is other or bool(one == other)


def _unevaluated(error: Exception, *, secret: bool) -> str:
    # ansible-core 2.18 quotes the template, and repeats itself for every template that led to it.
    text = str(error).rpartition("original message: ")[2].partition(". String: ")[0]
    reason = next(iter(text.splitlines()), type(error).__name__).rstrip(".")
    if "ecrypt" in reason:
        return f"cannot be decrypted ({reason}): run again with the vault password that it was encrypted with."
    if secret and not isinstance(error, AnsibleUndefinedVariable):
        reason = "the reason is not shown, because it could contain the secret"
    return f"cannot be evaluated ({reason}): correct it, or what it refers to."
