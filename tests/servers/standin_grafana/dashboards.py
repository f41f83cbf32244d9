"""Dashboards: recorded in 04-dashboards.json and 04b-dashboards-more.json."""

from __future__ import annotations

import re
from typing import Any

from . import dashboard_records as records
from .access import ADMIN, EDITOR, VIEWER, Need
from .answers import Refusal
from .documented import seen
from .folders import add_folder, folder_url, remove_folder
from .library_panels import connected
from .refreshes import refresh_seconds
from .routing import Call, Routes
from .settings import BY_TITLE
from .slugs import same_page, slug_of
from .store import new_uid

__all__ = ["found", "routes", "save_dashboard", "saved"]

routes = Routes()

READ = Need("dashboards:read", VIEWER)
SAVE = Need("any of dashboards:create, dashboards:write", EDITOR)
DELETE = Need("dashboards:delete", EDITOR)

Object = dict[str, Any]


def found(call: Call) -> Object:
    """Return the dashboard that the path names by uid or id, or refuse with 404."""
    if "id" in call.args:
        record = call.store.by_id(call.org, "dashboard", int(call.args["id"]))
    else:
        record = call.store.get(call.org, "dashboard", call.args["uid"])
    if record is None:
        raise Refusal(404, "Dashboard not found", traceID="")
    return record


@routes.get("/api/dashboards/uid/<uid>", needs=READ)
def get_dashboard(call: Call) -> object:
    """Return a dashboard with what is known about it; a folder is one, too."""
    if folder := call.store.get(call.org, "folder", call.args["uid"]):
        model = {**{name: folder[name] for name in ("id", "title", "uid", "version")}, "schemaVersion": 17}
        own = {"slug": slug_of(folder["title"]), "url": folder_url(folder), "isFolder": True}
        return {"meta": _meta(call, folder, own, folder["parentUid"]), "dashboard": model}
    record = found(call)
    own = {"slug": slug_of(record["title"]), "url": records.dashboard_url(record), "isFolder": False}
    meta = _meta(call, record, own, record["folderUid"])
    return {"meta": meta, "dashboard": records.model_of(call.store, call.org, record)}


def _meta(call: Call, record: Object, own: Object, folder_uid: str) -> Object:
    edits, folder = call.who.may(EDITOR), call.store.get(call.org, "folder", folder_uid)
    source = record.get("provisioned") or {}
    all_or_none = {"canAdd": edits, "canEdit": edits, "canDelete": edits}
    return {
        "type": "db",
        "canSave": edits,
        "canEdit": edits,
        "canAdmin": call.who.may(ADMIN),
        "canStar": True,
        "canDelete": edits,
        "expires": "0001-01-01T00:00:00Z",
        **own,
        "hasAcl": False,
        **{name: record[name] for name in ("created", "updated", "updatedBy", "createdBy", "version")},
        "folderId": folder["id"] if folder else 0,
        "folderUid": folder_uid,
        "folderTitle": folder["title"] if folder else "General",
        "folderUrl": folder_url(folder) if folder else "",
        "provisioned": bool(source.get("locked")),
        "provisionedExternalId": source.get("externalId", ""),
        "annotationsPermissions": {
            "dashboard": dict.fromkeys(all_or_none, True),
            "organization": all_or_none,
        },
        "hasPublicDashboard": False,
        "publicDashboardAccessToken": "",
        "publicDashboardUid": "",
        "publicDashboardEnabled": False,
    }


def saved(record: Object) -> Object:
    """Return what is answered after a save."""
    url, slug = records.dashboard_url(record), slug_of(record["title"])
    names = ("id", "uid", "version")
    return {**{name: record[name] for name in names}, "slug": slug, "status": "success", "url": url}


@routes.post("/api/dashboards/db", needs=SAVE)
def post_dashboard(call: Call) -> object:
    """Save a dashboard, as a new one or over one that is there."""
    wanted = call.json(overwrite=bool, folderUid=str, folderId=int, message=str, isFolder=bool)
    if wanted.get("dashboard") is None:
        raise Refusal(400, "bad request data", traceID="")
    model = wanted["dashboard"] if isinstance(wanted["dashboard"], dict) else {}
    folder = _folder_of(call, wanted)
    if wanted.get("isFolder"):
        made = add_folder(call.store, call.org, {"uid": model["uid"], "title": model["title"]}, by=call.who.login)
        return {**saved(made), "url": folder_url(made)}
    overwrite, message = bool(wanted.get("overwrite")), wanted.get("message") or ""
    record = save_dashboard(call, _refreshed(call, model), folder, overwrite=overwrite, message=message)
    return connected(call, model) or saved(record)


@seen("a refresh below the least interval of the server, or one that is no duration, is stored as that interval")
def _refreshed(call: Call, model: Object) -> Object:
    least, refresh = call.settings.get("dashboards", "min_refresh_interval"), model.get("refresh")
    if not least or not isinstance(refresh, str) or not refresh:
        return model
    seconds = refresh_seconds(refresh)
    return {**model, "refresh": least} if seconds is None or seconds < (refresh_seconds(least) or 0) else model


