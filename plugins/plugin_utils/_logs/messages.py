# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Patterns of messages that are new, that vanished, and whose share changed most."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.vigil.observability.plugins.plugin_utils._logs.events import Event, leading_to
from ansible_collections.vigil.observability.plugins.plugin_utils._logs.keepers import Line
from ansible_collections.vigil.observability.plugins.plugin_utils._logs.likelihood import SIGNIFICANT, likelihood_ratio
from ansible_collections.vigil.observability.plugins.plugin_utils._logs.reading.frames import ERROR
from ansible_collections.vigil.observability.plugins.plugin_utils._logs.samples import affected, sample_lines
from ansible_collections.vigil.observability.plugins.plugin_utils._logs.tally import Tally
from ansible_collections.vigil.observability.plugins.plugin_utils._logs.windows import shown_time

__all__ = ["message_patterns"]

_SHOWN = 50
_LEVELS = ("other", "warning", "error")


@dataclass(frozen=True)
class _Pattern:
    service: str
    pattern: str
    number: int
    window: int
    baseline: int
    first: int | None
    last: int
    rank: int
    ratio: float

    @property
    def order(self) -> tuple[Any, ...]:
        """Return what sorts patterns: errors first, then the least likely by chance."""
        return (self.rank != ERROR, -self.ratio, -self.window, self.service, self.pattern)


def message_patterns(tally: Tally, events: Sequence[Event], *, covered: bool) -> dict[str, Any]:
    """Return the patterns; without a baseline (`covered`), nothing is new or vanished."""
    patterns = _patterns(tally)
    people = tally.text_people.counts()

    def shown(chosen: Callable[[_Pattern], bool]) -> list[dict[str, Any]]:
        found = sorted(filter(chosen, patterns), key=lambda each: each.order)[:_SHOWN] if covered else []
        return [_result(each, tally.text_lines.of(each.number), people, events) for each in found]

    new = [each for each in patterns if not each.baseline]
    return {
        "count": len(patterns),
        "left_out_lines": tally.left_out,
        "new_count": len(new) if covered else None,
        "new": shown(lambda each: not each.baseline),
        "vanished": shown(lambda each: not each.window and each.ratio >= SIGNIFICANT),
        "changed": shown(lambda each: bool(each.window and each.baseline) and each.ratio >= SIGNIFICANT),
    }


def _patterns(tally: Tally) -> list[_Pattern]:
    named = {number: key for key, number in tally.patterns.items()}
    total, old = (int(tally.texts[name].sum()) for name in ("window", "baseline"))
    return [
        _Pattern(
            service=tally.services.names[named[number][0]],
            pattern=named[number][1],
            number=number,
            window=window,
            baseline=baseline,
            first=first,
            last=last,
            rank=rank,
            ratio=likelihood_ratio(window, total, baseline, old),
        )
        for number, window, baseline, first, last, rank in tally.texts.iter_rows()
    ]


def _result(
    pattern: _Pattern,
    lines: Sequence[Line],
    people: Mapping[tuple[int, str], Mapping[str, Any]],
    events: Sequence[Event],
) -> dict[str, Any]:
    return {
        "service": pattern.service,
        "pattern": pattern.pattern,
        "level": _LEVELS[pattern.rank],
        "window": pattern.window,
        "baseline": pattern.baseline,
        "likelihood_ratio": round(pattern.ratio, 1),
        "first": None if pattern.first is None else shown_time(pattern.first),
        "last": shown_time(pattern.last),
        "lines": sample_lines(lines),
        **affected(people, pattern.number, pattern.window),
        "after": [] if pattern.first is None else leading_to(events, pattern.service, pattern.first),
    }
