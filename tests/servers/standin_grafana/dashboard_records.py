"""Dashboards as they lie in the store: what is listed, apart from the model and the models of former versions."""

from __future__ import annotations

import json
from typing import Any

from .slugs import slug_of
from .store import Store, instant

__all__ = ["Record", "by_title", "dashboard_url", "in_folder", "model_of", "note", "remove", "save", "versions"]

Record = dict[str, Any]


def dashboard_url(record: Record) -> str:
    """Return the path of a dashboard's page."""
    return f"/d/{record['uid']}/{slug_of(record['title']) or record['uid']}"


def _name(folder: str, title: str) -> str:
    return f"{folder}/{title.lower()}"


def by_title(store: Store, org: int, folder: str, title: str) -> Record | None:
    """Return the dashboard of a folder with this title in any case."""
    found = store.named(org, "dashboard", _name(folder, title))
    return found[0] if found else None


def in_folder(store: Store, org: int, folder: str) -> list[Record]:
    """Return the dashboards of a folder."""
    return [record for record in store.all(org, "dashboard") if record["folderUid"] == folder]


def model_of(store: Store, org: int, record: Record) -> Record:
    """Return the model with the id, uid and version that the server gives it."""
    model = store.get(org, "dashboard_model", str(record["id"])) or {}
    return _sorted({**model, "id": record["id"], "uid": record["uid"], "version": record["version"]})


def save(
    store: Store, org: int, model: Record, *, over: Record | None, by: str, message: str = "", **fields: object
) -> Record:
    """Write a dashboard as a new one, or over the one given, with these fields: uid, title, folderUid, provisioned.

    A new one keeps no id in the model of its first version: it had none yet when that was written.
    """
    now, number = instant(), over["id"] if over else store.next_id("dashboard")
    version = over["version"] + 1 if over else 1
    made = {name: over[name] for name in ("createdBy", "created")} if over else {"createdBy": by, "created": now}
    tags = model.get("tags")
    record = {
        "provisioned": None,
        **(over or {}),
        **fields,
        "id": number,
        "version": version,
        "tags": tags if isinstance(tags, list) else [],
        **made,
        "updatedBy": by,
        "updated": now,
    }
    if over and over["uid"] != record["uid"]:
        store.delete(org, "dashboard", over["uid"])
    note(store, org, record)
    kept = {name: value for name, value in model.items() if name != "id"}
    kept.update({"id": number} if over else {}, title=record["title"], uid=record["uid"], version=version)
    store.put(org, "dashboard_model", str(number), kept)
    _keep_version(store, org, record, kept, message if over else "")
    return record


def note(store: Store, org: int, record: Record) -> None:
    """Write what is listed of a dashboard, and leave its model as it is."""
    store.put(org, "dashboard", record["uid"], record, name=_name(record["folderUid"], record["title"]))


def _keep_version(store: Store, org: int, record: Record, model: Record, message: str) -> None:
    version = {
        "id": store.next_id("dashboard_version"),
        "dashboardId": record["id"],
        "parentVersion": record["version"] - 1,
        "version": record["version"],
        "created": record["updated"],
        "createdBy": record["updatedBy"],
        "message": message,
        "data": model,
    }
    store.put(org, "dashboard_version", f"{record['id']}/{record['version']}", version, name=str(record["id"]))


def versions(store: Store, org: int, record: Record) -> list[Record]:
    """Return the versions of a dashboard, newest first."""
    return store.named(org, "dashboard_version", str(record["id"]))[::-1]


def remove(store: Store, org: int, record: Record) -> None:
    """Remove a dashboard with its versions."""
    for version in versions(store, org, record):
        store.delete(org, "dashboard_version", f"{record['id']}/{version['version']}")
    for kind in ("dashboard_model", "permissions"):
        store.delete(org, kind, str(record["id"]))
    store.delete(org, "dashboard", record["uid"])


def _sorted(model: Record) -> Record:
    result: Record = json.loads(json.dumps(model, sort_keys=True))
    return result
