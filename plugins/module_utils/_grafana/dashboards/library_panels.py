# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Library panels of Grafana: panels that exist by themselves, and that several dashboards can show."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from ..._api.plan import PlanError
from ..._api.resource import Step
from ..._http.session import Answer, Api
from .model import alike

__all__ = ["LibraryPanel", "alike_panels", "brought", "exported", "library_panels", "shown", "used", "write"]

_PATH = "/api/library-elements"
_KIND = 1  # of panels; 2 would be variables
_PAGE = 500
_NOT_FOUND = 404
# Keys of a dashboard's copy, and keys that Grafana adds if they are missing.
_COPIES = ("id", "gridPos", "libraryPanel")
_ADDED = ("type", "description")


@dataclass(frozen=True)
class LibraryPanel:
    """A library panel in a folder; None stands for the folder of the dashboard that it comes with."""

    uid: str
    name: str
    model: Mapping[str, Any]
    folder_uid: str | None = None
    version: int = 0


def used(model: Mapping[str, Any]) -> dict[str, str]:
    """Return {uid: name} of the library panels that a dashboard shows. Raises PlanError for one without a uid."""
    return {_uid(panel): str(panel["libraryPanel"].get("name", "")) for panel in _linked(model.get("panels"))}


def _linked(panels: Any) -> Iterator[Mapping[str, Any]]:
    for panel in (panel for panel in panels or () if isinstance(panel, Mapping)):
        if panel.get("type") == "row":
            yield from _linked(panel.get("panels"))
        elif panel.get("libraryPanel") is not None:
            yield panel


def _uid(panel: Mapping[str, Any]) -> str:
    link = panel["libraryPanel"]
    uid = link.get("uid") if isinstance(link, Mapping) else None
    if not uid:
        raise PlanError(f"its panel {panel.get('id')} is a library panel without a uid: add one, or remove the panel.")
    return str(uid)


def brought(elements: Any) -> dict[str, LibraryPanel]:
    """Return {uid: library panel} of those in an export (`__elements`)."""
    listed = elements.values() if isinstance(elements, Mapping) else elements or ()
    return {
        element["uid"]: LibraryPanel(
            element["uid"], str(element.get("name") or element["uid"]), element["model"], element.get("folderUid")
        )
        for element in listed
        if isinstance(element, Mapping) and element.get("uid") and isinstance(element.get("model"), Mapping)
    }


def exported(panels: Iterable[LibraryPanel]) -> dict[str, Any]:
    """Return library panels as an export contains them, with their folders."""
    return {
        one.uid: {
            "uid": one.uid,
            "name": one.name,
            "kind": _KIND,
            "folderUid": one.folder_uid or "",
            "model": {key: value for key, value in one.model.items() if key not in _COPIES},
        }
        for one in panels
    }


def library_panels(api: Api) -> dict[str, LibraryPanel]:
    """Return {uid: library panel} of the organisation, a page of 500 with each request."""
    panels: dict[str, LibraryPanel] = {}
    found: list[dict[str, Any]] = []
    number = 0
    while not number or len(found) >= _PAGE:
        number += 1
        query = [("kind", str(_KIND)), ("perPage", str(_PAGE)), ("page", str(number))]
        found = api.call("GET", _PATH, attempt="list the library panels", query=query).json()["result"]["elements"]
        panels.update({element["uid"]: _found(element) for element in found})
    return panels


def _found(element: Mapping[str, Any]) -> LibraryPanel:
    folder = element.get("folderUid") or element.get("meta", {}).get("folderUid") or ""
    return LibraryPanel(element["uid"], element["name"], element["model"], folder, element["version"])


def alike_panels(wanted: LibraryPanel, there: LibraryPanel) -> bool:
    """Return whether two library panels show the same under the same name, in whatever folder."""
    return wanted.name == there.name and alike(_bare(wanted.model), _bare(there.model))


def _bare(model: Mapping[str, Any]) -> dict[str, Any]:
    return {
        key: value for key, value in model.items() if key not in _COPIES and not (key in _ADDED and value in ("", None))
    }


def shown(one: LibraryPanel) -> dict[str, Any]:
    """Return what a diff shows."""
    return {"name": one.name, "folder_uid": one.folder_uid, "model": one.model}


def write(api: Api, step: Step) -> None:
    """Create or update a library panel."""
    one = step.after
    attempt = f"{step.attempt} ({one.name})"
    body = {"name": one.name, "kind": _KIND, "model": one.model}

    def outcome() -> Answer | None:
        answer = api.call("GET", f"{_PATH}/{quote(one.uid, safe='')}", attempt=attempt, accept=(_NOT_FOUND,))
        element = answer.json()["result"] if answer.status != _NOT_FOUND else None
        return Answer.of({}) if element and alike_panels(one, _found(element)) else None

    if step.before is None:
        body |= {"uid": one.uid, "folderUid": one.folder_uid}
        api.call("POST", _PATH, attempt=attempt, body=body, outcome=outcome)
    else:
        body |= {"folderUid": step.before.folder_uid, "version": step.before.version}
        api.call("PATCH", f"{_PATH}/{quote(one.uid, safe='')}", attempt=attempt, body=body, outcome=outcome)
