"""How many of what lie in a folder."""

from __future__ import annotations

from .access import VIEWER, Need
from .answers import Refusal
from .dashboard_records import in_folder
from .documented import documented
from .folders import found_folder
from .routing import Call, Routes

__all__ = ["routes"]

routes = Routes()


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
