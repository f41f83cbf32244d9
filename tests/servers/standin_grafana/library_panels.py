"""Library panels: recorded in 21-misc.json, as far as clients ask for them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from .access import EDITOR, VIEWER, Need
from .answers import Answer, Refusal
from .documented import seen
from .routing import Call, Routes

__all__ = ["connected", "routes"]

routes = Routes()

READ = Need("library.panels:read", VIEWER)
WRITE = Need("library.panels:write", EDITOR)

Object = dict[str, Any]

_PAGE = 100
_TAKEN = Refusal(400, "library element with that name or UID already exists", traceID="")


@routes.get("/api/library-elements", needs=READ)
def list_library_elements(call: Call) -> object:
    """Return a page of the library panels, by name."""
    size, page = call.number("perPage", _PAGE) or _PAGE, max(call.number("page", 1), 1)
    elements = sorted(call.store.all(call.org, "library_element"), key=lambda element: str(element["name"]))
    part = elements[(page - 1) * size : page * size]
    return {"result": {"totalCount": len(elements), "elements": part, "page": page, "perPage": size}}


@routes.get("/api/library-elements/<uid>", needs=READ)
def get_library_element(call: Call) -> object:
    """Return one library panel."""
    return {"result": _found(call)}


def _found(call: Call) -> Object:
    element = call.store.get(call.org, "library_element", call.args["uid"])
    if element is None:
        raise Refusal(404, "library element could not be found", traceID="")
    return element


@routes.post("/api/library-elements", needs=WRITE)
def create_library_element(call: Call) -> object:
    """Make a library panel."""
    wanted = call.json(uid=str, name=str, folderUid=str, model=dict)
    uid, folder = str(wanted.get("uid")), wanted.get("folderUid") or ""
    if folder and call.store.get(call.org, "folder", folder) is None:
        raise Refusal(400, "failed to get folder", traceID="")
    if call.store.get(call.org, "library_element", uid):
        raise _TAKEN
    element = {"id": call.store.next_id("library_element"), "orgId": call.org, "folderUid": folder, "uid": uid}
    return _written(call, {**element, "version": 1}, wanted)


@routes.patch("/api/library-elements/<uid>", needs=WRITE)
def update_library_element(call: Call) -> object:
    """Change a library panel, of which the version has to be known."""
    wanted, element = call.json(name=str, folderUid=str, model=dict, version=int), _found(call)
    if wanted.get("version") != element["version"]:
        raise Refusal(412, "the library element has been changed by someone else", traceID="")
    return _written(call, {**element, "version": element["version"] + 1}, {**element, **wanted})


def _written(call: Call, element: Object, wanted: Object) -> object:
    name, folder = wanted.get("name"), element["folderUid"]
    namesakes = call.store.named(call.org, "library_element", f"{folder}/{name}")
    if any(other["uid"] != element["uid"] for other in namesakes):
        raise _TAKEN
    model = {"type": "", "description": "", **(wanted.get("model") or {})}
    kinds = {"kind": wanted.get("kind"), "type": model["type"], "description": model["description"]}
    element = {**element, "name": name, **kinds, "model": model}
    call.store.put(call.org, "library_element", element["uid"], element, name=f"{folder}/{name}")
    return {"result": element}


@seen("a dashboard that shows a library panel that there is not is stored, and the answer is 500")
def connected(call: Call, model: Object) -> Answer | None:
    """Return the refusal of a dashboard that is stored already, None when there are all its library panels."""
    missing = [uid for uid in _shown(model.get("panels") or ()) if not call.store.get(call.org, "library_element", uid)]
    return Answer(500, {"message": "Error while connecting library panels", "traceID": ""}) if missing else None


def _shown(panels: Iterable[Object]) -> Iterator[str]:
    for panel in panels:
        if panel.get("type") == "row":
            yield from _shown(panel.get("panels") or ())
        elif panel.get("libraryPanel") is not None:
            yield panel["libraryPanel"].get("uid") or ""
