# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Alert rules of Grafana, in groups that are evaluated together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Callable
from urllib.parse import quote

from ..._api.order import in_order
from ..._api.plan import PlanError, by_key
from ..._api.resource import Plan, Step
from ..._http.session import Answer
from ..titles import EXACT
from .objects import PROVISIONING, AlertingApi, Entry, Scope, duration, path_of
from .rule import checked_rule, data_sources, found_rule, wanted_rule

__all__ = ["apply", "plan"]

# The only listing with the interval of each group.
_LISTING = "/api/ruler/grafana/api/v1/rules"
_SCHEDULER = 10  # seconds: Grafana evaluates at multiples of it
_Group = tuple[str, str]


def plan(
    api: AlertingApi, listed: Sequence[Mapping[str, Any]], scope: Scope, *, missing: Callable[[str], None]
) -> Plan:
    """Return the plan for rules and for the intervals of their groups.

    A rule is identified by its uid, or without one by folder and title. Rules of others stay, also in a listed group.

    Args:
        api: What is asked.
        listed: The groups.
        scope: The scope of the task.
        missing: Gets a sentence for each folder or data source that does not exist.

    Raises PlanError, by place, for what Grafana would accept and never evaluate.
    """
    by_key(listed, _group_label, option="rule_groups", what="rule group")
    intervals = {(group["folder_uid"], group["name"]): _interval(group) for group in listed}
    wanted = _wanted(listed, scope)
    there = {entry.address: entry for entry in _listing(api)}
    found = _matched(wanted, there, scope)
    rules = scope.planned(wanted, found)
    _check_places(api, rules.steps, there.values(), missing)
    # Deletions first: a new rule may have the title of a deleted one.
    ordered = in_order(sorted(rules.steps, key=lambda step: step.action != "delete"), found, EXACT)
    groups = () if scope.absent else _interval_steps(intervals, ordered, there.values(), scope)
    return Plan((*ordered, *groups), rules.kept)


def apply(api: AlertingApi, step: Step) -> None:
    """Make one change."""
    entry = step.after or step.before
    if "interval" in entry.seen:
        _set_interval(api, step)
    elif step.action == "create":
        api.apply("POST", path_of("alert-rules"), step, entry.body)
    elif step.action == "update":
        api.apply("PUT", path_of("alert-rules", step.before.address), step, entry.body)
    else:
        api.apply("DELETE", path_of("alert-rules", entry.address), step)


def _group_label(group: Mapping[str, Any]) -> str:
    return f"{group['folder_uid']}/{group['name']}"


def _interval(group: Mapping[str, Any]) -> int:
    where = f"The rule group {_group_label(group)!r}: interval"
    seconds, rest = divmod(duration(group["interval"], where), 1000)
    if rest or seconds <= 0 or seconds % _SCHEDULER:
        raise PlanError(f"{where} is {group['interval']!r}, but must be a multiple of {_SCHEDULER}s.")
    return seconds


def _wanted(listed: Iterable[Mapping[str, Any]], scope: Scope) -> dict[str, Entry]:
    entries: list[tuple[str, Entry]] = []
    for index, group in enumerate(listed):
        for number, rule in enumerate(group["rules"]):
            where = f"rule_groups[{index}].rules[{number}]"
            if not scope.absent:
                checked_rule(rule, where)
            elif not (rule.get("uid") or rule.get("title")):
                raise PlanError(f"{where} needs a uid or a title.")
            entries.append((where, wanted_rule(rule, group["folder_uid"], group["name"], scope.ownership.owner)))
    for what, key in (("alert rule", _label), ("alert rule with the uid", lambda entry: entry.address)):
        _refuse_repeated(entries, key, what)
    return {f"alert rule {_label(entry)!r}": entry for _place, entry in entries}


def _refuse_repeated(entries: Iterable[tuple[str, Entry]], key: Callable[[Entry], str], what: str) -> None:
    places: dict[str, str] = {}
    for place, entry in entries:
        name = key(entry)
        if name and name in places:
            raise PlanError(f"{places[name]} and {place} are both the {what} {name!r}.")
        places[name] = place


def _label(entry: Entry) -> str:
    return f"{entry.body['folderUID']}/{entry.body.get('title') or entry.address}"


