# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Native users, roles and role mappings of Elasticsearch, and whether a password is still the one that was set."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from .._api.plan import PlanError
from .._api.secret_digest import checked_digest_key, secret_digest
from .normal import listed, without_empty
from .objects import Item, Kind
from .shapes import mapping_misfit, role_misfit, user_misfit

__all__ = ["MAPPINGS", "ROLES", "USERS", "refuse_reserved", "role_normal", "with_passwords"]

_METADATA = ("metadata",)
_SHORTEST = 6
# What the order, and one alone without a list, means nothing in.
_SETS = ("names", "privileges", "resources", "clusters")


def _user(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return a user without what Elasticsearch never shows, and without its name."""
    kept = {key: value for key, value in body.items() if key not in ("password", "username")}
    return without_empty({"enabled": True, **kept, "roles": sorted(listed(kept.get("roles")))})


def role_normal(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return a role, or the descriptor of one, as Elasticsearch keeps it: without order and with its defaults."""
    normal = {key: value for key, value in body.items() if key not in ("transient_metadata", "index")}
    for key in ("cluster", "run_as"):
        normal[key] = sorted(listed(body.get(key)))
    normal["indices"] = _grants(body.get("indices") or body.get("index"), {"allow_restricted_indices": False})
    normal["remote_indices"] = _grants(body.get("remote_indices"), {"allow_restricted_indices": False})
    normal["applications"] = _grants(body.get("applications"), {})
    return without_empty(normal)


def _grants(grants: Any, defaults: Mapping[str, Any]) -> list[dict[str, Any]]:
    found = []
    for grant in listed(grants):
        sets = {key: sorted(listed(grant[key])) for key in _SETS if key in grant}
        query = {"query": _parsed(grant["query"])} if grant.get("query") else {}
        found.append({**defaults, **without_empty({**grant, **sets, **query})})
    return sorted(found, key=lambda grant: json.dumps(grant, sort_keys=True))


def _parsed(query: Any) -> Any:
    """Return a query, which Elasticsearch keeps as a text, as what it means."""
    try:
        return json.loads(query) if isinstance(query, str) else query
    except ValueError:
        return query


def _mapping(body: Mapping[str, Any]) -> dict[str, Any]:
    return without_empty({"enabled": True, **body, "roles": sorted(listed(body.get("roles")))})


ROLES = Kind("role", "roles", "/_security/role", dict, role_normal, marked=_METADATA, misfit=role_misfit)
USERS = Kind("user", "users", "/_security/user", dict, _user, marked=_METADATA, misfit=user_misfit)
MAPPINGS = Kind(
    "role mapping",
    "role_mappings",
    "/_security/role_mapping",
    dict,
    _mapping,
    lambda body: {"enabled": True, **body},
    marked=_METADATA,
    misfit=mapping_misfit,
)


def refuse_reserved(items: Iterable[str], there: Mapping[str, Item]) -> None:
    """Raise PlanError for what Elasticsearch keeps for itself."""
    for key in items:
        if key in there and (there[key].body.get("metadata") or {}).get("_reserved"):
            raise PlanError(f"The {key} is reserved by Elasticsearch and cannot be changed. Use another name.")


def with_passwords(
    items: Mapping[str, Item], there: Mapping[str, Item], passwords: Mapping[str, str], digest_key: str | None
) -> dict[str, Item]:
    """Return the users with their passwords, and a digest of each beside its mark.

    Raises PlanError for a new user without a password, and for passwords without a key for their digests.
    """
    key, found = checked_digest_key(digest_key), {}
    for name, item in items.items():
        if "password" in item.body or "password_hash" in item.body:
            raise PlanError(f"The {name} has a password in users. Give it in passwords, which no message shows.")
        note, password = USERS.note(item.body), passwords.get(item.name)
        if password is None:
            if name not in there:
                raise PlanError(f"The {name} does not exist yet and needs a password: add it to passwords.")
            kept = {one: value for one, value in USERS.note(there[name].body).items() if one == "secrets"}
            found[name] = Item(item.name, USERS.noted(item.body, {**note, **kept}))
            continue
        if not key:
            raise PlanError(
                "Elasticsearch never shows a password again: give secret_digest_key, a secret of its own, so that a "
                "changed password is noticed."
            )
        if len(password) < _SHORTEST:
            raise PlanError(f"The password of the {name} has fewer than {_SHORTEST} characters. Use a longer one.")
        digest = secret_digest(key, f"elasticsearch {name}", {"password": password})
        body = USERS.noted(item.body, {**note, "secrets": digest})
        found[name] = Item(item.name, {**body, "password": password})
    return found
