"""Users and their roles in organisations: recorded in 00-setup.json, 02-auth.json and 18-users.json."""

from __future__ import annotations

from typing import Any

from .access import SERVER_ADMIN, VIEWER, Need, add_user, set_password, user_named
from .answers import Refusal
from .routing import Call, Routes
from .store import EVERYWHERE, instant

__all__ = ["AVATAR", "organisations_of", "routes", "save_user", "user_by_id"]

routes = Routes()

CREATE = Need("users:create", SERVER_ADMIN)
READ = Need("users:read", SERVER_ADMIN)
DELETE = Need("users:delete", SERVER_ADMIN)
PASSWORD = Need("users.password:update", SERVER_ADMIN)
WRITE = Need("users:write", SERVER_ADMIN)
PERMISSIONS = Need("users.permissions:update", SERVER_ADMIN)
DISABLE = Need("users:disable", SERVER_ADMIN)
ENABLE = Need("users:enable", SERVER_ADMIN)

AVATAR = "/public/img/user_profile.png"

User = dict[str, Any]


def user_by_id(call: Call, number: str) -> User:
    """Return a user, or refuse with 404."""
    user = call.store.get(EVERYWHERE, "user", number)
    if user is None:
        raise Refusal(404, "user not found")
    return user


def save_user(call: Call, user: User) -> None:
    """Write a user that is there."""
    call.store.put(EVERYWHERE, "user", str(user["id"]), user, name=user["login"])


def _shown(user: User, *, labels: list[str] | None, avatar: str) -> User:
    return {
        **{name: user[name] for name in ("id", "email", "name", "login", "theme", "orgId")},
        "isGrafanaAdmin": user["isAdmin"],
        "isDisabled": user["isDisabled"],
        "isExternal": False,
        "authLabels": labels,
        "updatedAt": user["updatedAt"],
        "createdAt": user["createdAt"],
        "avatarUrl": avatar,
    }


@routes.get("/api/user")
def current_user(call: Call) -> object:
    """Return the user who asks; a token is none."""
    return _shown(user_by_id(call, str(call.who.id)), labels=[], avatar=AVATAR)


@routes.get("/api/user/orgs")
def current_organisations(call: Call) -> object:
    """Return the organisations of the user who asks."""
    return organisations_of(call, user_by_id(call, str(call.who.id)))


def organisations_of(call: Call, user: User) -> list[User]:
    """Return the organisations of a user with the user's role in each."""
    known = {str(org["id"]): org["name"] for org in call.store.all(EVERYWHERE, "org")}
    return [{"orgId": int(org), "name": known[org], "role": role} for org, role in user["orgs"].items()]


@routes.post("/api/user/using/<id:int>")
def use_organisation(call: Call) -> object:
    """Change the organisation that the user's requests are about without a header."""
    user = user_by_id(call, str(call.who.id))
    if str(call.args["id"]) not in user["orgs"]:
        raise Refusal(401, "Not a valid organization")
    save_user(call, {**user, "orgId": int(call.args["id"])})
    return {"message": "Active organization changed"}


@routes.post("/api/admin/users", needs=CREATE, signed_in=False)
def create_user(call: Call) -> object:
    """Make a user, who is a viewer of the first organisation or the given one."""
    wanted = call.json(login=str, email=str, password=str, name=str, OrgId=int)
    login, email = wanted.get("login") or "", wanted.get("email") or ""
    password = wanted.get("password")
    if password is None:
        raise Refusal(400, "bad request data", traceID="")
    if not login and not email:
        raise Refusal(400, "Validation error, need specify either username or email")
    if len(password) < 4:
        raise Refusal(400, "Password is missing or too short")
    login, email = login or email, email or login
    org = wanted.get("OrgId") or 1
    if call.store.get(EVERYWHERE, "org", str(org)) is None:
        raise Refusal(400, "organization not found")
    if user_named(call.store, login) or user_named(call.store, email):
        raise Refusal(
            412, f"User with email '{wanted.get('email') or ''}' or username '{login}' already exists", traceID=""
        )
    new = {"login": login, "email": email, "name": wanted.get("name") or "", "orgId": org, "orgs": {str(org): VIEWER}}
    return {"id": add_user(call.store, new, password)["id"], "message": "User created"}