def _listing(api: AlertingApi) -> Iterator[Entry]:
    for groups in api.read(_LISTING, "list the alert rules").values():
        for group in groups:
            yield from (found_rule(rule) for rule in group["rules"] if rule.get("grafana_alert"))


def _matched(wanted: Mapping[str, Entry], there: Mapping[str, Entry], scope: Scope) -> dict[str, Entry]:
    """Return the existing rules by the keys of the wanted ones.

    Raises PlanError for a title that another rule has, unless that one belongs to this list and will be deleted.
    """
    titles = {_label(entry): entry for entry in there.values()}
    found: dict[str, Entry] = {}
    for key, entry in wanted.items():
        namesake = titles.get(_label(entry))
        match = there.get(entry.address) if entry.address else namesake
        if match:
            found[key] = match
        elif namesake and not ((scope.prune or scope.absent) and scope.ownership.owns([namesake.owner])):
            raise PlanError(
                f"The {key} has the uid {entry.address!r}, but its folder has a rule of that title with the "
                f"uid {namesake.address!r}. Use that uid or none, or choose another title."
            )
    taken = {entry.address for entry in found.values()}
    others = [entry for entry in there.values() if entry.address not in taken]
    found.update({f"alert rule {_label(entry)!r} (uid {entry.address})": entry for entry in others})
    return found


def _check_places(
    api: AlertingApi, steps: Iterable[Step], there: Iterable[Entry], missing: Callable[[str], None]
) -> None:
    """Report folders and data sources that do not exist. Grafana would not, and such a rule never fires."""
    known = {entry.body["folderUID"] for entry in there}
    writes = [step for step in steps if step.after]
    for folder in sorted({step.after.body["folderUID"] for step in writes} - known):
        if not api.exists(f"/api/folders/{quote(folder, safe='')}", f"look for the folder {folder!r}"):
            missing(f"There is no folder with the uid {folder!r} for the listed alert rules.")
    if not any(data_sources(step.after.body) for step in writes):
        return
    sources = {source["uid"] for source in api.read("/api/datasources", "list the data sources of alert rules")}
    for step in writes:
        for uid in sorted(data_sources(step.after.body) - sources):
            missing(f"The {step.key} queries the data source {uid!r}, which does not exist.")


def _interval_steps(
    intervals: Mapping[_Group, int], steps: Iterable[Step], there: Iterable[Entry], scope: Scope
) -> Iterator[Step]:
    """Yield the steps that set intervals, also where a rule moves into a group from one with another interval."""
    kind = scope.resource({}, {})
    changed = {step.before.address for step in steps if step.before}
    stay = [(_place(entry), entry) for entry in there if entry.address not in changed]
    stay += [(_place(step.after), step.before) for step in steps if step.before and step.after]
    filled = {_place(step.after) for step in steps if step.after}
    for group, wanted in intervals.items():
        inside = [entry for place, entry in stay if place == group]
        others = sorted({entry.body["interval"] for entry in inside} - {wanted})
        if others or (group in filled and not inside):
            before = Entry({"interval": others[0]}, {}) if others else None
            locked = any(entry.provenance for entry in inside)
            after = Entry({"interval": wanted}, {"group": group, "locked": locked})
            yield Step("update" if others else "create", f"rule group '{group[0]}/{group[1]}'", before, after, kind)


def _place(entry: Entry) -> _Group:
    return entry.body["folderUID"], entry.body["ruleGroup"]


def _set_interval(api: AlertingApi, step: Step) -> None:
    folder, name = step.after.body["group"]
    path = f"{PROVISIONING}/folder/{quote(folder, safe='')}/rule-groups/{quote(name, safe='')}"
    # Read and written as a whole, because a rule that is left out of a group is deleted from it.
    group, wanted = api.read(path, f"read the {step.key}"), step.after.seen["interval"]

    def outcome() -> Answer | None:
        return Answer.of({}) if api.read(path, f"read the {step.key}")["interval"] == wanted else None

    if group["interval"] != wanted or step.action == "update":
        attempt, body = f"set the interval of the {step.key}", {**group, "interval": wanted}
        api.looking(outcome).write("PUT", path, attempt, body, locked=step.after.body["locked"])
