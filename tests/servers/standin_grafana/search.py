"""The search for folders and dashboards: recorded in 05-search.json and 24-large.json."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .access import EDITOR
from .answers import Refusal
from .dashboard_records import dashboard_url
from .documented import documented
from .folders import folder_url
from .routing import Call, Routes
from .slugs import slug_of

__all__ = ["routes"]

routes = Routes()

Object = dict[str, Any]

_PAGE, _LARGEST_PAGE = 1000, 5000
_SORTING = {"alpha-asc": ("ascending", "A–Z"), "alpha-desc": ("descending", "Z–A")}  # noqa: RUF001 - as Grafana shows it


@routes.get("/api/search/sorting")
def list_sorting(call: Call) -> object:
    """Return by what can be sorted."""
    return {
        "sortOptions": [
            {
                "description": f"Sort results in an alphabetically {order} order",
                "displayName": f"Alphabetically ({letters})",
                "meta": "",
                "name": name,
            }
            for name, (order, letters) in _SORTING.items()
        ]
    }


@routes.get("/api/search")
def search(call: Call) -> object:
    """Return a page of folders and dashboards by title, folders first."""
    limit = call.number("limit", _PAGE)
    limit = limit if limit > 0 else _PAGE
    if limit > _LARGEST_PAGE:
        message = "Limit is above maximum allowed (5000), use page parameter to access hits beyond limit"
        raise Refusal(422, message)
    if call.query.get("starred") == "true" or (call.query.get("permission") == "Edit" and not call.who.may(EDITOR)):
        return []
    hits = [hit for hit in _everything(call) if all(condition(hit) for condition in _conditions(call))]
    hits.sort(key=lambda hit: hit["title"].lower(), reverse=call.query.get("sort") == "alpha-desc")
    first = (max(call.number("page", 1), 1) - 1) * limit
    hits = hits[first : first + limit]
    if not call.query.get("sort"):
        hits.sort(key=lambda hit: (hit["type"] != "dash-folder", hit["title"].lower()))
    return [_shown(hit, sort_tags=not call.query.get("sort")) for hit in hits]


def _everything(call: Call) -> list[Object]:
    folders = {folder["uid"]: folder for folder in call.store.all(call.org, "folder")}
    dashboards = call.store.all(call.org, "dashboard")
    shown = [
        {**folder, "type": "dash-folder", "url": folder_url(folder), "tags": [], "in": folders.get(folder["parentUid"])}
        for folder in folders.values()
    ]
    return shown + [
        {**record, "type": "dash-db", "url": dashboard_url(record), "in": folders.get(record["folderUid"])}
        for record in dashboards
    ]


def _conditions(call: Call) -> list[Callable[[Object], bool]]:
    several, query = call.queries, call.query.get("query", "").lower().replace("%", "")
    tags, kind = set(several.get("tag", ())), call.query.get("type", "")
    uids = {*several.get("dashboardUID", ()), *several.get("dashboardUIDs", ())}
    ids = set(several.get("dashboardIds", ()))
    folders = set(several.get("folderIds", ()))
    conditions: list[Callable[[Object], bool]] = [lambda hit: query in hit["title"].lower()]
    if kind in {"dash-db", "dash-folder"}:
        conditions.append(lambda hit: hit["type"] == kind)
    if tags:
        conditions.append(lambda hit: tags <= set(hit["tags"]))
    if uids:
        conditions.append(lambda hit: hit["uid"] in uids)
    if ids:
        conditions.append(lambda hit: str(hit["id"]) in ids)
    if folders:
        conditions.append(lambda hit: str((hit["in"] or {"id": 0})["id"]) in folders)
    if call.settings.newer and several.get("folderUIDs"):
        conditions.append(_directly_in(set(several["folderUIDs"])))
    return conditions


@documented("GET /api/search?folderUIDs= finds what lies directly in these folders; `general` stands for none")
def _directly_in(folders: set[str]) -> Callable[[Object], bool]:
    return lambda hit: (hit["in"] or {"uid": "general"})["uid"] in folders


def _shown(hit: Object, *, sort_tags: bool) -> Object:
    shown = {
        **{name: hit[name] for name in ("id", "uid", "title")},
        "uri": f"db/{slug_of(hit['title'])}",
        "url": hit["url"],
        "slug": "",
        "type": hit["type"],
        "tags": sorted(hit["tags"]) if sort_tags else hit["tags"],
        "isStarred": False,
    }
    if folder := hit["in"]:
        shown |= {"folderId": folder["id"], "folderUid": folder["uid"], "folderTitle": folder["title"]}
        shown["folderUrl"] = folder_url(folder)
    return {**shown, "sortMeta": 0}