def _folder_of(call: Call, wanted: Object) -> str:
    if uid := wanted.get("folderUid"):
        if call.store.get(call.org, "folder", uid) is None:
            raise Refusal(400, "Folder not found", traceID="")
        return str(uid)
    if number := wanted.get("folderId"):
        folder = call.store.by_id(call.org, "folder", number)
        if folder is None:
            raise Refusal(404, "Folder not found", traceID="")
        return str(folder["uid"])
    return ""


def save_dashboard(call: Call, model: Object, folder: str, *, overwrite: bool, message: str = "") -> Object:
    """Write a model into a folder and return its record; everything that Grafana refuses is refused."""
    title, uid = _title_of(model), model.get("uid") or ""
    _check_names(call, title, uid, folder)
    over = _same_dashboard(call, model, uid)
    if over and not overwrite and model.get("version") != over["version"]:
        raise Refusal(412, "The dashboard has been changed by someone else", status="version-mismatch")
    if over and (over["provisioned"] or {}).get("locked"):
        raise Refusal(400, "Cannot save provisioned dashboard")
    same_title = _of_title(call, folder, title, over)
    if same_title and (over is None or same_title["id"] != over["id"]):
        if not overwrite:
            raise Refusal(412, "A dashboard with the same name in the folder already exists", status="name-exists")
        # Recorded: the one that has the title is written, and its uid is answered in place of the one that was sent.
        over, uid = same_title, same_title["uid"]
    uid = uid or (over["uid"] if over else new_uid())
    by = call.who.login or "Anonymous"
    fields = {"uid": uid, "title": title, "folderUid": folder}
    return records.save(call.store, call.org, model, over=over, by=by, message=message, **fields)


def _of_title(call: Call, folder: str, title: str, over: Object | None) -> Object | None:
    if call.settings.release >= BY_TITLE:
        return records.by_title(call.store, call.org, folder, title)
    return _of_page(call, folder, title, over)


@seen("before 9.5 two dashboards of a folder are of one title when the paths of their pages are the same")
def _of_page(call: Call, folder: str, title: str, over: Object | None) -> Object | None:
    there = records.in_folder(call.store, call.org, folder)
    alike = [record for record in there if same_page(record["title"], title) and record != over]
    return alike[0] if alike else None


def _title_of(model: Object) -> str:
    title = model.get("title")
    title = title.strip() if isinstance(title, str) else ""
    if not title:
        raise Refusal(400, "Dashboard title cannot be empty", status="empty-name")
    return title


def _check_names(call: Call, title: str, uid: str, folder: str) -> None:
    own = call.store.get(call.org, "folder", folder)
    same = [own] if own else call.store.named(call.org, "folder", f"/{title.lower()}")
    if any(found["title"].lower() == title.lower() for found in same) or _is_a_folder(call, title):
        raise Refusal(400, "Dashboard name cannot be the same as folder", status="name-match")
    if uid and not re.fullmatch(r"[A-Za-z0-9_-]+", uid):
        raise Refusal(400, "uid contains illegal characters")
    if len(uid) > 40:
        raise Refusal(400, "uid too long, max 40 characters")


@seen("before 9.5 no dashboard has a title of which a folder has the path, wherever that is")
def _is_a_folder(call: Call, title: str) -> bool:
    folders = call.store.all(call.org, "folder") if call.settings.release < BY_TITLE else []
    return any(same_page(folder["title"], title) for folder in folders)


def _same_dashboard(call: Call, model: Object, uid: str) -> Object | None:
    """Return the dashboard that the model's id or uid means."""
    if uid and call.store.get(call.org, "folder", uid):
        raise Refusal(400, "Dashboard cannot be changed to a folder")
    by_uid = call.store.get(call.org, "dashboard", uid) if uid else None
    number = model.get("id")
    if not number:
        return by_uid
    by_id = call.store.by_id(call.org, "dashboard", number)
    if by_id is None:
        raise Refusal(404, "Dashboard not found", status="not-found")
    if by_uid and by_uid["id"] != number:
        raise Refusal(400, "A dashboard with the same uid already exists")
    return by_id


@routes.delete("/api/dashboards/uid/<uid>", needs=DELETE)
def delete_dashboard(call: Call) -> object:
    """Remove a dashboard; the uid of a folder removes the folder with all that is in it."""
    if folder := call.store.get(call.org, "folder", call.args["uid"]):
        remove_folder(call, folder)
        record = folder
    else:
        record = found(call)
        if record["provisioned"]:
            raise Refusal(400, "provisioned dashboard cannot be deleted", traceID="")
        records.remove(call.store, call.org, record)
    return {"id": record["id"], "message": f"Dashboard {record['title']} deleted", "title": record["title"]}


@routes.get("/api/dashboards/tags")
def list_tags(call: Call) -> object:
    """Return how many dashboards have each tag."""
    counts: dict[str, int] = {}
    for record in call.store.all(call.org, "dashboard"):
        for tag in record["tags"]:
            counts[tag] = counts.get(tag, 0) + 1
    return [{"term": tag, "count": counts[tag]} for tag in sorted(counts)]
