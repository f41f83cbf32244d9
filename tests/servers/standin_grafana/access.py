"""Who asks, and what they may: users with passwords, tokens of service accounts, roles in organisations."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
import secrets
import time
import zlib
from dataclasses import dataclass, replace
from typing import Any

from .answers import JSON_UTF8, Answer, Refusal
from .store import EVERYWHERE, Store, instant

__all__ = [
    "ADMIN", "EDITOR", "NOBODY", "ROLES", "SERVER_ADMIN", "VIEWER", "Identity", "Need", "add_user",
    "administrator", "authenticated", "by_token", "digest_of_token", "identity_of", "set_password", "user_by_password",
    "user_named",
]  # fmt: skip

VIEWER, EDITOR, ADMIN, SERVER_ADMIN = "Viewer", "Editor", "Admin", "Server Admin"
ROLES = (VIEWER, EDITOR, ADMIN)

Document = dict[str, Any]

_ATTEMPTS, _WINDOW = 5, 300.0


@dataclass(frozen=True)
class Identity:
    """Who asks: a user, a token (whose id is 0) or nobody; the organisation asked about, and the role there."""

    id: int = 0
    login: str = ""
    org: int = 1
    role: str = ""
    server_admin: bool = False
    signed_in: bool = True

    def may(self, role: str) -> bool:
        """Tell whether someone may do what needs this role."""
        if role == SERVER_ADMIN:
            return self.server_admin
        return self.role in ROLES and ROLES.index(self.role) >= ROLES.index(role)


NOBODY = Identity(signed_in=False)


@dataclass(frozen=True)
class Need:
    """A permission, as the error answer names it, and the least role that has it; perhaps a server admin has it too."""

    permission: str
    role: str
    or_server_admin: bool = False

    def met_by(self, who: Identity) -> bool:
        """Tell whether this one has the permission."""
        return who.may(self.role) or (self.or_server_admin and who.server_admin)


class Attempts:
    """Failed logins by name: after five within five minutes even the right password is refused."""

    def __init__(self) -> None:
        self._failed: dict[str, list[float]] = {}

    def blocked(self, login: str) -> bool:
        """Tell whether this name has failed too often."""
        recent = [when for when in self._failed.get(login, ()) if time.monotonic() - when < _WINDOW]
        return len(recent) >= _ATTEMPTS

    def note(self, login: str) -> None:
        """Count a failure."""
        self._failed.setdefault(login, []).append(time.monotonic())


def _refused(message: str, status: int = 401) -> Refusal:
    return Refusal.of(Answer(status, {"message": message, "traceID": ""}, JSON_UTF8))


def authenticated(store: Store, header: str, org_header: str, attempts: Attempts) -> Identity:
    """Return who a request's Authorization header names; without one, nobody."""
    if not header:
        return NOBODY
    scheme, _space, value = header.partition(" ")
    if scheme == "Bearer" and value:
        return by_token(store, value)
    try:
        decoded = base64.b64decode(value, validate=True).decode() if scheme == "Basic" else ""
    except (ValueError, binascii.Error):
        decoded = ""
    if not decoded:
        raise _refused("Invalid Basic Auth Header")
    login, _colon, password = decoded.partition(":")
    if login == "api_key":
        return by_token(store, password)
    user = None if attempts.blocked(login) else user_by_password(store, login, password)
    if user is None:
        attempts.note(login)
        raise _refused("invalid username or password")
    return identity_of(user, int(org_header) if org_header.isdigit() and int(org_header) else 0)


def user_by_password(store: Store, login: str, password: str) -> Document | None:
    """Return the user with this login and password, when there is one and it is enabled."""
    user = user_named(store, login)
    return user if user and not user["isDisabled"] and _right(user, password) else None


def identity_of(user: Document, org: int = 0) -> Identity:
    """Return a user in an organisation: the one given, else the one that they use."""
    chosen = org or int(user["orgId"])
    # Recorded: an administrator of the server is one of every organisation, a member or not.
    role = user["orgs"].get(str(chosen)) or (ADMIN if user["isAdmin"] else "")
    return Identity(user["id"], user["login"], chosen, role, user["isAdmin"])


def user_named(store: Store, login: str) -> Document | None:
    """Return the user with this login or e-mail address."""
    found = store.named(EVERYWHERE, "user", login)
    return found[0] if found else next((u for u in store.all(EVERYWHERE, "user") if u["email"] == login), None)


def administrator(store: Store, number: int = 0) -> Document | None:
    """Return the administrator of the server with this id, or the first one."""
    users = [user for user in store.all(EVERYWHERE, "user") if user["isAdmin"]]
    return next((user for user in users if number in (0, user["id"])), None)


def add_user(store: Store, user: Document, password: str) -> Document:
    """Write a new user: login, email, name, isAdmin, orgs ({id: role}); return it with what is added."""
    number, now = store.next_id("user"), instant()
    complete = {
        "id": number, "email": "", "name": "", "theme": "", "orgId": 1, "isAdmin": False, "isDisabled": False,
        "createdAt": now, "updatedAt": now, "seenAt": "", **user,
    }  # fmt: skip
    set_password(store, complete, password)
    return complete


def set_password(store: Store, user: Document, password: str) -> None:
    """Write a user with a new password."""
    salt = secrets.token_hex(8)
    user.update(salt=salt, password=_derived(password, salt))
    store.put(EVERYWHERE, "user", str(user["id"]), user, name=user["login"])


_known_right: set[tuple[str, str]] = set()


def _right(user: Document, password: str) -> bool:
    # Deriving takes milliseconds; a password that was right for this digest is so again.
    seen = (user["password"], hashlib.sha256(f"{user['salt']}:{password}".encode()).hexdigest())
    if seen not in _known_right and hmac.compare_digest(_derived(password, user["salt"]), user["password"]):
        _known_right.add(seen)
    return seen in _known_right


def _derived(password: str, salt: str) -> str:
    return hashlib.pbkdf2_hmac("sha256", password.encode(), salt.encode(), 10_000).hex()


def digest_of_token(token: str) -> str:
    """Return the uid under which a token is kept."""
    return hashlib.sha256(token.encode()).hexdigest()


def by_token(store: Store, token: str) -> Identity:
    """Return the identity behind a token: kind "token" with "org", "role" and, when it ends, "expires" (Unix time)."""
    known = store.get(EVERYWHERE, "token", digest_of_token(token))
    if known is None:
        raise _refused("invalid API key", 500 if _well_formed(token) else 401)
    if known.get("expires") and known["expires"] < time.time():
        raise Refusal.of(Answer(401, {"message": "Expired API key"}, JSON_UTF8))
    return replace(Identity(), org=known["org"], role=known["role"])


def _well_formed(token: str) -> bool:
    """Tell whether a token has the shape that makes Grafana look for it in its database."""
    if found := re.fullmatch(r"(glsa_[0-9A-Za-z]{32})_([0-9a-f]{8})", token):
        return f"{zlib.crc32(found[1].encode()):08x}" == found[2]
    try:
        return base64.b64decode(token, validate=True).startswith(b"{")
    except binascii.Error:
        return False
