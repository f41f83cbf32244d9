"""Permissions of folders and dashboards, which are kept and heeded by nothing: recorded in 03-folders.json and 04."""

from __future__ import annotations

from typing import Any

from .access import ADMIN, Need
from .answers import Refusal
from .dashboard_records import dashboard_url
from .dashboards import found
from .folders import folder_url, found_folder
from .routing import Call, Routes
from .slugs import slug_of
from .store import EVERYWHERE, instant

__all__ = ["routes"]

routes = Routes()

FOLDER_READ = Need("folders.permissions:read", ADMIN)
FOLDER_WRITE = Need("folders.permissions:write", ADMIN)
READ = Need("dashboards.permissions:read", ADMIN)
WRITE = Need("dashboards.permissions:write", ADMIN)
_NAMES = {1: "View", 2: "Edit", 4: "Admin"}
_DONE = {"message": "Dashboard permissions updated"}
_AVATAR = "/public/img/user_profile.png"

Object = dict[str, Any]


@routes.get("/api/folders/<uid>/permissions", needs=FOLDER_READ)
def get_of_folder(call: Call) -> object:
    """Return the permissions of a folder."""
    folder = found_folder(call)
    kept = call.store.get(call.org, "permissions", str(folder["id"])) or {"items": []}
    about = {"isFolder": True, "url": folder_url(folder)}
    return [{"folderId": folder["id"], **_shown(call, item, folder), **about} for item in kept["items"]]


@routes.post("/api/folders/<uid>/permissions", needs=FOLDER_WRITE)
def set_of_folder(call: Call) -> object:
    """Replace the permissions of a folder."""
    return _replaced(call, found_folder(call))


@routes.get("/api/dashboards/uid/<uid>/permissions", needs=READ)
def get_of_dashboard(call: Call) -> object:
    """Return the permissions of a dashboard; who made one in no folder administers it."""
    record = found(call)
    kept = call.store.get(call.org, "permissions", str(record["id"]))
    makers = call.store.named(EVERYWHERE, "user", record["createdBy"]) if not record["folderUid"] else []
    items = kept["items"] if kept else [{"userId": user["id"], "permission": 4} for user in makers]
    about = {"isFolder": False, "url": dashboard_url(record)}
    return [{"dashboardId": record["id"], **_shown(call, item, record), **about} for item in items]


@routes.post("/api/dashboards/uid/<uid>/permissions", needs=WRITE)
def set_of_dashboard(call: Call) -> object:
    """Replace the permissions of a dashboard."""
    return _replaced(call, found(call))


def _replaced(call: Call, record: Object) -> object:
    items = call.json(items=list).get("items") or []
    if any(item.get("userId") and not _user(call, item) for item in items):
        raise Refusal(500, "Failed to create permission", traceID="")
    now = instant()
    kept = [{**item, "created": now, "updated": now} for item in items]
    call.store.put(call.org, "permissions", str(record["id"]), {"items": kept})
    return _DONE


def _user(call: Call, item: Object) -> Object | None:
    return call.store.get(EVERYWHERE, "user", str(item.get("userId")))


def _shown(call: Call, item: Object, record: Object) -> Object:
    user = _user(call, item) or {"id": 0, "login": "", "email": ""}
    return {
        "created": item.get("created", record["created"]),
        "updated": item.get("updated", record["created"]),
        "userId": user["id"],
        "userLogin": user["login"],
        "userEmail": user["email"],
        "userAvatarUrl": _AVATAR,
        "teamId": 0,
        "teamEmail": "",
        "teamAvatarUrl": "",
        "team": "",
        **({"role": item["role"]} if item.get("role") else {}),
        "permission": item["permission"],
        "permissionName": _NAMES[item["permission"]],
        "uid": record["uid"],
        "title": record["title"],
        "slug": slug_of(record["title"]),
        "inherited": False,
    }
