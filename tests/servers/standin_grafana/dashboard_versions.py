"""Versions of dashboards, their import and their check: recorded in 04-dashboards.json and 04b-dashboards-more.json."""

from __future__ import annotations

import json
from typing import Any

from . import dashboard_records as records
from .access import EDITOR, VIEWER, Need
from .answers import Refusal
from .dashboards import found, save_dashboard, saved
from .routing import Call, Routes
from .slugs import slug_of
from .store import EVERYWHERE

__all__ = ["routes"]

routes = Routes()

READ = Need("dashboards:read", VIEWER)
WRITE = Need("dashboards:write", EDITOR)
CREATE = Need("dashboards:create", EDITOR)

Object = dict[str, Any]


@routes.get("/api/dashboards/uid/<uid>/versions", needs=WRITE)
@routes.get("/api/dashboards/id/<id:int>/versions", needs=WRITE)
def list_versions(call: Call) -> object:
    """Return the versions of a dashboard with their models, newest first."""
    kept = records.versions(call.store, call.org, found(call))
    users = {user["login"]: user["id"] for user in call.store.all(EVERYWHERE, "user")}
    return [
        {
            **version,
            "dashboardUid": "",
            "restoredFrom": 0,
            "createdBy": users.get(version["createdBy"], 0),
            "message": version["message"] if version["parentVersion"] else "Initial save",
        }
        for version in kept[: call.number("limit", 1000) or 1000]
    ]


@routes.get("/api/dashboards/uid/<uid>/versions/<version:int>", needs=WRITE)
def get_version(call: Call) -> object:
    """Return one version."""
    record = found(call)
    for version in records.versions(call.store, call.org, record):
        if version["version"] == int(call.args["version"]):
            data = {**version["data"], "id": record["id"]}
            return {**version, "uid": record["uid"], "restoredFrom": 0, "data": data}
    raise Refusal(404, "Dashboard version not found")


@routes.post("/api/dashboards/uid/<uid>/restore", needs=WRITE)
def restore_by_uid(call: Call) -> object:
    """Refuse: the recorded server finds no version by a dashboard's uid."""
    found(call)
    raise Refusal(404, "Dashboard version not found")


@routes.post("/api/dashboards/id/<id:int>/restore", needs=WRITE)
def restore_by_id(call: Call) -> object:
    """Write a former version as the newest one."""
    record, wanted = found(call), call.json(version=int).get("version")
    version = call.store.get(call.org, "dashboard_version", f"{record['id']}/{wanted}")
    if version is None:
        raise Refusal(404, "Dashboard version not found")
    model = {**version["data"], "uid": record["uid"], "id": record["id"]}
    message = f"Restored from version {wanted}"
    return saved(save_dashboard(call, model, record["folderUid"], overwrite=True, message=message))


@routes.post("/api/dashboards/validate", needs=READ)
def validate(call: Call) -> object:
    """Accept any JSON: the recorded server, whose check is off, did."""
    call.json()
    return {"isValid": True}


@routes.post("/api/dashboards/import", needs=CREATE)
def import_dashboard(call: Call) -> object:
    """Save an exported dashboard with its inputs replaced."""
    wanted = call.json(folderUid=str, overwrite=bool, inputs=list)
    folder_uid = wanted.get("folderUid") or ""
    folder = call.store.get(call.org, "folder", folder_uid)
    if folder_uid and folder is None:
        raise Refusal(400, "folder not found")
    text = json.dumps({name: part for name, part in (wanted.get("dashboard") or {}).items() if name != "__inputs"})
    for value in wanted.get("inputs") or []:
        text = text.replace(f"${{{value['name']}}}", json.dumps(value["value"])[1:-1])
    record = save_dashboard(call, json.loads(text), folder_uid, overwrite=bool(wanted.get("overwrite")))
    slug, url = slug_of(record["title"]), records.dashboard_url(record)
    return {
        "uid": record["uid"],
        "pluginId": "",
        "title": record["title"],
        "imported": True,
        "importedUri": f"db/{slug}",
        "importedUrl": url,
        "slug": slug,
        "dashboardId": record["id"],
        "folderId": folder["id"] if folder else 0,
        "folderUid": folder_uid,
        "importedRevision": 1,
        "revision": 1,
        "description": "",
        "path": "",
        "removed": False,
    }
