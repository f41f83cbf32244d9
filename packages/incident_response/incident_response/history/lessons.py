# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What to do so that an incident does not come again, or is seen and answered sooner: by rule, from what is known."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ..decisions.guards import REFUSED, UNKNOWN
from .timeline import own_silences

__all__ = ["lessons"]

_OFTEN = 2  # earlier incidents of 30 days
_SLOW_TO_DETECT, _SLOW_TO_ANSWER = 600, 900  # seconds
_FLAPS = 3  # times that an alert fires again
_NO_HELP = ("failing", "worse")
_NO_DATA = "samples"  # which the reason of a verification without any names
# What to change about a guard that refuses. Nothing about one that found the alert to be gone.
_REFUSED = {
    "people": "see whether the window, the stop or the person who had it still had to keep automation away",
    "muted": "end the silence, or see to what inhibits the alert",
    "precheck": "see whether its `precheck` asks for what it needs, and has samples",
    "peers": "bring its peers back first, or lower `peers_up` in incident_response_guards",
    "cooldown": "see why it was needed again so soon, or shorten `cooldown` in its `limit`",
    "attempts": "file a problem about what comes back, or raise `attempts` in its `limit`",
    "at_once": "see why so many hosts need it, or raise `at_once` in its `limit`",
    "rate": "see what all these runs were for, or raise `runs_per_hour` in incident_response_guards",
    "own": "do it by hand, or have a Prometheus on another host verify it",
    "reach": "run runbook_targets.yml on the host, or let people do it",
    "lease": "see what else works on the host, and how often it may",
}


def lessons(found: Mapping[str, Any], incident: Mapping[str, Any]) -> list[str]:
    """Return a sentence for each rule that a post-mortem meets."""
    runs = [one for one in incident["events"] if one["kind"] == "verified" and one["acted"]]
    return [
        *_of_times(found, runs),
        *_of_runs(runs),
        *_of_verifications(incident),
        *_of_refusals(incident),
        *_of_what_has_no_runbook(found, incident),
        *_of_alerts(incident),
    ]


def _of_times(found: Mapping[str, Any], runs: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    earlier, seconds = len(found["recurrences"]), found["seconds"]
    if earlier >= _OFTEN:
        yield f"{found['cause']['name']} caused {earlier + 1} incidents in 30 days: file a problem, and solve it."
    if (seconds["to_detect"] or 0) - seconds["to_receive"] >= _SLOW_TO_DETECT:
        yield "Its condition held for ten minutes or more before an alert was active: see whether `for` may be shorter."
    if seconds["to_receive"] >= _SLOW_TO_DETECT:
        yield "The alert was active for ten minutes or more before it arrived: see why Alertmanager sent it late."
    alone = found["state"] == "closed" and seconds["to_acknowledge"] is None
    if alone and found["severity"] in {"critical", "high"} and not any(one["outcome"] == "recovered" for one in runs):
        yield "Nobody acknowledged it: see whom its alerts notify, or lower their severity."
    elif (seconds["to_acknowledge"] or 0) >= _SLOW_TO_ANSWER:
        yield "It took 15 minutes or more until somebody answered: see whom its alerts notify, and when."
    if names := sorted({one["of"] for one in (found["changes"] or {"found": ()})["found"] if one["of"]}):
        yield f"{', '.join(names)} was changed shortly before it: see whether that caused it, and test for that."
    if any(one["at"] < found["times"]["received"] for one in found["reports"]):
        yield "Users reported it before an alert did: add an alert on what they saw."


def _of_runs(runs: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for name in dict.fromkeys(one["runbook"] for one in runs if one["outcome"] in _NO_HELP):
        yield f"The runbook {name} did not help: see what its steps did, and repair it or lower its level."


def _of_verifications(incident: Mapping[str, Any]) -> Iterator[str]:
    """Yield what to do about runs of which nobody knows whether they helped, or would have."""
    ended = [one for one in incident["events"] if one["kind"] == "verified" and one["outcome"] == "unknown"]
    for name in dict.fromkeys(one["runbook"] for one in ended if _NO_DATA in one["reason"]):
        yield (
            f"The verification of {name} had no data: have its metric scraped also while the target is down, or let it"
            " ask for another one."
        )
    for one in {one["runbook"]: one for one in ended if one["acted"] and _NO_DATA not in one["reason"]}.values():
        yield f"Whether {one['runbook']} helped is unknown ({one['reason']}): see to that before you trust it."


def _of_refusals(incident: Mapping[str, Any]) -> Iterator[str]:
    """Yield what to change about guards that kept a runbook from an alert until its end."""
    decided = [one for one in incident["decisions"] if one["level"] != "manual"]
    ran = {(one["alert"], one["runbook"]) for one in decided if one["allowed"]}
    told: dict[tuple[str, str], str] = {}
    for one in decided:
        refused = [each for each in one["attempts"] if each["outcome"] == REFUSED]
        answers = [("lease", f"{each['host']}: {each['reason']}") for each in refused]
        if (one["alert"], one["runbook"]) not in ran:
            guards = (each for each in one["guards"] if each["answer"] == REFUSED)
            answers += [(each["guard"], each["reason"]) for each in guards]
            answers += [("target", one["target"])] if one.get("target") else []
        for guard, reason in answers:
            told.setdefault((one["runbook"], guard), reason)
    for (runbook, guard), reason in told.items():
        if guard == "target":
            yield f"{runbook} had no host to act on ({reason}): repair the labels of the alert, or its `target`."
        elif what := _REFUSED.get(guard, "see that a Prometheus answers" if reason == UNKNOWN else ""):
            yield f"The guard {guard} refused {runbook} ({reason.rstrip('.')}): {what}."


def _of_what_has_no_runbook(found: Mapping[str, Any], incident: Mapping[str, Any]) -> Iterator[str]:
    """Yield a runbook to write for the cause: what follows from it has gone with it."""
    (cause,) = [one for one in incident["alerts"] if one["id"] == found["cause"]["alert"]]
    name = cause["labels"].get("alertname")
    decided = any(one["alert"] == cause["id"] for one in incident["decisions"])
    if name and not decided and cause["labels"].get("severity") != "info":
        yield (
            f"Automation has no runbook for {name}: if the same steps help each time, write one with the matcher"
            f" alertname={json.dumps(name, ensure_ascii=False)}, at the level `observe` first, or `manual` with the"
            " command."
        )


def _of_alerts(incident: Mapping[str, Any]) -> Iterator[str]:
    again = [one["alert"] for one in incident["events"] if one["kind"] == "fires_again"]
    own = own_silences(incident)
    silenced = (one for one in incident["events"] if one["kind"] == "muted" and not own.issuperset(one["silenced_by"]))
    muted = {one["alert"] for one in silenced}
    for one in incident["alerts"]:
        name = one["labels"].get("alertname") or one["fingerprint"]
        if again.count(one["id"]) >= _FLAPS:
            yield f"{name} fired again {again.count(one['id'])} times: give its rule a longer `for`."
        if one["id"] in muted:
            yield f"{name} was silenced: end the silence if it is not needed, or repair the rule."
        if not one["annotations"].get("runbook_url"):
            yield f"{name} has no runbook: write one, and name it in the annotation runbook_url."
        if not one["labels"].get("team"):
            yield f"{name} has no team: add the label, or only those of every team see it."
