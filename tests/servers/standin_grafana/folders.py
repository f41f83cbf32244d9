"""Folders: recorded in 03-folders.json; nested ones, which the recorded server had not, as documented for 11."""

from __future__ import annotations

import re
from collections.abc import Callable

from .access import ADMIN, EDITOR, VIEWER, Need
from .answers import Raw, Refusal
from .dashboard_records import in_folder, remove
from .documented import documented, seen
from .folder_tree import Folder, check_parent, children, folder_url, with_parents
from .routing import Call, Routes
from .settings import BY_TITLE
from .slugs import same_page
from .store import Store, instant, new_uid

__all__ = ["KEEPERS", "add_folder", "folder_url", "found_folder", "remove_folder", "rename_folder", "routes"]

routes = Routes()

READ = Need("folders:read", VIEWER)
CREATE = Need("folders:create", EDITOR)
WRITE = Need("folders:write", EDITOR)
DELETE = Need("folders:delete", EDITOR)

_NEVER = "0001-01-01T00:00:00Z"
_GENERAL = {
    "id": 0,
    "uid": "",
    "title": "General",
    "url": "",
    "hasAcl": False,
    **dict.fromkeys(("canSave", "canEdit", "canAdmin", "canDelete"), False),
    "createdBy": "Anonymous",
    "created": _NEVER,
    "updatedBy": "Anonymous",
    "updated": _NEVER,
}


def add_folder(store: Store, org: int, folder: Folder, *, by: str = "Anonymous") -> Folder:
    """Write a new folder, of which "uid", "title" and perhaps "parentUid" are given, and return it."""
    now = instant()
    times = {"createdBy": by, "created": now, "updatedBy": by, "updated": now}
    complete = {"parentUid": "", **folder, "id": store.next_id("dashboard"), **times, "version": 1}
    _put(store, org, complete)
    return complete


def rename_folder(store: Store, org: int, folder: Folder, title: str) -> None:
    """Give a folder another title."""
    _put(store, org, {**folder, "title": title, "version": folder["version"] + 1, "updated": instant()})


def _put(store: Store, org: int, folder: Folder) -> None:
    store.put(org, "folder", folder["uid"], folder, name=_name(folder["title"], folder["parentUid"]))


def _name(title: str, parent: str) -> str:
    return f"{parent}/{title.lower()}"


def _shown(call: Call, folder: Folder, *, new: bool = False) -> Folder:
    may = call.who.may(EDITOR)
    shown = {
        "id": folder["id"],
        "uid": folder["uid"],
        "title": folder["title"],
        "url": folder_url(folder),
        "hasAcl": False,
        "canSave": may,
        "canEdit": may,
        "canAdmin": call.who.may(ADMIN),
        "canDelete": may,
        **{name: folder[name] for name in ("createdBy", "created", "updatedBy", "updated", "version")},
    }
    if new:
        shown["created"] = shown["updated"] = instant(fraction=True)
    return with_parents(call, folder, shown) if call.settings.newer else shown


def found_folder(call: Call, permission: str = "folders:read") -> Folder:
    """Return the folder that the path names, or refuse with 404."""
    folder = call.store.get(call.org, "folder", call.args["uid"])
    if folder is None:
        # Those who may not see every folder are not told that one does not exist.
        if not call.who.may(EDITOR):
            raise call.forbid(permission)
        raise Refusal(404, "folder not found", status="not-found")
    return folder


@routes.get("/api/folders", needs=READ)
def list_folders(call: Call) -> object:
    """Return id, uid and title by title, a page at a time."""
    folders = sorted(call.store.all(call.org, "folder"), key=lambda folder: str(folder["title"]).lower())
    if call.settings.newer:
        folders = children(call, folders)
    limit = call.number("limit", 1000) or 1000
    first = (max(call.number("page", 1), 1) - 1) * limit
    names = ("id", "uid", "title", "parentUid") if call.query.get("parentUid") and call.settings.newer else ()
    return [{name: f[name] for name in names or ("id", "uid", "title")} for f in folders[first : first + limit]]


@routes.get("/api/folders/<uid>", needs=READ)
def get_folder(call: Call) -> object:
    """Return one folder."""
    return _shown(call, found_folder(call))


@routes.get("/api/folders/id/<id:int>", needs=READ)
def get_folder_by_id(call: Call) -> object:
    """Return the folder with an id; 0 is General, which is none."""
    number = int(call.args["id"])
    folder = call.store.by_id(call.org, "folder", number)
    if folder is None and number:
        raise Refusal(404, "folder not found", status="not-found")
    return _shown(call, folder) if folder else _GENERAL


