# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The events of an incident as sentences. Texts of alerts and of people stay data: each format escapes them itself."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any

from ..decisions.runbook import ACTING, acts
from ..runs.moves import ROLLBACK

__all__ = ["Entry", "because", "decided", "own_silences", "timeline"]

# Repetitions of what is known: they are in the journal, and say nothing to people.
_NOISE = frozenset({"late", "mismatched", "moved", "repeated", "unknown"})
_OF_ALERTS = {
    "opened": "{alert} fires",
    "resolved": "{alert} is resolved",
    "fires_again": "{alert} fires again: {reason}",
    "muted": "{alert} is {muted}",
    "unmuted": "{alert} is neither silenced nor inhibited any more",
    "closed": "{alert} is gone: {reason}",
    "incident_closed": "The incident is closed: {reason}",
}
_OF_PEOPLE = {
    "acknowledged": "{by} acknowledged the incident",
    "taken_over": "{by} took over the incident",
    "handed_over": "{by} handed the incident over to {to}",
    "released": "{by} released the incident, which {from} had",
    "noted": "{by} wrote a note",
    "approved": "{by} approved {step}",
    "stop_wanted": "{by} stopped the run of {runbook}",
}
_VERIFICATIONS = ("verified", "step_verified")
_OF_STEPS = ("approval_wanted", "approved", "step_ended")
_OWN = frozenset({"at", "kind", "source", "alert"})  # what every event has


@dataclass(frozen=True)
class Entry:
    """What happened at a time, in a sentence, and a text if somebody or something wrote one.

    Its group is alert, person, decision, or automation for what was done.
    """

    at: str
    group: str
    what: str
    text: str


def timeline(incident: Mapping[str, Any]) -> list[Entry]:
    """Return the events of an incident, and the reports of its users, in the order of their times."""
    names = {one["id"]: one["labels"].get("alertname", "") or one["fingerprint"] for one in incident["alerts"]}
    own = own_silences(incident)
    decisions = {one["decision"]: one for one in incident["decisions"]}
    events = [
        {**event, **_of_decision(event, decisions)} for event in incident["events"] if event["kind"] not in _NOISE
    ]
    found = [_entry(event, names, own) for event in events]
    found += [
        Entry(one["at"], "person", f"A report of a user of {one['service']}, by {one['by']}", one["text"])
        for one in incident["reports"]
    ]
    return sorted(found, key=lambda entry: entry.at)


def own_silences(incident: Mapping[str, Any]) -> set[str]:
    """Return the ids of the silences by which runs that have ended kept an alert from people."""
    return {number for one in incident["events"] if one["kind"] == "verified" for number in one.get("silences", ())}


def _of_decision(event: Mapping[str, Any], decisions: Mapping[int, Mapping[str, Any]]) -> dict[str, Any]:
    """Return what an event of a run leaves to its decision; one of an earlier release may lack it.

    That is what a verification saw before the run, whether the run acts, or how people call a step.
    """
    kind = event["kind"]
    if kind in _VERIFICATIONS:
        decision = decisions[event["decision"]]
        return {
            **{key: decision.get(key) for key in ("good_before", "bad_before")},
            "acts": acts(decision["level"], decision.get("plan")),
        }
    return {"called": _called(event, decisions.get(event["decision"], {}))} if kind in _OF_STEPS else {}


def _called(event: Mapping[str, Any], decision: Mapping[str, Any]) -> str:
    """Return a step as people know it, such as restart_service on web1; the attempt if its decision does not say."""
    number, plan = event["step"], decision.get("plan", ())
    step = plan[number - 1] if 0 < number <= len(plan) else decision.get("rollback") if number == ROLLBACK else None
    return f"{step['step']} on {event.get('host') or ', '.join(decision['hosts'])}" if step else str(event["attempt"])


def _entry(event: Mapping[str, Any], names: Mapping[int, str], own: AbstractSet[str]) -> Entry:
    kind, by = event["kind"], event["source"].removeprefix("user ")
    told = {"alert": names.get(event["alert"], ""), "by": by, "muted": _muted(event, own)}
    told |= {key: str(value) for key, value in event.items() if key in {"reason", "to", "from", "runbook"}}
    told |= {"step": event.get("called", "")}
    text = str(event.get("text", ""))
    if kind == "onset":
        return _onset(event, told["alert"])
    for group, sentences in (("alert", _OF_ALERTS), ("person", _OF_PEOPLE)):
        if kind in sentences:
            return Entry(event["at"], group, sentences[kind].format_map(defaultdict(str, told)), text)
    if kind in _OF_DECISIONS:
        command = event.get("command", "")
        return Entry(event["at"], "decision", _OF_DECISIONS[kind](event), f"By hand: {command}" if command else text)
    if kind in _OF_AUTOMATION:
        return Entry(event["at"], "automation", _OF_AUTOMATION[kind](event), text)
    details = {key: value for key, value in event.items() if key not in _OWN and value not in (None, "", [], {})}
    listed = ", ".join(f"{key.replace('_', ' ')}: {_word(value)}" for key, value in details.items() if key != "text")
    what = kind.replace("_", " ").capitalize()
    return Entry(event["at"], "automation", f"{what} ({listed})" if listed else what, text)


