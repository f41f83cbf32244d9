# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Data sources of Grafana: the wanted ones, the existing ones, and the changes between them."""

from __future__ import annotations

import operator
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from .._api.module import apply
from .._api.order import Names, in_order
from .._api.owner import OWNER_OPTIONS, Ownership, owner_of
from .._api.plan import PlanError, by_key
from .._api.resource import Plan, Resource, Step
from .._api.secret_digest import checked_digest_key, secret_digest
from .._http.secret_spellings import secrets_in_urls
from .._http.session import Answer, Api, Session
from .client import grafana_api

__all__ = ["MARK", "OPTIONS", "act", "found"]

_DATASOURCE = {
    "uid": {"type": "str", "required": True},
    "name": {"type": "str"},
    "type": {"type": "str"},
    "url": {"type": "str"},
    "access": {"type": "str", "default": "proxy"},
    "user": {"type": "str"},
    "database": {"type": "str"},
    "basicAuth": {"type": "bool", "default": False},
    "basicAuthUser": {"type": "str"},
    "withCredentials": {"type": "bool", "default": False},
    "isDefault": {"type": "bool"},
    "jsonData": {"type": "dict"},
    "secureJsonData": {"type": "dict", "no_log": True},
}
OPTIONS: Mapping[str, Any] = {
    "datasources": {"type": "list", "elements": "dict", "required": True, "options": _DATASOURCE},
    **OWNER_OPTIONS,
    "secret_digest_key": {"type": "str", "no_log": True},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "prune": {"type": "bool", "default": False},
}
"""Argument spec of the module's own options."""

# Grafana keeps unknown keys of jsonData, so the mark and the digest of the secrets are stored there.
MARK = "vigil"
_UID = re.compile(r"[A-Za-z0-9_-]{1,40}")
_NOT_FOUND = 404
_COMPARED = ("name", "type", "access", "user", "basicAuth", "withCredentials")
# An update cannot empty these: Grafana keeps some of them and requires others.
_KEPT = ("url", "database", "basicAuthUser")
_NAMES = Names(operator.itemgetter("name"), lambda item: f"be named {item['name']!r}", "already has that name", "names")


def act(module: AnsibleModule, session: Session) -> dict[str, Any]:
    """Make the data sources match the parameters, except in check mode, and return what exit_json takes."""
    parameters = module.params
    absent, ownership = parameters["state"] == "absent", Ownership.of(parameters)
    for index, item in enumerate(parameters["datasources"]):
        item["name"] = item["name"] or item["uid"]
        if not (item["type"] or absent):
            raise PlanError(f"datasources[{index}] ({item['uid']!r}) needs a type, such as prometheus.")
    wanted = desired(parameters["datasources"], parameters["secret_digest_key"], ownership.mark)
    api = grafana_api(module, session, secrets_of(wanted.values()))
    there = found(api, wanted)
    made = plan(api, wanted, there, ownership=ownership, prune=parameters["prune"], absent=absent)
    result = apply(module, made)
    taken = any(step.action == "update" and ownership.takes(owners(step.before)) for step in made.steps)
    if taken and (left := ownership.left({repr(uid): owners(there[uid]) for uid in there if uid not in wanted})):
        module.warn(left)
    return result


def desired(listed: Iterable[Mapping[str, Any]], digest_key: str | None, mark: str) -> dict[str, dict[str, Any]]:
    """Return {uid: data source with upstream's keys, the mark of its owner in its jsonData}.

    Raises PlanError, by index, for what Grafana would accept and ignore, or refuse half-way.
    """
    key = checked_digest_key(digest_key)
    items = [{**item, "secureJsonData": _secrets(item)} for item in listed]
    for index, item in enumerate(items):
        where = f"datasources[{index}]"
        if not _UID.fullmatch(item["uid"]):
            raise PlanError(f"{where}: uid {item['uid']!r} must be 1 to 40 letters, digits, _ or -.")
        if item["secureJsonData"] and not key:
            raise PlanError(
                f"{where} ({item['uid']!r}) has secureJsonData, which Grafana never shows again. Set "
                "secret_digest_key to a secret, so that changed secrets can be detected."
            )
    wanted = {
        uid: _marked(item, key, mark)
        for uid, item in by_key(items, lambda item: item["uid"], option="datasources", what="data source").items()
    }
    by_key(items, lambda item: item["name"] or item["uid"], option="datasources", what="data source named")
    defaults = [uid for uid, item in wanted.items() if item["isDefault"]]
    if len(defaults) > 1:
        raise PlanError(f"Only one data source can be the default (isDefault), not {' and '.join(defaults)}.")
    return wanted


def _secrets(item: Mapping[str, Any]) -> dict[str, Any]:
    """Return the secrets without empty ones, which Grafana does not store."""
    return {name: value for name, value in (item["secureJsonData"] or {}).items() if value not in ("", None)}


