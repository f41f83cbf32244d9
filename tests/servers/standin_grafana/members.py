"""Members of organisations and their roles: recorded in 00-setup.json, 17-orgs.json and 18-users.json."""

from __future__ import annotations

from typing import Any

from .access import ADMIN, ROLES, SERVER_ADMIN, Need, user_named
from .answers import Answer, Refusal
from .routing import Call, Routes
from .store import EVERYWHERE
from .users import AVATAR, save_user, user_by_id

__all__ = ["leave", "members_of", "routes"]

routes = Routes()

READ_OWN, READ = Need("org.users:read", ADMIN), Need("org.users:read", SERVER_ADMIN)
WRITE_OWN, WRITE = Need("org.users:write", ADMIN), Need("org.users:write", SERVER_ADMIN)
REMOVE_OWN, REMOVE = Need("org.users:remove", ADMIN), Need("org.users:remove", SERVER_ADMIN)
ADD = Need("org.users:add", SERVER_ADMIN)

User = dict[str, Any]


def members_of(call: Call, org: int) -> list[User]:
    """Return the users of an organisation by login."""
    users = call.store.all(EVERYWHERE, "user")
    return sorted((user for user in users if str(org) in user["orgs"]), key=lambda user: (user["login"], user["email"]))


def leave(call: Call, user: User, org: int) -> None:
    """Take a user out of an organisation."""
    save_user(call, {**user, "orgs": {other: role for other, role in user["orgs"].items() if other != str(org)}})


def _org(call: Call) -> int:
    return int(call.args["org"]) if "org" in call.args else call.org


@routes.get("/api/org/users", needs=READ_OWN)
@routes.get("/api/orgs/<org:int>/users", needs=READ)
def list_members(call: Call) -> object:
    """Return the users of an organisation."""
    org = _org(call)
    return [
        {
            "orgId": org,
            "userId": user["id"],
            "email": user["email"],
            "name": user["name"],
            "avatarUrl": AVATAR,
            "login": user["login"],
            "role": user["orgs"][str(org)],
            "lastSeenAt": user["updatedAt"],
            "lastSeenAtAge": "< 1 minute",
            "isDisabled": user["isDisabled"],
            "authLabels": None,
        }
        for user in members_of(call, org)
    ]


@routes.post("/api/orgs/<org:int>/users", needs=ADD)
def add_member(call: Call) -> object:
    """Let a user into an organisation."""
    wanted, org = call.json(loginOrEmail=str, role=str), str(_org(call))
    role = (wanted.get("role") or "").capitalize()
    if role not in ROLES:
        raise Refusal(400, "bad request data", traceID="")
    user = user_named(call.store, wanted.get("loginOrEmail") or "")
    if user is None:
        raise Refusal(404, "User not found")
    if org in user["orgs"]:
        raise Refusal.of(Answer(409, {"message": "User is already member of this organization", "userId": user["id"]}))
    save_user(call, {**user, "orgs": {**user["orgs"], org: role}})
    return {"message": "User added to organization", "userId": user["id"]}


@routes.patch("/api/org/users/<id:int>", needs=WRITE_OWN)
@routes.patch("/api/orgs/<org:int>/users/<id:int>", needs=WRITE)
def change_role(call: Call) -> object:
    """Give a member another role."""
    role, org = call.json(role=str).get("role"), str(_org(call))
    if role not in ROLES:
        raise Refusal(400, "bad request data", traceID="")
    user = user_by_id(call, str(call.args["id"]))
    if org not in user["orgs"]:
        raise Refusal(500, "Failed update org user", traceID="")
    save_user(call, {**user, "orgs": {**user["orgs"], org: role}})
    return {"message": "Organization user updated"}


@routes.delete("/api/org/users/<id:int>", needs=REMOVE_OWN)
@routes.delete("/api/orgs/<org:int>/users/<id:int>", needs=REMOVE)
def remove_member(call: Call) -> object:
    """Take a user out of an organisation that keeps an administrator; out of the current one, the last one deletes."""
    org, user = _org(call), user_by_id(call, str(call.args["id"]))
    members = members_of(call, org)
    if not any(other["orgs"][str(org)] == ADMIN and other["id"] != user["id"] for other in members):
        raise Refusal(400, "Cannot remove last organization admin")
    leave(call, user, org)
    if "org" in call.args or len(user["orgs"]) > 1:
        return {"message": "User removed from organization"}
    call.store.delete(EVERYWHERE, "user", str(user["id"]))
    return {"message": "User deleted"}
