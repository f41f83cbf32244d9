"""Alert rules as they lie in the database: what a request becomes, and what is refused of it."""

from __future__ import annotations

from typing import Any

from .access import ADMIN, Need
from .alerting_config import refused
from .alerting_text import duration, go_duration, text_map
from .documented import documented
from .routing import Call
from .store import Store, instant

__all__ = [
    "CONFLICT", "NO_RULE", "READ", "WRITE", "Rule", "add_rule", "check_clash", "check_rule", "interval_of",
    "parsed_rule", "place_of", "provenance_after", "put_rule", "rules_inside", "shown_rule",
]  # fmt: skip

READ = Need("alert.provisioning:read", ADMIN)
WRITE = Need("alert.provisioning:write", ADMIN)

Rule = dict[str, Any]

NO_RULE = "could not find alert rule"
CONFLICT = "a conflicting alert rule is found: rule title under the same organisation and folder should be unique"
_NO_DATA = ("Alerting", "NoData", "OK")
_ERROR = ("OK", "Alerting", "Error")
_INTERVAL = 60
_LATER = ("isPaused", "keep_firing_for", "notification_settings", "record")


def add_rule(store: Store, org: int, rule: Rule) -> Rule:
    """Write a new rule, complete but for its id, and return it."""
    rule = {"version": 1, "interval": _INTERVAL, **rule, "id": store.next_id("alert_rule"), "orgID": org}
    put_rule(store, org, rule)
    return rule


def put_rule(store: Store, org: int, rule: Rule) -> None:
    """Write a rule that has all its fields."""
    store.put(org, "alert_rule", rule["uid"], rule, name=f"{rule['folderUID']}/{rule['title']}")


def shown_rule(rule: Rule, *, fraction: bool = False, provenance: bool = True) -> Rule:
    """Return a rule as the provisioning API shows it; lists and groups leave out who provisioned it."""
    hidden = {"version", "interval", "updated"} | (set() if provenance and rule["provenance"] else {"provenance"})
    shown = {name: value for name, value in rule.items() if name not in hidden}
    return {**shown, "updated": instant(fraction=True) if fraction else rule["updated"]}


def parsed_rule(call: Call, body: Any) -> Rule:
    """Return a rule of a request with all that the server adds; a value of a wrong kind spoils the whole request."""
    if not isinstance(body, dict):
        raise refused("bad request data")
    rule: Rule = {name: str(body.get(name) or "") for name in ("uid", "folderUID", "ruleGroup", "title", "condition")}
    rule.update({name: str(body.get(name) or "") for name in ("noDataState", "execErrState")})
    rule["for"] = duration(body.get("for", "0s"))
    rule["data"] = [_query(query) for query in body.get("data") or ()]
    rule.update({name: text_map(body[name]) for name in ("annotations", "labels") if body.get(name)})
    return {**rule, **(_newer(body) if call.settings.newer else {})}


@documented(
    "alert rules have isPaused, keep_firing_for, notification_settings and record, which the recorded one ignores"
)
def _newer(body: Rule) -> Rule:
    return {"isPaused": False, **{name: body[name] for name in _LATER if body.get(name)}}


def _query(query: Rule) -> Rule:
    model = dict(query.get("model") or {})
    for name, default in (("intervalMs", 1000), ("maxDataPoints", 43200)):
        given = model.get(name)
        model[name] = given if isinstance(given, (int, float)) and given > 0 else default
    span = query.get("relativeTimeRange") or {}
    return {
        "refId": query.get("refId", ""),
        "queryType": query.get("queryType", ""),
        "relativeTimeRange": {"from": span.get("from", 0), "to": span.get("to", 0)},
        "datasourceUid": query.get("datasourceUid", ""),
        "model": model,
    }


def check_rule(rule: Rule) -> None:
    """Refuse what the server refuses; it looks at no condition, folder or data source."""
    if not rule["data"]:
        raise refused("invalid alert rule: no queries or expressions are found")
    if not rule["title"]:
        raise refused("invalid alert rule: title is empty")
    if len(rule["title"]) > 190:
        raise refused("invalid alert rule: name length should not be greater than 190")
    if rule["noDataState"] not in _NO_DATA:
        raise refused(f"unknown NoData state option {rule['noDataState']}", 500)
    if rule["execErrState"] not in _ERROR:
        raise refused(f"unknown Error state option {rule['execErrState']}", 500)
    for query in rule["data"]:
        span = query["relativeTimeRange"]
        if query["datasourceUid"] not in {"-100", "__expr__"} and span["from"] <= span["to"]:
            told = f"{{From:{go_duration(span['from'])} To:{go_duration(span['to'])}}}"
            raise refused(f"invalid alert query {query['refId']}: invalid relative time range: {told}", 500)


def check_clash(call: Call, rule: Rule, prefix: str = "") -> None:
    """Refuse a title that another rule of the folder has."""
    namesakes = call.store.named(call.org, "alert_rule", f"{rule['folderUID']}/{rule['title']}")
    if any(other["uid"] != rule["uid"] for other in namesakes):
        raise refused(prefix + CONFLICT, 500)


def provenance_after(call: Call, before: str = "") -> str:
    """Return whose a written rule is: the header, by its presence, leaves it to people, unless it was the API's."""
    after = "" if "X-Disable-Provenance" in call.headers else "api"
    if before not in {"", after}:
        raise refused(f"cannot changed provenance from '{before}' to '{after}'", 500)
    return after


def place_of(rule: Rule) -> tuple[str, str, int]:
    """Return what rules are listed by."""
    return rule["folderUID"], rule["ruleGroup"], rule["id"]


def interval_of(call: Call, folder: str, group: str) -> int:
    """Return how often a group is evaluated, in seconds; a new one takes the default."""
    inside = rules_inside(call, folder, group)
    return int(inside[0]["interval"]) if inside else _INTERVAL


def rules_inside(call: Call, folder: str, group: str) -> list[Rule]:
    """Return the rules of a group."""
    rules = call.store.all(call.org, "alert_rule")
    return [rule for rule in rules if (rule["folderUID"], rule["ruleGroup"]) == (folder, group)]
