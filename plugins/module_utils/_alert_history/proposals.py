# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a longer `for` or `keep_firing_for` would have saved, and cost, by the rule's own expression over the window.

A rule gets a proposal only if the same calculation of the rule as it is gives the episodes that were recorded.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from .._http.session import Api
from .._prometheus.client import ask
from .episodes import Episode, Rule, Span
from .state_machine import fired

__all__ = ["Conditions", "conditions_of", "proposal_of"]

_POINTS = 11_000
# What is tried, in seconds; `for` on top of what it is.
_HOLDS = (60.0, 120.0, 300.0, 600.0, 900.0, 1800.0)
_KEEPS = (300.0, 600.0, 900.0, 1800.0)
# Less saved is not worth a change.
_LEAST, _LEAST_SHARE = 3, 0.2

Key = tuple[tuple[str, str], ...]


@dataclass
class Conditions:
    """When the expression of a rule had a result: at which of the evaluations, for which labels of the result."""

    evaluations: Sequence[float]
    held: Mapping[Key, set[int]]
    queries: int

    def episodes(self, rule: Rule) -> dict[Key, list[Span]]:
        """Return from when to when each alert would have fired under a rule."""
        steps = range(len(self.evaluations))
        return {
            key: [
                (self.evaluations[int(begun)], self.evaluations[int(ended)])
                for begun, ended in fired(steps, active, rule.hold / rule.interval, rule.keep / rule.interval)
            ]
            for key, active in self.held.items()
        }


def conditions_of(api: Api, query: str, rule: Rule, window: Span, phase: float, gaps: Sequence[Span]) -> Conditions:
    """Return when the expression of a rule had results; `phase` is the time of any of its evaluations."""
    first = window[0] + (phase - window[0]) % rule.interval
    count = int((window[1] - first) // rule.interval) + 1
    times = [first + step * rule.interval for step in range(count)]
    kept = [step for step, at in enumerate(times) if not any(start < at < end for start, end in gaps)]
    place = {step: index for index, step in enumerate(kept)}
    held: dict[Key, set[int]] = {}
    queries = 0
    for step in range(0, count, _POINTS):
        over = (times[step], times[min(step + _POINTS, count) - 1], rule.interval)
        queries += 1
        for one in ask(api, query, over=over)["result"] if over[1] > over[0] else ():
            labels = tuple(sorted((name, text) for name, text in one["metric"].items() if name != "__name__"))
            steps = (round((at - first) / rule.interval) for at, _value in one["values"])
            held.setdefault(labels, set()).update(place[each] for each in steps if each in place)
    return Conditions([times[step] for step in kept], held, queries)


def proposal_of(
    alert: str, rule: Rule, own: Iterable[str], conditions: Conditions, recorded: Sequence[Episode], attention: float
) -> dict[str, Any]:
    """Return what a change of the rule would have saved and cost, or why none is proposed.

    Args:
        alert: Its name.
        rule: As it is.
        own: Labels that the rule sets itself, which its expression does not give.
        conditions: When its expression had results.
        recorded: The episodes that Prometheus has recorded.
        attention: Episodes that last as long, in seconds, mattered: none of them may be missed.
    """
    found: dict[str, Any] = {"alert": alert, "queries": conditions.queries, "episodes": len(recorded)}
    now = conditions.episodes(rule)
    if differing := _differing(now, recorded, {*own, "alertname"}, rule.interval):
        return {**found, "refused": f"its expression over the window gives other episodes: {differing}"}
    tried = [replace(rule, hold=rule.hold + more) for more in _HOLDS]
    tried += [replace(rule, keep=keep) for keep in _KEEPS if keep > rule.keep]
    outcomes = [_outcome(rule, other, now, conditions.episodes(other), attention) for other in tried]
    good = [one for one in outcomes if not one["missed"] and one["saved"] >= max(_LEAST, _LEAST_SHARE * len(recorded))]
    if not good:
        return {**found, "refused": "no change saves enough without missing an episode that lasted"}
    return {**found, **max(good, key=lambda one: (one["saved"], -one["later_seconds"], -one["longer_seconds"]))}


def _differing(now: Mapping[Key, Sequence[Span]], recorded: Sequence[Episode], own: set[str], interval: float) -> str:
    """Return how the calculated episodes differ from the recorded ones, empty if they do not."""
    was: dict[Key, list[Episode]] = {}
    for one in recorded:
        key = tuple(sorted((name, text) for name, text in one.labels.items() if name not in own))
        was.setdefault(key, []).append(one)
    made = {tuple((name, text) for name, text in key if name not in own): spans for key, spans in now.items() if spans}
    if len(made) != len(was) or set(made) != set(was):
        return f"of {len(made)} alerts, and {len(was)} are recorded"
    for key, episodes in was.items():
        if len(made[key]) != len(episodes):
            return f"{len(made[key])} of {json.dumps(dict(key))}, and {len(episodes)} are recorded"
        for (begun, ended), one in zip(made[key], episodes):
            if max(abs(begun - one.start), abs(ended - one.end)) > interval and not (one.cut or one.unseen):
                lasted = f"{json.dumps(dict(key))} lasts from {begun:.0f} to {ended:.0f}"
                return f"one of {lasted}, and {one.start:.0f} to {one.end:.0f} is recorded"
    return ""


def _outcome(
    rule: Rule, other: Rule, now: Mapping[Key, Sequence[Span]], then: Mapping[Key, Sequence[Span]], attention: float
) -> dict[str, Any]:
    """Return what another rule would have made of the same conditions."""
    saved = sum(map(len, now.values())) - sum(map(len, then.values()))
    later, missed, longer = other.hold - rule.hold, 0, 0.0
    for key, spans in now.items():
        for begun, ended in spans:
            same = next((one for one in then[key] if one[1] >= begun and one[0] <= ended), None)
            if same is None:
                missed += ended - begun >= attention
            else:
                later = max(later, same[0] - begun)
        longer += max(0.0, sum(end - start for start, end in then[key]) - sum(end - start for start, end in spans))
    change = {"for": other.hold} if other.hold != rule.hold else {"keep_firing_for": other.keep}
    return {
        "change": {name: f"{seconds:.0f}s" for name, seconds in change.items()},
        "saved": saved,
        "missed": missed,
        "later_seconds": round(later),
        "longer_seconds": round(longer),
    }
