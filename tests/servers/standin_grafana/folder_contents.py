"""What lies in a folder besides dashboards: library panels, a little as in 21-misc.json, and how many of what."""

from __future__ import annotations

from typing import Any

from .access import EDITOR, VIEWER, Need
from .answers import Refusal
from .dashboard_records import in_folder
from .documented import documented
from .folders import found_folder
from .routing import Call, Routes

__all__ = ["routes"]

routes = Routes()

_PAGE = 100


@routes.get("/api/library-elements", needs=Need("library.panels:read", VIEWER))
def list_library_elements(call: Call) -> object:
    """Return a page of the library panels."""
    size, page = call.number("perPage", _PAGE) or _PAGE, max(call.number("page", 1), 1)
    elements = call.store.all(call.org, "library_element")
    part = elements[(page - 1) * size : page * size]
    return {"result": {"totalCount": len(elements), "elements": part, "page": page, "perPage": size}}


@routes.post("/api/library-elements", needs=Need("library.panels:create", EDITOR))
def create_library_element(call: Call) -> object:
    """Make a library panel."""
    wanted = call.json(uid=str, name=str, folderUid=str, model=dict)
    uid, folder = str(wanted.get("uid")), wanted.get("folderUid") or ""
    if call.store.get(call.org, "library_element", uid):
        raise Refusal(400, "library element with that name or UID already exists", traceID="")
    model = wanted.get("model") or {}
    element: dict[str, Any] = {
        "id": call.store.next_id("library_element"),
        "orgId": call.org,
        "folderUid": folder,
        "uid": uid,
        "name": wanted.get("name"),
        "kind": wanted.get("kind"),
        "type": model.get("type", ""),
        "description": "",
        "model": {"description": "", **model},
        "version": 1,
    }
    call.store.put(call.org, "library_element", uid, element, name=str(element["name"]))
    return {"result": element}


@routes.get("/api/folders/<uid>/counts", needs=Need("folders:read", VIEWER))
def count(call: Call) -> object:
    """Return how many of what lie directly in a folder; the recorded server does not know how to count."""
    if not call.settings.newer:
        raise Refusal(404, "Not found")
    return _counts(call, found_folder(call)["uid"])


@documented("GET /api/folders/<uid>/counts says how many folders, dashboards, library panels and alert rules lie in it")
def _counts(call: Call, uid: str) -> dict[str, int]:
    rules, elements = call.store.all(call.org, "alert_rule"), call.store.all(call.org, "library_element")
    return {
        "folder": sum(folder["parentUid"] == uid for folder in call.store.all(call.org, "folder")),
        "dashboard": len(in_folder(call.store, call.org, uid)),
        "librarypanel": sum(element["folderUid"] == uid for element in elements),
        "alertrule": sum(rule["folderUID"] == uid for rule in rules),
    }
