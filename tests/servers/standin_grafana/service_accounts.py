"""Service accounts and their tokens: recorded in 20-service-accounts.json."""

from __future__ import annotations

import re
import secrets
import string
import time
import zlib
from datetime import datetime, timezone
from typing import Any

from .access import ADMIN, ROLES, Need, digest_of_token
from .answers import Answer, Refusal
from .routing import Call, Routes
from .store import EVERYWHERE, instant

__all__ = ["routes"]

routes = Routes()

READ = Need("serviceaccounts:read", ADMIN)
CREATE = Need("serviceaccounts:create", ADMIN)
WRITE = Need("serviceaccounts:write", ADMIN)
DELETE = Need("serviceaccounts:delete", ADMIN)

Account = dict[str, Any]

_SHOWN = ("id", "name", "login", "orgId", "isDisabled", "role", "tokens")
_AVATAR = "/public/img/user_profile.png"
_WEEK = 7 * 86400
_BAD = Refusal(400, "Bad request data", traceID="")


def _found(call: Call) -> Account:
    account = call.store.get(call.org, "serviceaccount", call.args["id"])
    if account is None:
        raise Refusal(404, "Failed to retrieve service account", traceID="")
    return account


def _tokens(call: Call, account: str) -> list[Account]:
    return [one for one in call.store.all(EVERYWHERE, "token") if one.get("account") == account]


@routes.post("/api/serviceaccounts", needs=CREATE)
def create_account(call: Call) -> object:
    """Make an account; its login is derived from its name and must be free."""
    wanted = call.json(name=str, role=str, isDisabled=bool)
    name, role = wanted.get("name") or "", wanted.get("role") or ROLES[0]
    if not name or role not in ROLES:
        raise _BAD
    login = f"sa-{re.sub(r'[^a-z0-9]+', '-', name.lower())}"
    if any(one["login"] == login for one in call.store.all(call.org, "serviceaccount")):
        raise Refusal(400, "Failed to create service account", traceID="")
    now = instant()
    account = {
        "id": call.store.next_id("user"),
        "name": name,
        "login": login,
        "orgId": call.org,
        "isDisabled": bool(wanted.get("isDisabled")),
        "role": role,
        "tokens": 0,
        "createdAt": now,
        "updatedAt": now,
    }
    call.store.put(call.org, "serviceaccount", str(account["id"]), account)
    return Answer(201, {**{key: account[key] for key in _SHOWN}, "avatarUrl": ""})


@routes.get("/api/serviceaccounts/search", needs=READ)
def search(call: Call) -> object:
    """Return a page of accounts by login, with a query those whose name or login holds it."""
    query, page = call.query.get("query", "").lower(), max(call.number("page", 1), 1)
    per_page = call.number("perpage", 1000) or 1000
    accounts = [
        one
        for one in sorted(call.store.all(call.org, "serviceaccount"), key=lambda one: str(one["login"]))
        if (query in one["name"].lower() or query in one["login"])
        and (call.query.get("disabled") != "true" or one["isDisabled"])
    ]
    first = (page - 1) * per_page
    shown = [
        {**{key: one[key] for key in _SHOWN}, "tokens": len(_tokens(call, str(one["id"]))), "avatarUrl": _AVATAR}
        for one in accounts[first : first + per_page]
    ]
    return {"totalCount": len(accounts), "serviceAccounts": shown, "page": page, "perPage": per_page}


def _full(account: Account) -> Account:
    keys = ("id", "name", "login", "orgId", "isDisabled", "createdAt", "updatedAt")
    return {**{key: account[key] for key in keys}, "avatarUrl": _AVATAR, "role": account["role"], "teams": None}


@routes.get("/api/serviceaccounts/<id:re:[0-9]+>", needs=READ)
def get_account(call: Call) -> object:
    """Return one account."""
    return _full(_found(call))


