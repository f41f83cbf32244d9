# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What to do so that an incident does not come again, or is seen and answered sooner: by rule, from what is known."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .timeline import own_silences

__all__ = ["lessons"]

_OFTEN = 2  # earlier incidents of 30 days
_SLOW_TO_DETECT, _SLOW_TO_ANSWER = 600, 900  # seconds
_FLAPS = 3  # times that an alert fires again
_NO_HELP = ("failing", "unknown", "worse")


def lessons(found: Mapping[str, Any], incident: Mapping[str, Any]) -> list[str]:
    """Return a sentence for each rule that a post-mortem meets."""
    runs = [one for one in incident["events"] if one["kind"] == "verified" and one["acted"]]
    return [*_of_times(found, runs), *_of_runs(runs), *_of_alerts(incident)]


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
