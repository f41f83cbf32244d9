"""Groups of alert rules: recorded in 10-rule-groups.json, and the listing of all of them in 11-ruler.json."""

from __future__ import annotations

from .access import VIEWER, Need
from .alerting_config import refused
from .alerting_rule_records import (
    NO_RULE,
    READ,
    WRITE,
    Rule,
    add_rule,
    check_clash,
    parsed_rule,
    provenance_after,
    put_rule,
    rules_inside,
    shown_rule,
)
from .alerting_text import addressed, duration, go_duration
from .routing import Call, Routes
from .store import instant, new_uid

__all__ = ["routes"]

routes = Routes()

_READ_RULES = Need("alert.rules:read", VIEWER)
_GROUP = "/api/v1/provisioning/folder/<folder>/rule-groups/<group:path>"


@routes.get(_GROUP, needs=READ)
def get_group(call: Call) -> object:
    """Return a group with its rules."""
    rules = rules_inside(call, addressed(call, "folder"), addressed(call, "group"))
    if not rules:
        raise refused("rulegroup not found", 404)
    shown = [shown_rule(rule, provenance=call.settings.newer) for rule in rules]
    return _group(call, int(rules[0]["interval"]), shown)


def _group(call: Call, interval: int, rules: object) -> Rule:
    return {
        "title": addressed(call, "group"),
        "folderUid": addressed(call, "folder"),
        "interval": interval,
        "rules": rules,
    }


@routes.put(_GROUP, needs=WRITE)
def put_group(call: Call) -> object:
    """Set the interval of a group, and its rules when there are any: those left out are removed."""
    body = call.json(rules=list, interval=int)
    interval, given = int(body.get("interval") or 0), body.get("rules")
    if interval <= 0 or interval % 10:
        told = f"interval ({go_duration(interval)}) should be non-zero and divided exactly by scheduler interval: 10"
        raise refused(f"invalid alert rule: {told}")
    rules = [{"id": 0, "updated": "0001-01-01T00:00:00Z", **rule, **parsed_rule(call, rule)} for rule in given or ()]
    there = {rule["uid"]: rule for rule in rules_inside(call, addressed(call, "folder"), addressed(call, "group"))}
    for rule in rules:
        _write_member(call, rule, there)
    for uid in there.keys() - {rule["uid"] for rule in rules} if rules else ():
        call.store.delete(call.org, "alert_rule", uid)
    for rule in rules_inside(call, addressed(call, "folder"), addressed(call, "group")):
        put_rule(call.store, call.org, {**rule, "interval": interval, "version": rule["version"] + 1})
    return _group(call, interval, None if given is None else [{**rule, "orgID": call.org} for rule in rules])


def _write_member(call: Call, rule: Rule, there: dict[str, Rule]) -> None:
    place = {"folderUID": addressed(call, "folder"), "ruleGroup": addressed(call, "group")}
    whole = {**{name: value for name, value in rule.items() if name != "id"}, **place, "updated": instant()}
    before = there.get(rule["uid"]) or call.store.get(call.org, "alert_rule", rule["uid"])
    if before:
        whole = {**before, **whole, "id": before["id"], "provenance": provenance_after(call, before["provenance"])}
        put_rule(call.store, call.org, whole)
        return
    if rule["uid"] and not call.settings.newer:
        told = f"failed to update rule with UID {rule['uid']} because {NO_RULE}"
        raise refused(f"failed to calculate diff for alert rules: {told}", 500)
    check_clash(call, {**rule, **place}, "failed to insert alert rules: ")
    add_rule(call.store, call.org, {**whole, "uid": rule["uid"] or new_uid(), "provenance": provenance_after(call)})


@routes.get("/api/ruler/grafana/api/v1/rules", needs=_READ_RULES)
def list_groups(call: Call) -> object:
    """Return the groups of every folder, by the folder's title."""
    listed: dict[str, list[Rule]] = {}
    dashboard = call.query.get("dashboard_uid")
    for folder in call.store.all(call.org, "folder") if not dashboard else ():
        rules = [rule for rule in call.store.all(call.org, "alert_rule") if rule["folderUID"] == folder["uid"]]
        for group in sorted({str(rule["ruleGroup"]) for rule in rules}):
            inside = [rule for rule in rules if rule["ruleGroup"] == group]
            members = [_member(call, rule, folder) for rule in inside]
            interval = duration(f"{inside[0]['interval']}s")
            listed.setdefault(folder["title"], []).append({"name": group, "interval": interval, "rules": members})
    return listed


def _member(call: Call, rule: Rule, folder: Rule) -> Rule:
    names = {
        "noDataState": "no_data_state",
        "execErrState": "exec_err_state",
        "orgID": "orgId",
        "isPaused": "is_paused",
    }
    inner: tuple[str, ...] = (
        "id",
        "uid",
        "orgID",
        "title",
        "condition",
        "data",
        "noDataState",
        "execErrState",
        "isPaused",
    )
    inner += ("notification_settings", "record", "updated", "version")
    alert = {names.get(name, name): rule[name] for name in inner if name in rule}
    where = {"namespace_uid": folder["uid"], "namespace_id": folder["id"], "rule_group": rule["ruleGroup"]}
    alert |= {**where, "intervalSeconds": rule["interval"]}
    alert |= {"provenance": rule["provenance"]} if rule["provenance"] else {}
    outer: Rule = {name: rule[name] for name in ("for", "keep_firing_for", "labels", "annotations") if name in rule}
    return {"expr": "", **outer, "grafana_alert": alert}