@routes.patch("/api/serviceaccounts/<id:re:[0-9]+>", needs=WRITE)
def change_account(call: Call) -> object:
    """Change what is given of an account; its name may be that of another one."""
    wanted, account = call.json(name=str, role=str, isDisabled=bool), _found(call)
    if wanted.get("role") and wanted["role"] not in ROLES:
        raise _BAD
    given = {key: wanted[key] for key in ("name", "role", "isDisabled") if wanted.get(key) is not None}
    account = {**account, **given, "updatedAt": instant()}
    call.store.put(call.org, "serviceaccount", call.args["id"], account)
    for token in _tokens(call, call.args["id"]):
        call.store.put(EVERYWHERE, "token", token["digest"], {**token, "role": account["role"]})
    told = {"id": account["id"], "message": "Service account updated", "name": account["name"]}
    return {**told, "serviceaccount": _full(account)}


@routes.delete("/api/serviceaccounts/<id:re:[0-9]+>", needs=DELETE)
def delete_account(call: Call) -> object:
    """Remove an account with its tokens."""
    if not call.store.delete(call.org, "serviceaccount", call.args["id"]):
        raise Refusal(500, "Service account deletion error", traceID="")
    for token in _tokens(call, call.args["id"]):
        call.store.delete(EVERYWHERE, "token", token["digest"])
    return {"message": "Service account deleted"}


@routes.get("/api/serviceaccounts/<id:re:[0-9]+>/tokens", needs=READ)
def list_tokens(call: Call) -> object:
    """Return the tokens, the newest first, without what they are."""
    return [_shown_token(token) for token in reversed(_tokens(call, str(_found(call)["id"])))]


def _shown_token(token: Account) -> Account:
    end = token.get("expires")
    left = max(end - time.time(), 0) if end else 0
    return {
        "id": token["number"],
        "name": token["name"],
        "created": token["created"],
        "lastUsedAt": None,
        "expiration": datetime.fromtimestamp(end, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ") if end else None,
        # Of a token that has more than a week left it says 0, as of one that never ends.
        "secondsUntilExpiration": left if left < _WEEK else 0,
        "hasExpired": bool(end) and not left,
        "isRevoked": False,
    }


@routes.post("/api/serviceaccounts/<id:re:[0-9]+>/tokens", needs=WRITE)
def create_token(call: Call) -> object:
    """Make a token and show it, this once."""
    wanted, account = call.json(name=str, secondsToLive=int), _found(call)
    name, lasting = wanted.get("name"), wanted.get("secondsToLive") or 0
    if not name:
        raise _BAD
    if lasting < 0:
        raise Refusal(400, "invalid SecondsToLive value")
    if any(one["name"] == name for one in call.store.all(EVERYWHERE, "token") if one["org"] == call.org):
        raise Refusal(409, "service account token with given name already exists in the organization")
    begin = "glsa_" + "".join(secrets.choice(string.ascii_letters + string.digits) for _index in range(32))
    key = f"{begin}_{zlib.crc32(begin.encode()):08x}"
    token = {
        "org": call.org,
        "role": account["role"],
        "account": call.args["id"],
        "number": call.store.next_id("api_key"),
        "name": name,
        "digest": digest_of_token(key),
        "created": instant(),
        **({"expires": int(time.time()) + lasting} if lasting else {}),
    }
    call.store.put(EVERYWHERE, "token", token["digest"], token)
    return {"id": token["number"], "name": name, "key": key}


@routes.delete("/api/serviceaccounts/<id:re:[0-9]+>/tokens/<number:re:[0-9]+>", needs=WRITE)
def delete_token(call: Call) -> object:
    """Remove a token."""
    for token in _tokens(call, call.args["id"]):
        if str(token["number"]) == call.args["number"]:
            call.store.delete(EVERYWHERE, "token", token["digest"])
            return {"message": "Service account token deleted"}
    raise Refusal(500, "Failed to delete service account token", traceID="")
