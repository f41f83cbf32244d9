# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which alerts tire people, from what Prometheus has recorded."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from .._api.durations import duration, instant
from .._api.plan import PlanError
from .._http.session import Api, Session
from .._prometheus.client import prometheus_api
from .episodes import Episode, Rule, Span, episodes_of, gaps_of, interval_of
from .figures import Habits, by_hour, by_rule, by_team
from .proposals import conditions_of, proposal_of
from .reading import Recorded, alerting_rules, has_series, recorded, shown
from .selectors import selectors_of
from .together import together

__all__ = ["Question", "fatigue", "question_of", "summary"]

_FOR_NOBODY = "none"
# Of so many episodes, and such a share of all, people may be tired.
_TIRING, _TIRING_SHARE = 3, 0.2

Rules = Sequence[tuple[str, Mapping[str, Any], Rule]]
History = tuple[list[Span], list[Episode]]


@dataclass(frozen=True)
class Question:
    """What is asked: a window in seconds since 1970, which alerts, what counts as what, and what may be read."""

    window: Span
    alerts: Sequence[str]
    habits: Habits
    together: float
    heartbeat: str
    max_samples: int
    back_test: bool


def question_of(parameters: Mapping[str, Any], now: datetime) -> Question:
    """Return the question of a module's options. Raises PlanError."""
    start, end = (instant(parameters[name], name, now=now).timestamp() for name in ("start", "end"))
    if end <= start:
        raise PlanError(f"end {parameters['end']!r} is not after start {parameters['start']!r}: give an earlier start.")
    attention, flapping, near = (
        duration(parameters[name], name).total_seconds() for name in ("attention", "flapping", "together")
    )
    if parameters["max_samples"] < 1:
        raise PlanError(f"max_samples {parameters['max_samples']} must be at least 1.")
    try:
        zone = ZoneInfo(parameters["timezone"])
    except (ValueError, OSError, KeyError):
        raise PlanError(
            f"timezone {parameters['timezone']!r} is unknown on this host: write one like Europe/Berlin, or UTC."
        ) from None
    habits = Habits(attention, flapping, zone)
    chosen, heartbeat, most = (parameters[name] for name in ("alerts", "heartbeat", "max_samples"))
    return Question((start, end), chosen, habits, near, heartbeat, most, parameters["back_test"])


def fatigue(session: Session, question: Question, replicas: Sequence[str]) -> dict[str, Any]:
    """Return the analysis as the documentation of the module has it. Raises PlanError and HttpError."""
    rules = alerting_rules(prometheus_api(session))
    _refuse_unknown(question.alerts, rules)
    first = found = recorded(prometheus_api(session), question.window, question.heartbeat, question.max_samples)
    for url in replicas:
        other = Session(replace(session.endpoint, url=url))
        found = found.with_other(
            recorded(prometheus_api(other), question.window, question.heartbeat, question.max_samples)
        )
        other.close()
        session.requests += other.requests
        session.connections += other.connections
    gaps, episodes = _history(found, rules, question)
    habits, (start, end) = question.habits, question.window

    def own() -> History:
        """Return what one Prometheus has recorded, as a back-test asks one."""
        return (gaps, episodes) if found is first else _history(first, rules, question)

    fired = {one.labels.get("alertname", "") for one in episodes}
    figures = [{**one, "query": _query(one["alert"])} for one in by_rule(episodes, habits)]
    return {
        "window": {
            "start": shown(start),
            "end": shown(end),
            "seconds": round(end - start),
            "timezone": str(habits.zone),
            "attention": habits.attention,
            "flapping": habits.flapping,
            "together": question.together,
        },
        "coverage": {
            "sources": [session.endpoint.url, *replicas],
            "samples": found.samples,
            "queries": found.queries,
            "gaps": [{"start": shown(begun), "end": shown(ended)} for begun, ended in gaps],
            "notes": _notes(found, gaps, question),
        },
        "rules": figures,
        "hours": by_hour(episodes, habits),
        "teams": by_team(episodes, habits, end - start),
        "together": together(episodes, question.together),
        "silent": _silent(prometheus_api(session), rules, fired, question),
        "proposals": _proposals(prometheus_api(session), rules, own(), question) if question.back_test else [],
    }