@routes.post("/api/folders", needs=CREATE)
def create_folder(call: Call) -> object:
    """Make a folder; a title that is taken is refused in any case of its letters."""
    wanted = call.json(title=str, uid=str, parentUid=str)
    title, uid = (wanted.get("title") or "").strip(), wanted.get("uid") or new_uid()
    parent = (wanted.get("parentUid") or "") if call.settings.newer else ""
    _check(call, title, uid)
    if call.store.get(call.org, "folder", uid) or call.store.get(call.org, "dashboard", uid):
        raise Refusal(412, "the folder has been changed by someone else", status="version-mismatch")
    if call.store.named(call.org, "folder", _name(title, parent)):
        raise Refusal(409, "a folder or dashboard in the general folder with the same name already exists")
    if call.settings.release < BY_TITLE:
        _check_pages(call, title, uid)
    if parent:
        check_parent(call, parent)
    folder = {"uid": uid, "title": title, "parentUid": parent}
    return _shown(call, add_folder(call.store, call.org, folder, by=call.who.login or "Anonymous"), new=True)


@seen("before 9.5 no folder has a title of which another one, or a dashboard at the top, has the path")
def _check_pages(call: Call, title: str, uid: str) -> None:
    others = [folder for folder in call.store.all(call.org, "folder") if folder["uid"] != uid]
    if any(same_page(folder["title"], title) for folder in others):
        raise Refusal(409, "a folder or dashboard in the general folder with the same name already exists")
    if any(same_page(record["title"], title) for record in in_folder(call.store, call.org, "")):
        raise Refusal(400, "Folder name cannot be the same as one of its dashboards", traceID="")


def _check(call: Call, title: str, uid: str) -> None:
    if not title:
        raise Refusal(400, "folder title cannot be empty")
    if title.lower() == "general":
        raise Refusal(400, "A folder with that name already exists", traceID="")
    if uid == "general":
        raise Refusal(500, "Folder API error", traceID="")
    if not re.fullmatch(r"[A-Za-z0-9_-]+", uid):
        raise Refusal(400, "uid contains illegal characters", traceID="")
    if len(uid) > 40:
        raise Refusal(400, "uid too long, max 40 characters", traceID="")


@routes.put("/api/folders/<uid>", needs=WRITE)
def update_folder(call: Call) -> object:
    """Rename a folder; an empty title keeps the one it has."""
    wanted = call.json(title=str, uid=str, version=int, overwrite=bool)
    folder = found_folder(call, "folders:write")
    if not wanted.get("overwrite") and wanted.get("version") != folder["version"]:
        raise Refusal(412, "the folder has been changed by someone else", status="version-mismatch")
    title = (wanted.get("title") or "").strip() or folder["title"]
    if call.settings.release < BY_TITLE and not wanted.get("overwrite"):
        _check_pages(call, title, folder["uid"])
    taken = call.store.named(call.org, "folder", _name(title, folder["parentUid"]))
    if taken and taken[0]["uid"] != folder["uid"]:
        # Recorded: the answer is 200, and the folder that has the title already is the one that is written.
        folder = taken[0]
    uid = wanted.get("uid") or folder["uid"]
    if uid != folder["uid"]:
        call.store.delete(call.org, "folder", folder["uid"])
    changed = {"uid": uid, "title": title, "version": folder["version"] + 1}
    folder = {**folder, **changed, "updatedBy": call.who.login or "Anonymous", "updated": instant()}
    _put(call.store, call.org, folder)
    return _shown(call, folder)


@routes.post("/api/folders/<uid>/move", needs=WRITE)
def move_folder(call: Call) -> object:
    """Put a folder below another one, which the recorded server does not know."""
    wanted = call.json(parentUid=str)
    if not call.settings.newer:
        raise Refusal(404, "To use this service, you need to activate nested folder feature.")
    return _moved(call, found_folder(call, "folders:write"), wanted.get("parentUid") or "")


@documented("POST /api/folders/<uid>/move puts a folder below parentUid, or at the top when that is empty")
def _moved(call: Call, folder: Folder, parent: str) -> object:
    if parent:
        check_parent(call, parent)
    above = parent
    while above:
        if above == folder["uid"]:
            raise Refusal(400, "a folder cannot be moved below itself", messageId="folder.circular-reference")
        above = (call.store.get(call.org, "folder", above) or {"parentUid": ""})["parentUid"]
    if call.store.named(call.org, "folder", _name(folder["title"], parent)) and parent != folder["parentUid"]:
        raise Refusal(409, "a folder or dashboard in the general folder with the same name already exists")
    folder = {**folder, "parentUid": parent}
    _put(call.store, call.org, folder)
    return _shown(call, folder)


@routes.delete("/api/folders/<uid>", needs=DELETE)
def delete_folder(call: Call) -> object:
    """Remove a folder with all that is in it."""
    remove_folder(call, found_folder(call, "folders:delete"))
    return Raw("")


KEEPERS: list[Callable[[Call, Folder], None]] = []
"""What else is asked before a folder is removed, and may raise a Refusal."""


def remove_folder(call: Call, folder: Folder) -> None:
    """Remove a folder, the folders below it and their dashboards, provisioned ones too."""
    for keeper in KEEPERS:
        keeper(call, folder)
    for child in call.store.all(call.org, "folder"):
        if child["parentUid"] == folder["uid"]:
            remove_folder(call, child)
    for record in in_folder(call.store, call.org, folder["uid"]):
        remove(call.store, call.org, record)
    call.store.delete(call.org, "permissions", str(folder["id"]))
    call.store.delete(call.org, "folder", folder["uid"])
