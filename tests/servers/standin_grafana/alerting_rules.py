"""Alert rules, one at a time: recorded in 09-alert-rules.json and 09b-alert-rules-more.json."""

from __future__ import annotations

from .alerting_config import refused
from .alerting_rule_records import (
    CONFLICT,
    NO_RULE,
    READ,
    WRITE,
    Rule,
    add_rule,
    check_clash,
    check_rule,
    interval_of,
    parsed_rule,
    place_of,
    provenance_after,
    put_rule,
    shown_rule,
)
from .alerting_text import addressed
from .answers import Answer, Refusal
from .folders import KEEPERS
from .routing import Call, Routes
from .store import instant, new_uid

__all__ = ["routes"]

routes = Routes()


@routes.get("/api/v1/provisioning/alert-rules", needs=READ)
def list_rules(call: Call) -> object:
    """Return all rules, by folder and group."""
    rules = sorted(call.store.all(call.org, "alert_rule"), key=place_of)
    return [shown_rule(rule, provenance=call.settings.newer) for rule in rules]


@routes.get("/api/v1/provisioning/alert-rules/<uid:path>", needs=READ)
def get_rule(call: Call) -> object:
    """Return one rule."""
    rule = call.store.get(call.org, "alert_rule", addressed(call, "uid"))
    if rule is None:
        raise refused(NO_RULE, 500)
    return shown_rule(rule)


@routes.post("/api/v1/provisioning/alert-rules", needs=WRITE)
def create_rule(call: Call) -> object:
    """Make a rule. Its folder, condition and data sources are not looked at."""
    rule = parsed_rule(call, call.value())
    check_rule(rule)
    rule["uid"] = rule["uid"] or new_uid()
    if call.store.get(call.org, "alert_rule", rule["uid"]):
        raise refused(CONFLICT, 500)
    check_clash(call, rule)
    interval = interval_of(call, rule["folderUID"], rule["ruleGroup"])
    whole = {**rule, "updated": instant(), "provenance": provenance_after(call), "interval": interval}
    return Answer(201, shown_rule(add_rule(call.store, call.org, whole), fraction=True))


@routes.put("/api/v1/provisioning/alert-rules/<uid:path>", needs=WRITE)
def update_rule(call: Call) -> object:
    """Replace the rule that the path names."""
    rule = parsed_rule(call, call.value())
    check_rule(rule)
    before = call.store.get(call.org, "alert_rule", addressed(call, "uid"))
    if before is None:
        return Answer(404, None, "text/plain; charset=utf-8")
    kept = {name: before[name] for name in ("id", "uid", "orgID", "interval")}
    provenance = provenance_after(call, before["provenance"])
    rule = {**rule, **kept, "version": before["version"] + 1, "updated": instant(), "provenance": provenance}
    check_clash(call, rule)
    put_rule(call.store, call.org, rule)
    return shown_rule(rule, fraction=True)


@routes.delete("/api/v1/provisioning/alert-rules/<uid:path>", needs=WRITE)
def delete_rule(call: Call) -> object:
    """Remove a rule, or none: the answer is the same."""
    rule = call.store.get(call.org, "alert_rule", addressed(call, "uid"))
    if rule and rule["provenance"] == "file":
        raise refused("cannot delete with provided provenance 'api', needs 'file'", 500)
    call.store.delete(call.org, "alert_rule", addressed(call, "uid"))
    return Answer(204, None)


def _keep_rules(call: Call, folder: Rule) -> None:
    rules = [rule for rule in call.store.all(call.org, "alert_rule") if rule["folderUID"] == folder["uid"]]
    if rules and call.query.get("forceDeleteRules") != "true":
        raise Refusal(400, "folder cannot be deleted: folder contains alert rules")
    for rule in rules:
        call.store.delete(call.org, "alert_rule", rule["uid"])


KEEPERS.append(_keep_rules)
