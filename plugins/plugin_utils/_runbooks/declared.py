# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What automation may do on a host, as its `runbook_actions` declare it and vigil-action reads it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.vigil.observability.plugins.module_utils._errors.sentence import OperatorError
from ansible_collections.vigil.observability.plugins.module_utils._host.system_paths import (
    normal_path,
    unfit_data_directory,
    unfit_path,
)

__all__ = ["UNIT_ACTIONS", "declared_actions", "unit_name"]

UNIT_ACTIONS = ("start", "stop", "restart")
_KINDS = ("units", "clear", "run", "vacuum")
_UNIT = re.compile(r"[A-Za-z0-9:_@][A-Za-z0-9:_.@\\-]{0,200}")
_SUFFIXES = (".service", ".socket", ".target", ".timer", ".path", ".mount")
_NAME = re.compile(r"[a-z][a-z0-9_-]{0,39}")
_SIZE = re.compile(r"[1-9]\d*[KMGT]")
_LONGEST = 3600


def unit_name(name: str) -> str:
    """Return the whole name of a unit, which is a service unless it ends otherwise."""
    return name if name.endswith(_SUFFIXES) else f"{name}.service"


def declared_actions(described: Any) -> dict[str, Any]:
    """Return what vigil-action reads: the actions of each unit, directories and commands by name, a size.

    Raises OperatorError with every fault.
    """
    if not isinstance(described, Mapping):
        raise OperatorError(f"runbook_actions must be a mapping, not {described!r}.")
    faults = [f"runbook_actions.{key} is unknown: use {', '.join(_KINDS)}." for key in described if key not in _KINDS]
    units = _units(described.get("units") or {})
    faults += [f"runbook_actions.{fault}" for fault in _faults(described, units)]
    if faults:
        raise OperatorError(" ".join(faults))
    made: dict[str, Any] = {
        "units": {unit_name(name): list(actions) for name, actions in units.items()},
        "clear": {
            name: {"path": normal_path(one["path"]), "older_than_days": one.get("older_than_days", 0)}
            for name, one in (described.get("clear") or {}).items()
        },
        "run": {
            name: {"argv": list(one["argv"]), "seconds": one.get("seconds", 300)}
            for name, one in (described.get("run") or {}).items()
        },
        "vacuum": described.get("vacuum") or "",
    }
    return made


def _units(units: Any) -> dict[str, Any]:
    """Return the actions of each unit; a list of units allows all of them."""
    if isinstance(units, Mapping):
        return dict(units)
    return {str(name): UNIT_ACTIONS for name in units} if isinstance(units, list) else {"": None}


def _faults(described: Mapping[str, Any], units: Mapping[str, Any]) -> Iterator[str]:
    for name, actions in units.items():
        if not _UNIT.fullmatch(name):
            yield f"units must be names of units, not {name!r}."
        elif not isinstance(actions, list | tuple) or not actions or set(actions) - set(UNIT_ACTIONS):
            yield f"units.{name} must be a list of {', '.join(UNIT_ACTIONS)}."
    yield from _faults_of(described, "clear", {"path", "older_than_days"}, _faults_of_directory)
    yield from _faults_of(described, "run", {"argv", "seconds"}, _faults_of_command)
    size = described.get("vacuum")
    if size and not _SIZE.fullmatch(str(size)):
        yield f"vacuum {size!r} must be a size such as 500M, to which the journal is cut."


def _faults_of(described: Mapping[str, Any], kind: str, keys: set[str], faults_of: Any) -> Iterator[str]:
    named = described.get(kind) or {}
    if not isinstance(named, Mapping):
        yield f"{kind} must be a mapping by name."
        return
    for name, one in named.items():
        if not _NAME.fullmatch(str(name)):
            yield f"{kind}.{name} must be named by at most 40 lower-case letters, digits, _ and -, a letter first."
        elif not isinstance(one, Mapping) or set(one) - keys:
            yield f"{kind}.{name} must be a mapping of {', '.join(sorted(keys))}."
        else:
            yield from (f"{kind}.{name}.{fault}" for fault in faults_of(one))


def _faults_of_directory(one: Mapping[str, Any]) -> Iterator[str]:
    path, days = str(one.get("path") or ""), one.get("older_than_days", 0)
    if wrong := unfit_path(path):
        yield f"path {path!r} {wrong}"
    elif wrong := unfit_data_directory(path):
        yield f"path is {path}, which {wrong}: name the directory of an application."
    if not _whole(days, 0, 36500):
        yield f"older_than_days {days!r} must be a whole number."


def _faults_of_command(one: Mapping[str, Any]) -> Iterator[str]:
    argv, seconds = one.get("argv"), one.get("seconds", 300)
    if not isinstance(argv, list) or not argv or not all(isinstance(word, str) and word for word in argv):
        yield "argv must be a list of texts, the program first."
    elif not argv[0].startswith("/"):
        yield f"argv must begin with the path of a program, not {argv[0]!r}."
    if not _whole(seconds, 1, _LONGEST):
        yield f"seconds {seconds!r} must be a whole number from 1 to {_LONGEST}."


def _whole(value: Any, least: int, most: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most