def _onset(event: Mapping[str, Any], alert: str) -> Entry:
    """Return the onset of an alert, which was found out later than it was."""
    if onset := event.get("onset"):
        return Entry(onset, "alert", f"Onset of {alert}: its condition holds from here on", "")
    return Entry(event["at"], "alert", f"The onset of {alert} is unknown: {event['unknown']}", "")


def _scored(event: Mapping[str, Any]) -> str:
    return f"Its priority is {event['priority']}, its score {event['score']}"


def decided(event: Mapping[str, Any]) -> str:
    """Return what was decided about a runbook, and every reason against it."""
    if event["allowed"]:
        done = "is to be run" if acts(event["level"], event.get("plan")) else "would be run"
        return f"{event['runbook']} {done} on {', '.join(event['hosts'])}"
    refused = [one["reason"] for one in event["guards"] if one["answer"] == "refused"]
    done = "is not run" if event["level"] in ACTING else "would not be run"
    return f"{event['runbook']} {done}: {'; '.join(refused) or event['target']}"


def _verified(event: Mapping[str, Any]) -> str:
    if event["acted"]:
        return f"The run of {event['runbook']} ended as {_outcome(event)}"
    if event["acts"]:
        return f"The run of {event['runbook']} ended before its first step, as {_outcome(event)}"
    return f"{event['runbook']} was not run, and would be verified as {_outcome(event)}"


def _outcome(event: Mapping[str, Any]) -> str:
    """Return how a verification ended, and how many series were bad before the run and in its last sample."""
    told = f"{event['outcome']}: {event['reason']}"
    if "bad" not in event:
        return told
    before, after = (_bad(event, suffix) for suffix in ("_before", ""))
    return f"{told} (before: {before}; after: {after})"


def _bad(event: Mapping[str, Any], suffix: str) -> str:
    good, bad = event[f"good{suffix}"], event[f"bad{suffix}"]
    if bad is None:
        return "not known"
    if good is None:
        return f"{bad} series bad"
    return f"{bad} of {good + bad} series bad" if good + bad else "no samples"


def _wanted(event: Mapping[str, Any]) -> str:
    return f"{event['called']} waits for an approval until {event['until'][:19].replace('T', ' ')} UTC"


def _dry_run(event: Mapping[str, Any]) -> str:
    step, outcome = f"Check mode: {event['name']} on {event['host']}", _DRY_OUTCOMES[event["outcome"]]
    return f"{step} {outcome}: {event['reason']}" if event["reason"] else f"{step} {outcome}"


def _step_ended(event: Mapping[str, Any]) -> str:
    outcome = _OUTCOMES[event["outcome"]]
    return f"{event['called']} {outcome}: {event['reason']}" if event["reason"] else f"{event['called']} {outcome}"


def _escalated(event: Mapping[str, Any]) -> str:
    """Return that people have to see to it, and who gets the alert about it, if a path says so."""
    told = f"People have to see to it: {event['reason']}"
    if not event.get("path"):
        return told
    first, *others = event["path"]
    path = [first["receiver"], *(f"{one['receiver']} after {one['after'] / 60:g} min" for one in others)]
    return f"{told}; the alert goes to {', then to '.join(path)}"


_OF_DECISIONS: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "scored": _scored,
    "decided": decided,
    "verified": _verified,
    "dry_run": _dry_run,
    "approval_wanted": _wanted,
}
_DRY_OUTCOMES = {
    "done": "would be done",
    "failed": "would fail",
    "refused": "would be refused",
    "unknown": "gave no result",
    "skipped": "was left out",
}
_OUTCOMES = {
    "done": "is done",
    "failed": "failed",
    "refused": "was refused",
    "cancelled": "was cancelled",
    "unknown": "ended unknown",
}
_OF_AUTOMATION: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "step_started": lambda event: f"{event['name']} starts on {event['host']}, as {event['attempt']}",
    "step_ended": _step_ended,
    "step_verified": lambda event: f"Step {event['step']} is verified as {_outcome(event)}",
    "worsened": lambda event: f"No further step starts, as it is worse: {event['reason']}",
    "escalated": _escalated,
}


def because(term: Mapping[str, Any]) -> str:
    """Return what a term of a score is made of."""
    if unknown := term.get("unknown"):
        return f"unknown: {unknown}"
    details = {key: value for key, value in term.items() if key != "points" and value not in ("", [])}
    return ", ".join(f"{key.replace('_', ' ')}: {_word(value)}" for key, value in details.items())


def _muted(event: Mapping[str, Any], own: AbstractSet[str]) -> str:
    found = [
        f"{verb} by {', '.join('automation, which works on it' if one in own else one for one in event[key])}"
        for verb, key in (("silenced", "silenced_by"), ("inhibited", "inhibited_by"))
        if event.get(key)
    ]
    return " and ".join(found) or "muted"


def _word(value: Any) -> str:
    if isinstance(value, Mapping):
        return " ".join(f"{key}={_word(one)}" for key, one in value.items())
    if isinstance(value, Sequence) and not isinstance(value, str):
        return " ".join(map(_word, value))
    return str(value)
