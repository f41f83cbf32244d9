# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How the hosts of a runbook follow from its alert: one host, a label, or the hosts of an application."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

__all__ = ["faults_of_target", "target_of"]

_LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
_HOSTS = ("hosts", "standby_hosts")
_PATTERN = re.compile(r"[*?\[\]:,!&~/\s]")
_ADVICE = "write {label: host}, {application: service} or {host: NAME}."


def faults_of_target(target: Any) -> Iterator[str]:
    """Yield the end of a sentence for everything that is wrong with a target by itself."""
    if not isinstance(target, Mapping):
        yield f"target must be a mapping: {_ADVICE}"
        return
    kinds = [kind for kind in ("label", "application", "host") if kind in target]
    more = set(target) - set(kinds) - ({"of"} if "application" in target else set())
    if len(kinds) != 1 or more:
        yield f"target has {', '.join(map(str, target)) or 'nothing'}: {_ADVICE}"
        return
    name = target[kinds[0]]
    if kinds != ["host"]:
        if not isinstance(name, str) or not _LABEL.fullmatch(name):
            yield f"target.{kinds[0]} must be the name of a label, not {name!r}."
    elif not isinstance(name, str) or not name or _PATTERN.search(name):
        yield f"target.host must be one host of the inventory, not {name!r}."
    if target.get("of", "hosts") not in _HOSTS:
        yield f"target.of must be {' or '.join(_HOSTS)}."


def target_of(target: Mapping[str, str]) -> dict[str, str]:
    """Return a target as the engine reads it."""
    kind = next(kind for kind in ("label", "application", "host") if kind in target)
    return {"kind": kind, "name": target[kind], **({"of": target.get("of", "hosts")} if kind == "application" else {})}
