# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Contact points of Grafana: integrations, of which several can have one name."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any
from uuid import uuid4

from ..._api.owner import owner_of
from ..._api.plan import PlanError, by_key
from ..._api.resource import Plan, Step
from ..._api.secret_digest import checked_digest_key, secret_digest
from ..._http.secret_spellings import secrets_in_urls
from .objects import REDACTED, AlertingApi, Entry, Scope, path_of

__all__ = ["apply", "plan", "secrets_of"]

# Grafana keeps unknown settings, so the mark and the digest of the secrets are stored there.
_MARK = "vigil"
_Path = tuple[str, ...]


def secrets_of(listed: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return the values that no message may show."""
    found: list[str] = []
    for item in listed:
        leaves = [value for _path, value in _leaves(item["secure_settings"] or {})]
        found += [str(value) for value in leaves if value is not None and not isinstance(value, bool)]
        settings = item["settings"] or {}
        found += [*secrets_in_urls(settings), *(f"{settings.get('username')}:{secret}" for secret in leaves)]
    return found


def plan(api: AlertingApi, listed: Sequence[Mapping[str, Any]], scope: Scope, *, digest_key: str | None) -> Plan:
    """Return the plan for the contact points.

    An integration is identified by its uid, or without one by its name and type. Raises PlanError, by index, for
    secrets without a key, secrets among the open settings, and ambiguous integrations.
    """
    by_key(listed, _label, option="contact_points", what="contact point")
    digests = checked_digest_key(digest_key)
    there = [dict(item) for item in api.read(path_of("contact-points"), "list the contact points") or ()]
    wanted: dict[str, Entry] = {}
    found: dict[str, Entry] = {}
    claimed: set[str] = set()
    for index, item in enumerate(listed):
        where = f"contact_points[{index}] ({item['name']!r})"
        match = _match(item, there, where)
        key = f"contact point {_label(item)!r}"
        uid = match["uid"] if match else item["uid"] or _free_uid(item, there)
        wanted[key] = _desired(item, match, digests, scope, where, uid)
        if match and match["uid"] in claimed:
            raise PlanError(f"{where} is the one with the uid {match['uid']!r}, which is already listed.")
        if match:
            found[key] = _found(match, item)
            claimed.add(match["uid"])
    others = [item for item in there if item["uid"] and item["uid"] not in claimed]
    found.update({f"contact point {_label(item)!r}": _found(item, None) for item in others})
    made = scope.planned(wanted, found)
    if any(step.after for step in made.steps):
        _check_types(api, listed)
    return made


def apply(api: AlertingApi, step: Step) -> None:
    """Make one change."""
    path = path_of("contact-points", step.before.address if step.before else "")
    if step.action == "delete":
        api.apply("DELETE", path, step)
    else:
        api.apply("POST" if step.action == "create" else "PUT", path, step, step.after.body)


def _label(item: Mapping[str, Any]) -> str:
    return f"{item['name']} ({item['type']}{', uid ' + item['uid'] if item.get('uid') else ''})"


def _match(item: Mapping[str, Any], there: Iterable[dict[str, Any]], where: str) -> dict[str, Any] | None:
    if item["uid"]:
        return next((one for one in there if one["uid"] == item["uid"]), None)
    alike = [one for one in there if (one["name"], one["type"]) == (item["name"], item["type"])]
    if len(alike) > 1:
        uids = ", ".join(one["uid"] for one in alike)
        raise PlanError(f"{where}: Grafana has {len(alike)} of this name and type. Choose one by its uid: {uids}.")
    if alike and not alike[0]["uid"]:
        raise PlanError(
            f"{where} is Grafana's built-in one, which cannot be changed through the API. Choose another name, "
            "and make that one the receiver of the notification policy."
        )
    return alike[0] if alike else None


def _free_uid(item: Mapping[str, Any], there: Iterable[Mapping[str, Any]]) -> str:
    """Return a uid for a new one: without it, a repeated request would create a second one."""
    uid = hashlib.sha256(_label(item).encode()).hexdigest()[:14]
    return uuid4().hex[:14] if uid in [one["uid"] for one in there] else uid


def _desired(
    item: Mapping[str, Any], match: Mapping[str, Any] | None, digest_key: str, scope: Scope, where: str, uid: str
) -> Entry:
    secrets = _filled(item["secure_settings"] or {})
    if secrets and not digest_key:
        raise PlanError(
            f"{where} has secure_settings, which Grafana never shows again. Set secret_digest_key to a secret, so that "
            "changed secrets can be detected."
        )
    if not match and any(value == REDACTED for _path, value in _leaves(secrets)):
        raise PlanError(
            f"{where} has {REDACTED!r} for a secret, but there is no existing contact point whose secret can be kept."
        )
    what = f"contact point {item['name']} ({item['type']})"
    digest = {"secrets": secret_digest(digest_key, what, secrets)} if secrets else {}
    mark = {"owner": scope.ownership.mark, **digest}
    settings = _without({**(item["settings"] or {}), _MARK: mark}, set())
    body = {"name": item["name"], "type": item["type"], "disableResolveMessage": item["disableResolveMessage"]}
    seen = {**body, "settings": settings, "secrets": sorted(".".join(path) for path, _value in _leaves(secrets))}
    body.update({"settings": _merged(settings, secrets), "uid": uid})
    return Entry(seen, body, uid, scope.ownership.owner)


def _found(there: Mapping[str, Any], item: Mapping[str, Any] | None) -> Entry:
    """Return the existing one; of what is secret to Grafana or in the wanted item, only the name is shown."""
    mark = there["settings"].get(_MARK)
    owner = owner_of(mark.get("owner")) if isinstance(mark, Mapping) else ""
    seen: dict[str, Any] = {"name": there["name"], "type": there["type"]}
    if item is not None:
        hidden = {path for path, _value in _leaves(_filled(item["secure_settings"] or {}))}
        hidden |= {path for path, value in _leaves(there["settings"]) if value == REDACTED}
        present = {path for path, value in _leaves(there["settings"]) if value not in ("", None)}
        seen["disableResolveMessage"] = there.get("disableResolveMessage", False)
        seen["settings"] = _without(there["settings"], hidden)
        seen["secrets"] = sorted(".".join(path) for path in hidden & present)
    return Entry(seen, there, there["uid"], owner)


def _check_types(api: AlertingApi, listed: Sequence[Mapping[str, Any]]) -> None:
    """Raise PlanError for a secret among the settings that diffs show. The server checks unknown types."""
    kinds = {kind["type"]: kind for kind in api.read("/api/alert-notifiers", "list the types of contact points")}
    for index, item in enumerate(listed):
        options = kinds.get(item["type"], {}).get("options") or ()
        given = {path for path, value in _leaves(item["settings"] or {}) if value}
        misplaced = sorted(".".join(path) for path in _secure(options, ()) if path in given)
        if misplaced:
            raise PlanError(
                f"contact_points[{index}] ({item['name']!r}): Grafana treats {', '.join(misplaced)} as secret. Move it "
                "from settings to secure_settings, so that it is never shown."
            )


def _secure(options: Iterable[Mapping[str, Any]], above: _Path) -> Iterator[_Path]:
    for option in options:
        path = (*above, option["propertyName"])
        if option.get("secure"):
            yield path
        yield from _secure(option.get("subformOptions") or (), path)


def _leaves(settings: Mapping[str, Any], above: _Path = ()) -> Iterator[tuple[_Path, Any]]:
    for key, value in settings.items():
        if isinstance(value, Mapping):
            yield from _leaves(value, (*above, key))
        else:
            yield (*above, key), value


def _filled(secrets: Mapping[str, Any]) -> dict[str, Any]:
    """Return the secrets without empty ones, which Grafana does not store."""
    below = {key: _filled(value) if isinstance(value, Mapping) else value for key, value in secrets.items()}
    return {key: value for key, value in below.items() if value not in ("", None, {})}


def _merged(open_settings: Mapping[str, Any], secrets: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(open_settings)
    for key, value in secrets.items():
        below = merged.get(key)
        if isinstance(below, Mapping) and isinstance(value, Mapping):
            merged[key] = _merged(below, value)
        else:
            merged[key] = value
    return merged


def _without(settings: Mapping[str, Any], hidden: set[_Path], above: _Path = ()) -> dict[str, Any]:
    """Return the settings without the hidden ones, and without what is then empty."""
    kept = {}
    for key, value in settings.items():
        below = _without(value, hidden, (*above, key)) if isinstance(value, Mapping) else value
        if (*above, key) not in hidden and below not in (None, {}):
            kept[key] = below
    return kept
