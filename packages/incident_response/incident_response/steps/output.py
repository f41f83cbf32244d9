# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an attempt has done, from the events of its playbook, which are without secrets."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

__all__ = ["Output", "output_from", "output_of", "shortened"]

_LONGEST = 1500  # characters of the journal for what an attempt did
_RESULTS = ("ok", "failed", "unreachable")


@dataclass(frozen=True)
class Output:
    """What was done in an attempt, with diffs, why it failed, if it says so, and whether the host let it do nothing."""

    text: str = ""
    reason: str = ""
    refused: bool = False


def output_of(place: Path) -> Output:
    """Return what was done in an attempt; where no event tells anything, what Ansible said is why it failed."""
    found = output_from(_events(place))
    return found if found.text else Output(reason=_text(place / "output"))


def output_from(events: Iterable[Mapping[str, Any]]) -> Output:
    """Return what was done by the events of a playbook: the `event`, its `task`, and the `result` of a module."""
    done, failure, refused = list[str](), "", False
    for event in events:
        if event.get("event") in _RESULTS:
            result = event.get("result") or {}
            done += _lines(event, result)
            if event["event"] != "ok":
                failure = str(result.get("msg") or "it gave no reason")
                refused = result.get("outcome") == "refused" and not result.get("results")
    return Output("\n".join(done), failure, refused)


def shortened(text: str) -> str:
    """Return as much of a text as the journal gets."""
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def _lines(event: Mapping[str, Any], result: Mapping[str, Any]) -> Iterator[str]:
    changed = "changed" if result.get("changed") else event["event"]
    yield f"{event.get('task', '')}: {changed}"
    diff = result.get("diff")
    for one in diff if isinstance(diff, list) else [diff]:
        if isinstance(one, Mapping):
            yield from (f"{sign} {line}" for sign, key in (("-", "before"), ("+", "after"))
                        for line in str(one.get(key) or "").splitlines())  # fmt: skip


def _events(place: Path) -> Iterator[Mapping[str, Any]]:
    """Yield the events; the last line may be half of one, where the attempt was killed."""
    for line in _text(place / "events.jsonl").splitlines():
        try:
            found = json.loads(line)
        except ValueError:
            continue
        if isinstance(found, Mapping):
            yield found


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