@routes.delete("/api/admin/users/<id:int>", needs=DELETE)
def delete_user(call: Call) -> object:
    """Remove a user."""
    user = user_by_id(call, str(call.args["id"]))
    call.store.delete(EVERYWHERE, "user", str(user["id"]))
    return {"message": "User deleted"}


@routes.put("/api/admin/users/<id:int>/password", needs=PASSWORD)
def change_password(call: Call) -> object:
    """Give a user another password."""
    password = call.json(password=str).get("password")
    if password is None:
        raise Refusal(400, "bad request data", traceID="")
    if len(password) < 4:
        raise Refusal(400, "New password too short")
    set_password(call.store, user_by_id(call, str(call.args["id"])), password)
    return {"message": "User password updated"}


@routes.get("/api/users", needs=READ)
def list_users(call: Call) -> object:
    """Return users by login, a page at a time."""
    users = sorted(call.store.all(EVERYWHERE, "user"), key=lambda user: user["login"])
    size = call.number("perpage", 1000) or 1000
    first = (max(call.number("page", 1), 1) - 1) * size
    return [_listed(user) for user in users[first : first + size]]


def _listed(user: User) -> User:
    return {
        **{name: user[name] for name in ("id", "name", "login", "email")},
        "avatarUrl": AVATAR,
        **{name: user[name] for name in ("isAdmin", "isDisabled")},
        "lastSeenAt": user["updatedAt"],
        "lastSeenAtAge": "10 years",
        "authLabels": [],
    }


@routes.get("/api/users/lookup", needs=READ)
def look_up_user(call: Call) -> object:
    """Return the user of a login or an e-mail address."""
    name = call.query.get("loginOrEmail", "")
    user = user_named(call.store, name) if name else None
    if user is None:
        raise Refusal(404, "user not found")
    return _shown(user, labels=None, avatar="")


@routes.get("/api/users/<id:int>", needs=READ)
def get_user(call: Call) -> object:
    """Return the user with an id."""
    return _shown(user_by_id(call, str(call.args["id"])), labels=[], avatar=AVATAR)


@routes.put("/api/users/<id:int>", needs=WRITE)
def update_user(call: Call) -> object:
    """Change names and theme; the recorded server does not mind an unknown id."""
    wanted = call.json(login=str, email=str, name=str, theme=str)
    if not wanted.get("login") and not wanted.get("email"):
        raise Refusal(400, "Validation error, need to specify either username or email")
    user = call.store.get(EVERYWHERE, "user", str(call.args["id"]))
    same = user_named(call.store, wanted.get("login") or "")
    if user and same and same["id"] != user["id"]:
        raise Refusal(500, "Failed to update user", traceID="")
    if user:
        given = {name: wanted[name] for name in ("login", "email", "name", "theme") if wanted.get(name)}
        save_user(call, {**user, **given, "updatedAt": instant()})
    return {"message": "User updated"}


@routes.get("/api/users/<id:int>/orgs", needs=READ)
def list_organisations(call: Call) -> object:
    """Return the organisations of a user."""
    return organisations_of(call, user_by_id(call, str(call.args["id"])))


@routes.put("/api/admin/users/<id:int>/permissions", needs=PERMISSIONS)
def change_permissions(call: Call) -> object:
    """Make a user an administrator of the server, or none; one has to stay."""
    user, wanted = user_by_id(call, str(call.args["id"])), bool(call.json(isGrafanaAdmin=bool).get("isGrafanaAdmin"))
    others = [other for other in call.store.all(EVERYWHERE, "user") if other["isAdmin"] and other["id"] != user["id"]]
    if not wanted and not others:
        raise Refusal(400, "cannot remove last grafana admin")
    save_user(call, {**user, "isAdmin": wanted})
    return {"message": "User permissions updated"}


@routes.post("/api/admin/users/<id:int>/disable", needs=DISABLE)
def disable(call: Call) -> object:
    """Keep a user out."""
    save_user(call, {**user_by_id(call, str(call.args["id"])), "isDisabled": True})
    return {"message": "User disabled"}


@routes.post("/api/admin/users/<id:int>/enable", needs=ENABLE)
def enable(call: Call) -> object:
    """Let a user in again."""
    save_user(call, {**user_by_id(call, str(call.args["id"])), "isDisabled": False})
    return {"message": "User enabled"}
