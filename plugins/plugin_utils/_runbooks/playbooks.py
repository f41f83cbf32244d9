# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The operator's own steps: playbooks of one file, which act on their target alone, and may become root there."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from ansible_collections.vigil.observability.plugins.module_utils._errors.sentence import OperatorError
from ansible_collections.vigil.observability.plugins.plugin_utils._formats.yaml_text import parsed
from ansible_collections.vigil.observability.plugins.plugin_utils._runbooks.references import is_reference
from ansible_collections.vigil.observability.plugins.plugin_utils._runbooks.steps import STEPS

__all__ = ["INPUT", "Playbook", "faults_of_given", "own_playbooks"]

INPUT = "incident_response_playbooks"
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
# With a default, a play can be checked without any.
_HOSTS = re.compile(r"\{\{\s*step_hosts\s*(\|\s*default\(\[\]\)\s*)?\}\}")
_LISTS = ("pre_tasks", "tasks", "post_tasks", "handlers", "block", "rescue", "always")
# What would act on the engine's host, as its service.
_ELSEWHERE = {"connection", "delegate_to", "local_action"}
_MORE_FILES = {"import_playbook", "import_role", "import_tasks", "include_role", "include_tasks", "include_vars"}
_MORE_FILES |= {"roles", "vars_files"}
_NO = (False, None, "false", "no", "False", "No")
_LARGEST = 65536


@dataclass(frozen=True)
class Playbook:
    """A step of the operator: its text, and whether it becomes root."""

    content: str
    root: bool


def own_playbooks(paths: Any) -> dict[str, Playbook]:
    """Return the operator's steps by their names, which are those of their files. Raises OperatorError.

    Args:
        paths: Absolute paths on the controller.
    """
    if not isinstance(paths, list) or not all(isinstance(one, str) for one in paths):
        raise OperatorError(f"{INPUT} must be a list of paths.")
    found: dict[str, Playbook] = {}
    faults = []
    for path in map(Path, paths):
        try:
            content = path.read_text(encoding="utf-8") if path.is_absolute() else ""
            plays = parsed(content)
        except (OSError, ValueError, yaml.YAMLError) as error:
            faults.append(f"{path} cannot be read: {' '.join(str(error).split())}.")
            continue
        faults += [f"{path} {fault}" for fault in _faults(path, content, plays)]
        if not faults:
            found[path.stem] = Playbook(content, any(_becomes(one) for one in _keywords(plays)))
    twice = [name for name, times in Counter(Path(one).stem for one in paths).items() if times > 1]
    faults += [f"two playbooks are named {name!r}: choose another name." for name in twice]
    if faults:
        raise OperatorError(" ".join(faults))
    return found


def faults_of_given(step: str, given: Any) -> Iterator[str]:
    """Yield the end of a sentence if these can be no parameters of a step of the operator, which checks its own."""
    if not isinstance(given, Mapping):
        yield f"parameters of {step} must be a mapping."
        return
    for name, value in given.items():
        if isinstance(value, Mapping) and not is_reference(value):
            yield f"{name} of {step} must be a value, a list, or {{label: NAME}}."


def _faults(path: Path, content: str, plays: Any) -> Iterator[str]:
    if not path.is_absolute():
        yield "must be an absolute path, such as {{ inventory_dir }}/../files/steps/mend.yml."
        return
    if path.suffix != ".yml" or not _NAME.fullmatch(path.stem):
        yield "must be named by at most 40 lower-case letters, digits and _, a letter first, and .yml."
    if path.stem in STEPS:
        yield "has the name of a step of the collection: choose another name."
    if len(content.encode()) > _LARGEST:
        yield f"has more than {_LARGEST} bytes."
    if isinstance(plays, list) and plays and all(isinstance(one, Mapping) for one in plays):
        yield from _faults_of_plays(plays)
    else:
        yield "must be a list of plays."


def _faults_of_plays(plays: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    if not all("import_playbook" in play or _HOSTS.fullmatch(str(play.get("hosts")).strip()) for play in plays):
        yield 'must have hosts: "{{ step_hosts }}" in every play.'
    used = {str(key).rpartition(".")[2] for one in _keywords(plays) for key in one}
    if elsewhere := sorted(used & _ELSEWHERE):
        yield f"has {', '.join(elsewhere)}: it may act on its target alone."
    if more := sorted(used & _MORE_FILES):
        yield f"has {', '.join(more)}: the engine gets that file alone, so write everything into it."


def _keywords(entries: Any) -> Iterator[Mapping[str, Any]]:
    """Yield every play, block and task of a list of them."""
    for one in entries if isinstance(entries, list) else ():
        if isinstance(one, Mapping):
            yield one
            for key in _LISTS:
                yield from _keywords(one.get(key))


def _becomes(keywords: Mapping[str, Any]) -> bool:
    """Return whether a play, a block or a task becomes another user, or may."""
    own = keywords.get("vars")
    told: Sequence[Any] = [keywords.get("become"), *_set(own), *_set(keywords.get("ansible.builtin.set_fact"))]
    return any(one not in _NO for one in told)


def _set(variables: Any) -> Iterable[Any]:
    return [variables["ansible_become"]] if isinstance(variables, Mapping) and "ansible_become" in variables else []
