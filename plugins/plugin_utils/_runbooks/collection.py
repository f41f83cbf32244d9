# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The runbooks of an inventory: those that are shipped and the user's, none of which contradicts another."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any

from ansible_collections.vigil.observability.plugins.module_utils._errors.sentence import OperatorError
from ansible_collections.vigil.observability.plugins.plugin_utils._runbooks.alerts import may_both_match, parsed
from ansible_collections.vigil.observability.plugins.plugin_utils._runbooks.description import (
    ACTING,
    LEVELS,
    faults_of_runbook,
    normalised,
)
from ansible_collections.vigil.observability.plugins.plugin_utils._runbooks.place import (
    Place,
    applications_of,
    faults_of_actions,
    faults_of_hosts,
)
from ansible_collections.vigil.observability.plugins.plugin_utils._runbooks.root import (
    faults_of_consent,
    faults_of_root,
    own_steps,
)
from ansible_collections.vigil.observability.plugins.plugin_utils._runbooks.verification import seconds

__all__ = ["RECONCILIATION", "faults_of_all", "normalised_all"]

# Seconds between two looks at what Alertmanager has, unless the inventory sets others.
RECONCILIATION = 30

Runbook = Mapping[str, Any]


def normalised_all(
    described: Sequence[Any],
    place: Place,
    *,
    levels: Mapping[str, str] | None = None,
    delay: str = "5m",
    reconciliation: int = RECONCILIATION,
    root: Sequence[str] = (),
) -> list[dict[str, Any]]:
    """Return the runbooks as the engine reads them. Raises OperatorError with every fault of all of them.

    Args:
        described: The runbooks.
        place: Where they act.
        levels: Levels by the name of the runbook, in place of its own.
        delay: After how long people get an alert whose runbook says nothing else.
        reconciliation: Seconds between two looks at what Alertmanager has.
        root: Names of runbooks whose own playbooks may become root.
    """
    found = faults_of_all(described, place, levels=levels, delay=delay, reconciliation=reconciliation, root=root)
    if faults := list(found):
        raise OperatorError(" ".join(faults))
    return [
        {**normalised(one, delay), "applications": applications_of(one, place), **_of_operator(one, place, root)}
        for one in _levelled(described, levels)
    ]


def _of_operator(runbook: Runbook, place: Place, root: Sequence[str]) -> dict[str, Any]:
    """Return what a runbook has only with playbooks of the operator, so that the others stay as they are."""
    own = {name: {"content": one.content, "root": one.root} for name, one in own_steps(runbook, place).items()}
    return {**({"playbooks": own} if own else {}), **({"root": True} if runbook["name"] in root else {})}


def faults_of_all(
    described: Sequence[Any],
    place: Place,
    *,
    levels: Mapping[str, str] | None = None,
    delay: str = "5m",
    reconciliation: int = RECONCILIATION,
    root: Sequence[str] = (),
) -> Iterator[str]:
    """Yield a sentence for everything that is wrong with runbooks in an inventory."""
    names = [one.get("name") for one in described if isinstance(one, Mapping)]
    for name, times in Counter(map(str, names)).items():
        if times > 1:
            yield f"Two runbooks are named {name!r}: choose another name, or set the level of the shipped one."
    for name, level in (levels or {}).items():
        if name not in names:
            yield f"There is no runbook {name!r} to set the level of."
        elif level not in LEVELS:
            yield f"Runbook {name!r}: level {level!r} is unknown: use {', '.join(LEVELS)}."
    valid = []
    for one in _levelled(described, levels):
        wrong = list(faults_of_runbook(one, place.playbooks))
        yield from wrong
        if not wrong:
            valid.append(one)
            own = _faults_of_one(one, place, delay, reconciliation)
            yield from (f"Runbook {one['name']!r}: {fault}" for fault in own)
    yield from _contradictions(valid)
    yield from faults_of_root(valid, place, root)


def _levelled(described: Iterable[Any], levels: Mapping[str, str] | None) -> Iterator[Any]:
    for one in described:
        level = (levels or {}).get(str(one.get("name"))) if isinstance(one, Mapping) else None
        yield {**one, "level": level} if level in LEVELS else one


def _faults_of_one(runbook: Runbook, place: Place, delay: str, reconciliation: int) -> Iterator[str]:
    wrong = list(faults_of_hosts(runbook, place))
    yield from wrong
    if runbook.get("level") not in ACTING:
        return
    if seconds(runbook.get("delay", delay)) <= reconciliation:
        yield f"delay must be longer than {reconciliation} s, the time between two looks at Alertmanager."
    for key in ("verification", "precheck"):
        command = (runbook.get(key) or {}).get("command", "")
        if "$" in command:
            yield f"{key}.command has to be one that hosts declare: a label of the alert cannot be a part of its name."
        if command and runbook.get("executor") == "awx":
            yield f"{key}.command is run by the service: with executor awx, use promql or http."
    if not wrong:
        yield from faults_of_actions(runbook, place)
        yield from faults_of_consent(runbook, place)


def _contradictions(runbooks: Iterable[Runbook]) -> Iterator[str]:
    full = [one for one in runbooks if one.get("level") == "full"]
    for one, other in combinations(full, 2):
        if may_both_match(parsed(one["matchers"]), parsed(other["matchers"])):
            yield (
                f"The runbooks {one['name']!r} and {other['name']!r} are both at the level full for the same alert: "
                "narrow the matchers of one, or lower its level."
            )
