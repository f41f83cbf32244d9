# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Folders and dashboards of Grafana as files, as grafana_folders and grafana_dashboards provision them."""

from __future__ import annotations

import json
import operator
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from .._api.module import apply
from .._api.plan import PlanError
from .._api.resource import Resource, Step
from .._host.tree import make_directory, write_atomically
from .._http.session import Api, Session
from .client import grafana_api
from .dashboards.changes import Dashboard, owners, read
from .dashboards.library_panels import LibraryPanel, exported, library_panels, used
from .search import search

__all__ = ["OPTIONS", "act"]

OPTIONS: Mapping[str, Any] = {
    "path": {"type": "path", "required": True},
    "exclude_owners": {"type": "list", "elements": "str", "default": []},
    "prune": {"type": "bool", "default": False},
}
"""Argument spec of the module's own options."""

_FOLDERS, _DASHBOARDS = "folders.json", "dashboards"
# Grafana's own name for the top level, which it does not accept as the uid of a folder.
_TOP = "general"
_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]*")


@dataclass(frozen=True)
class JsonFile:
    """A file by its text."""

    text: str

    @classmethod
    def of(cls, value: Any) -> JsonFile:
        """Return the file that holds a value."""
        return cls(json.dumps(value, indent=4, sort_keys=True, ensure_ascii=False) + "\n")

    @cached_property
    def value(self) -> Any:
        """The parsed content; the text where that is not JSON."""
        try:
            return json.loads(self.text)
        except ValueError:
            return self.text


@dataclass
class Export:
    """Files by their paths below the directory; uids of dashboards that were left out; warnings."""

    files: dict[str, JsonFile] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def act(module: AnsibleModule, session: Session) -> dict[str, Any]:
    """Write the files, except in check mode, and return what exit_json takes."""
    directory, prune = Path(module.params["path"]), module.params["prune"]
    there = _files_below(directory)
    made = _export(grafana_api(module, session), excluded=module.params["exclude_owners"])
    stale = sorted(there.keys() - made.files.keys())
    shown, owned = operator.attrgetter("value"), stale if prune else ()
    kind = Resource("", made.files, there, partial(_write, directory), shown=shown, owned=owned)
    result = apply(module, kind.plan())
    if stale and not prune:
        made.warnings.append(
            f"These files in {directory} belong to dashboards that were deleted, moved or left out, and would be "
            f"provisioned again: {', '.join(stale)}. Delete them, or set prune."
        )
    for sentence in made.warnings:
        module.warn(sentence)
    return {**result, "left_out": made.left_out}


def _export(api: Api, *, excluded: Collection[str]) -> Export:
    """Return all folders, and all dashboards except those from a file on the server or of an excluded owner."""
    hits = search(api)
    made = Export()
    folders = [hit for hit in hits.values() if hit.is_folder]
    listed = [{"uid": hit.uid, "title": hit.title, "parent_uid": hit.folder_uid} for hit in folders]
    made.files[_FOLDERS] = JsonFile.of(listed)
    dashboards: list[Dashboard] = []
    for hit in (hit for hit in hits.values() if not hit.is_folder):
        if set(owners(hit.tags)) & set(excluded):
            made.left_out.append(hit.uid)
        # It may have been deleted since the search.
        elif found := read(api, hit.uid):
            (made.left_out.append(hit.uid) if found.file else dashboards.append(found))
    _add(api, made, dashboards)
    return made


def _add(api: Api, made: Export, dashboards: Iterable[Dashboard]) -> None:
    shown = {one.uid: _used(one, made.warnings) for one in dashboards}
    there = library_panels(api) if any(shown.values()) else {}
    for one in dashboards:
        made.files[_path(one)] = JsonFile.of({**one.model, **_elements(one, shown[one.uid], there, made.warnings)})


def _used(one: Dashboard, warnings: list[str]) -> list[str]:
    try:
        return sorted(used(one.model))
    except PlanError as error:
        warnings.append(f"The dashboard {one.uid!r} ({one.title}) cannot be provisioned again as it is: {error}")
        return []


def _elements(
    one: Dashboard, shown: Iterable[str], there: Mapping[str, LibraryPanel], warnings: list[str]
) -> dict[str, Any]:
    """Return the library panels that a dashboard shows, as Grafana's own exports name them."""
    missing = [uid for uid in shown if uid not in there]
    if missing:
        warnings.append(
            f"The dashboard {one.uid!r} ({one.title}) shows library panels that do not exist, and cannot be "
            f"provisioned again as it is: {', '.join(map(repr, missing))}."
        )
    found = exported(there[uid] for uid in shown if uid in there)
    return {"__elements": found} if found else {}


def _path(one: Dashboard) -> str:
    folder = one.folder_uid or _TOP
    for uid in (folder, one.uid):
        if not _NAME.fullmatch(uid):
            raise PlanError(f"The uid {uid!r} of the dashboard {one.title!r} or its folder cannot be a file name.")
    return f"{_DASHBOARDS}/{folder}/{one.uid}.json"


def _files_below(directory: Path) -> dict[str, JsonFile]:
    """Return {path: file} of an earlier export in the directory. Raises PlanError for what cannot be read."""
    paths = [directory / _FOLDERS, *sorted(directory.glob(f"{_DASHBOARDS}/*/*.json"))]
    try:
        return {
            str(path.relative_to(directory)): JsonFile(path.read_text(encoding="utf-8", errors="replace"))
            for path in paths
            if path.is_file()
        }
    except OSError as error:
        raise PlanError(f"{error.filename} cannot be read: {error.strerror}.") from None


def _write(directory: Path, step: Step) -> None:
    """Write or delete one file. Raises PlanError if that fails."""
    path = directory / step.key
    try:
        if step.after is None:
            path.unlink(missing_ok=True)
        else:
            make_directory(path.parent)
            write_atomically(path, step.after.text.encode())
    except OSError as error:
        raise PlanError(f"{path} cannot be written: {error.strerror}.") from None
