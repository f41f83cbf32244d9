"""Folders below folders, which the recorded server had not: as documented for 11 and newer."""

from __future__ import annotations

from typing import Any

from .answers import Refusal
from .documented import documented
from .routing import Call
from .slugs import slug_of

__all__ = ["Folder", "check_parent", "children", "folder_url", "with_parents"]

Folder = dict[str, Any]

_DEPTH = 4


def folder_url(folder: Folder) -> str:
    """Return the path of a folder's page."""
    return f"/dashboards/f/{folder['uid']}/{slug_of(folder['title'])}"


@documented("a nested folder is shown with its parentUid and the list of its parents, outermost first")
def with_parents(call: Call, folder: Folder, shown: Folder) -> Folder:
    """Return what is shown of a folder with what is above it."""
    parents: list[Folder] = []
    above = folder["parentUid"]
    while above and (parent := call.store.get(call.org, "folder", above)):
        parents.insert(0, {name: parent[name] for name in ("id", "uid", "title")} | {"url": folder_url(parent)})
        above = parent["parentUid"]
    return {**shown, "parentUid": folder["parentUid"], "parents": parents} if parents else shown


@documented("GET /api/folders lists the folders below parentUid, without one those at the top; an unknown one is 404")
def children(call: Call, folders: list[Folder]) -> list[Folder]:
    """Return those of the folders that lie directly below the one that the query names."""
    parent = call.query.get("parentUid", "")
    if parent and not any(folder["uid"] == parent for folder in folders):
        raise Refusal(404, "folder not found", status="not-found")
    return [folder for folder in folders if folder["parentUid"] == parent]


@documented("a folder below an unknown parentUid is refused with 400, and so is one more than four levels down")
def check_parent(call: Call, parent: str) -> None:
    """Refuse a parent that is not there or too deep."""
    depth, above = 1, parent
    while above:
        folder = call.store.get(call.org, "folder", above)
        if folder is None:
            raise Refusal(400, "parent folder not found", messageId="folder.parent-not-found", statusCode=400)
        depth, above = depth + 1, folder["parentUid"]
    if depth > _DEPTH:
        raise Refusal(400, "max nested folder depth reached", messageId="folder.maximum-depth-reached", statusCode=400)
