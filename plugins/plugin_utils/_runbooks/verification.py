# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Verification and pre-check of a runbook: what has to be seen before it counts as solved, or before it begins."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.vigil.observability.plugins.module_utils._api.durations import milliseconds
from ansible_collections.vigil.observability.plugins.plugin_utils._runbooks.references import parts

__all__ = ["check_of", "faults_of_check", "faults_of_duration", "seconds"]

_KINDS = ("promql", "http", "command")
# Of a verification: how long to wait for it, for how long it has to hold, and in how many samples.
_TIMES = {"within": "5m", "stable": "1m"}
_SAMPLES = 3


def seconds(duration: Any) -> int:
    """Return the seconds of a duration such as 5m."""
    return (milliseconds(str(duration)) or 0) // 1000


def faults_of_duration(name: str, value: Any) -> Iterator[str]:
    """Yield the end of a sentence if this is no duration of a second or more."""
    if not isinstance(value, str) or seconds(value) < 1:
        yield f"{name} must be a duration such as 5m, not {value!r}."


def faults_of_check(name: str, check: Any, *, timed: bool) -> Iterator[str]:
    """Yield the end of a sentence for everything that is wrong with a check; `timed` is a verification."""
    if not isinstance(check, Mapping):
        yield f"{name} must be a mapping."
        return
    allowed = [*_KINDS, *((*_TIMES, "samples") if timed else ())]
    yield from (f"{name}.{key} is unknown: use {', '.join(allowed)}." for key in check if key not in allowed)
    kinds = [kind for kind in _KINDS if kind in check]
    if len(kinds) != 1:
        yield f"{name} needs one of {', '.join(_KINDS)}."
    for kind in kinds:
        if not isinstance(check[kind], str) or not check[kind].strip():
            yield f"{name}.{kind} must be a text."
        elif kind == "http" and not check[kind].startswith(("https://", "http://")):
            yield f"{name}.http must begin with https:// or http://."
    if timed:
        yield from _faults_of_times(name, check)


def _faults_of_times(name: str, check: Mapping[str, Any]) -> Iterator[str]:
    wrong = [fault for key in _TIMES if key in check for fault in faults_of_duration(f"{name}.{key}", check[key])]
    yield from wrong
    samples = check.get("samples", _SAMPLES)
    if not isinstance(samples, int) or isinstance(samples, bool) or samples < 1:
        yield f"{name}.samples must be a whole number from 1."
    wait, hold = (seconds(check.get(key, default)) for key, default in _TIMES.items())
    if not wrong and wait <= hold:
        yield f"{name}.within must be longer than {name}.stable."


def check_of(check: Mapping[str, Any], *, timed: bool) -> dict[str, Any]:
    """Return a check as the engine reads it: its kind, its text in parts, and its seconds."""
    kind = next(kind for kind in _KINDS if kind in check)
    times = {key: seconds(check.get(key, default)) for key, default in _TIMES.items()}
    more = {**times, "samples": check.get("samples", _SAMPLES)} if timed else {}
    return {"kind": kind, "text": parts(check[kind]), **more}