def summary(analysis: Mapping[str, Any]) -> str:
    """Return the analysis in one sentence."""
    rules = analysis["rules"]
    total, short, night = (sum(one[name] for one in rules) for name in ("episodes", "short", "at_night"))
    often = f" Most often: {rules[0]['alert']} ({rules[0]['episodes']})." if rules else ""
    notes = "".join(f" {note}" for note in analysis["coverage"]["notes"])
    return (
        f"{total} episodes of {len(rules)} alerts from {analysis['window']['start']} to {analysis['window']['end']}: "
        f"{short} were over before anybody could act, {night} began at night.{often}{notes}"
    )


def _history(found: Recorded, rules: Rules, question: Question) -> History:
    """Return when nothing was recorded, and the episodes of what is asked about."""
    gaps = gaps_of(found.beats, question.window)
    known: dict[str, Rule] = {}
    for _group, rule, timing in rules:
        # Of several rules with one name, the slowest: none of its episodes is taken for two.
        before = known.get(rule["name"], timing)
        known[rule["name"]] = Rule(max(before.interval, timing.interval), max(before.hold, timing.hold))
    episodes: list[Episode] = []
    for key, times in found.firing.items():
        labels = json.loads(key)
        name = labels.get("alertname", "")
        if labels.get("severity") != _FOR_NOBODY and (not question.alerts or name in question.alerts):
            timing = known.get(name) or Rule(interval_of(times))  # one that is no more has no interval
            episodes += episodes_of(labels, times, timing, gaps, question.window)
    return gaps, sorted(episodes, key=lambda one: (one.start, json.dumps(one.labels)))


def _proposals(api: Api, rules: Rules, own: History, question: Question) -> list[dict[str, Any]]:
    """Return what changes of rules would have saved, of those that often fire too short to act on, or flap."""
    gaps, episodes = own
    tiring = {
        one["alert"]
        for one in by_rule(episodes, question.habits)
        if max(one["short"], one["flaps"]) >= max(_TIRING, _TIRING_SHARE * one["episodes"])
    }
    names = Counter(rule["name"] for _group, rule, _timing in rules)
    found = []
    for _group, rule, timing in rules:
        name = rule["name"]
        if name in tiring and names[name] == 1:
            fired = [one for one in episodes if one.labels.get("alertname") == name]
            conditions = conditions_of(api, rule["query"], timing, question.window, fired[0].start, gaps)
            labels = rule.get("labels", {})
            found.append(proposal_of(name, timing, labels, conditions, fired, question.habits.attention))
    return sorted(found, key=lambda one: (-one.get("saved", 0), one["alert"]))


def _refuse_unknown(alerts: Sequence[str], rules: Rules) -> None:
    names = {rule["name"] for _group, rule, _timing in rules}
    if unknown := sorted({*alerts} - names):
        raise PlanError(f"Prometheus has no alerting rule {', '.join(map(repr, unknown))}: correct alerts.")


def _silent(api: Api, rules: Rules, fired: set[str], question: Question) -> list[dict[str, Any]]:
    """Return the rules that did not fire, with what they ask for and nobody has recorded."""
    is_known = cache(lambda selector: has_series(api, selector, question.window))
    found = [
        {
            "alert": rule["name"],
            "group": group,
            "health": rule.get("health", "unknown"),
            "error": rule.get("lastError", ""),
            "query": rule["query"],
            "missing": [one for one in selectors_of(rule["query"]) if not is_known(one)],
        }
        for group, rule, _timing in rules
        if rule["name"] not in fired
        and rule.get("labels", {}).get("severity") != _FOR_NOBODY
        and (not question.alerts or rule["name"] in question.alerts)
    ]
    return sorted(found, key=lambda one: (not one["missing"], one["alert"], one["group"]))


def _notes(found: Recorded, gaps: Sequence[Span], question: Question) -> list[str]:
    notes = []
    if not found.beats:
        notes.append(
            f"Prometheus has no samples of the heartbeat {question.heartbeat}: times in which it was down are unknown, "
            "and end episodes."
        )
    if gaps:
        share = sum(end - start for start, end in gaps) / (question.window[1] - question.window[0])
        notes.append(f"Nothing was recorded for {share:.1%} of the window: what began and ended then is unknown.")
    return notes


def _query(alert: str) -> str:
    return f'ALERTS{{alertname={json.dumps(alert, ensure_ascii=False)},alertstate="firing"}}'