def secrets_of(wanted: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return what no message may show: the secrets, logins as they are sent, and secrets in addresses."""
    found: list[str] = []
    for item in wanted:
        secrets = {name: str(value) for name, value in item["secureJsonData"].items()}
        logins = ((item["basicAuthUser"], "basicAuthPassword"), (item["user"], "password"))
        found += [*secrets.values(), *(f"{user}:{secrets[name]}" for user, name in logins if name in secrets)]
        found += secrets_in_urls([item["url"], item["jsonData"]])
    return found


def _marked(item: Mapping[str, Any], digest_key: str, mark: str) -> dict[str, Any]:
    own = {"owner": mark}
    if item["secureJsonData"]:
        own["secrets"] = secret_digest(digest_key, f"data source {item['uid']}", item["secureJsonData"])
    return {**item, "jsonData": {**(item["jsonData"] or {}), MARK: own}}


def found(api: Api, wanted: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Return {uid: data source} of the organisation; the wanted ones with all that Grafana shows of them."""
    listed = {item["uid"]: item for item in api.call("GET", "/api/datasources", attempt="list the data sources").json()}
    for uid in wanted:
        if uid in listed:
            path = f"/api/datasources/uid/{uid}"
            listed[uid] = api.call("GET", path, attempt=f"read the data source {uid!r}").json()
    return listed


def owners(item: Mapping[str, Any]) -> list[str]:
    """Return the owner of a data source, nothing for one without a mark."""
    mark = item["jsonData"].get(MARK)
    owner = owner_of(mark.get("owner")) if isinstance(mark, Mapping) else ""
    return [owner] if owner else []


def plan(
    api: Api,
    wanted: Mapping[str, Mapping[str, Any]],
    there: Mapping[str, Mapping[str, Any]],
    *,
    ownership: Ownership,
    prune: bool = False,
    absent: bool = False,
) -> Plan:
    """Return the plan: a data source gives its name up, or is deleted, before another one takes that name.

    Raises PlanError for one of another owner, a name that another one keeps, and one that Grafana does not change.
    """
    owned = [uid for uid, item in there.items() if prune and ownership.owns(owners(item))]
    made = Resource("data source", wanted, there, partial(_write, api), _same, _shown, owned).plan(absent=absent)
    for step in made.steps:
        if step.action == "update":
            ownership.check(f"data source {step.key!r}", owners(step.before))
        if step.before and step.before.get("readOnly"):
            raise PlanError(
                f"The data source {step.key!r} is provisioned from a file on the Grafana server and cannot be "
                "changed through the API. Remove it from that file or from datasources."
            )
    return replace(made, steps=in_order(made.steps, there, _NAMES))


def _same(wanted: Mapping[str, Any], there: Mapping[str, Any]) -> bool:
    return (
        all((wanted[key] or "") == (there.get(key) or "") for key in _COMPARED)
        and all(wanted[key] in (None, "", there.get(key)) for key in _KEPT)
        and wanted["isDefault"] in (None, there["isDefault"])
        and wanted["jsonData"] == there["jsonData"]
        and set(wanted["secureJsonData"]) == {name for name, kept in _kept_secrets(there).items() if kept}
    )


def _kept_secrets(there: Mapping[str, Any]) -> Mapping[str, bool]:
    return there.get("secureJsonFields") or {}


def _write(api: Api, step: Step) -> None:
    path = f"/api/datasources/uid/{step.key}"
    outcome = partial(_outcome, api, step)
    if step.action == "delete":
        api.call("DELETE", path, attempt=step.attempt, outcome=outcome)
        return
    body = {key: value for key, value in step.after.items() if value is not None}
    if step.action == "create":
        api.call("POST", "/api/datasources", attempt=step.attempt, body=body, outcome=outcome)
        return
    # A key that is left out keeps its secret, an empty one loses it.
    forgotten = dict.fromkeys(_kept_secrets(step.before), "")
    body["secureJsonData"] = {**forgotten, **body["secureJsonData"]}
    body.update({key: step.before[key] for key in _KEPT if not body.get(key) and step.before.get(key)})
    body.setdefault("isDefault", step.before["isDefault"])
    # With the version that was read, Grafana refuses the update if somebody else has changed the data source since.
    body["version"] = step.before.get("version", 0)
    api.call("PUT", path, attempt=step.attempt, body=body, outcome=outcome)


def _outcome(api: Api, step: Step) -> Answer | None:
    attempt = f"read the data source {step.key!r}"
    answer = api.call("GET", f"/api/datasources/uid/{step.key}", attempt=attempt, accept=(_NOT_FOUND,))
    gone = answer.status == _NOT_FOUND
    done = gone if step.after is None else not gone and _same(step.after, answer.json())
    return answer.of({}) if done else None


def _shown(item: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a diff shows: of secrets only their names, and a digest that changes with them."""
    fields = {key: item.get(key) or "" for key in (*_COMPARED, *_KEPT)}
    secrets = item.get("secureJsonData") or _kept_secrets(item)
    return {**fields, "isDefault": item["isDefault"], "jsonData": item["jsonData"], "secrets": sorted(secrets)}
