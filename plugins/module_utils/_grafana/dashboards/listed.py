# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The list of dashboards of a task: what each of them should be, and which of them cannot be used."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Callable

from ..._api.owner import OWNER_OPTIONS, Ownership
from ..._api.plan import PlanError
from ..search import Hit
from ..titles import FOLDED
from .changes import Dashboard
from .library_panels import brought
from .model import Prepared, prepared
from .unusable import Unusable

__all__ = ["OPTIONS", "in_folders", "unwanted", "wanted"]

_DASHBOARD = {
    "dashboard": {"type": "dict"},
    "uid": {"type": "str"},
    "folder_uid": {"type": "str"},
    "inputs": {"type": "dict"},
    "path": {"type": "str"},
    "error": {"type": "str"},
}
OPTIONS: Mapping[str, Any] = {
    "dashboards": {
        "type": "list",
        "elements": "dict",
        "required": True,
        "options": _DASHBOARD,
        "required_one_of": [("dashboard", "uid", "error")],
    },
    "folder_uid": {"type": "str", "default": ""},
    "inputs": {"type": "dict", "default": {}},
    "datasources": {"type": "dict", "default": {}},
    **OWNER_OPTIONS,
    "update_library_panels": {"type": "bool", "default": False},
    "skip_unusable": {"type": "bool", "default": False},
    "version_message": {"type": "str", "default": "Written by Ansible"},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "prune": {"type": "bool", "default": False},
}
"""Argument spec of the module's own options."""


def wanted(parameters: Mapping[str, Any], ownership: Ownership, unusable: Unusable) -> dict[str, Dashboard]:
    """Return {uid: dashboard} of the list. Raises PlanError for what cannot be used, unless it is left out."""
    listed = parameters["dashboards"]
    for index, item in enumerate(listed):
        if item["dashboard"] is None and not item["error"]:
            raise PlanError(f"dashboards[{index}] ({item['uid']!r}) needs its model, in dashboard.")
    shared = {name: parameters[name] for name in ("folder_uid", "inputs", "datasources")}
    dashboards = _desired(listed, unusable, **shared, tag=ownership.mark)
    unusable.settle()
    return dashboards


def unwanted(parameters: Mapping[str, Any]) -> dict[str, None]:
    """Return the listed uids of a task with state absent. Raises PlanError for one without a uid."""
    for index, item in enumerate(parameters["dashboards"]):
        if not _uid(item):
            raise PlanError(f"dashboards[{index}] has no uid: set uid, or give a model that has one.")
    return dict.fromkeys(map(_uid, parameters["dashboards"]))


def _uid(item: dict[str, Any]) -> str:
    return str(item["uid"] or (item["dashboard"] or {}).get("uid") or "")


def _desired(
    listed: Iterable[Mapping[str, Any]],
    unusable: Unusable,
    *,
    folder_uid: str,
    inputs: Mapping[str, Any],
    datasources: Mapping[str, str],
    tag: str,
) -> dict[str, Dashboard]:
    """Return {uid: dashboard} of what a task lists.

    Args:
        listed: Each with `dashboard` or `error`, and perhaps `uid`, `folder_uid`, `inputs` and `path`.
        unusable: Gets what Grafana would refuse half-way, or store differently, by its path or index.
        folder_uid: Default folder.
        inputs: For the open inputs of exports; those of a dashboard itself come first.
        datasources: {type: uid} for the open inputs that have no value by name.
        tag: The mark of the owner, empty for none.
    """
    dashboards: dict[str, Dashboard] = {}
    uids: dict[str, str] = {}
    titles: dict[str, str] = {}
    for index, item in enumerate(listed):
        where = item["path"] or f"dashboards[{index}]"
        given = {**inputs, **(item["inputs"] or {})}
        with unusable.noted():
            model, elements = _model(item, where, inputs=given, datasources=datasources, tag=tag)
            folder = folder_uid if item["folder_uid"] is None else item["folder_uid"]
            one = Dashboard(model["uid"], folder, model, elements=brought(elements))
            _once(uids, one.uid, where, "dashboard")
            _once(titles, FOLDED.of(one), where, "dashboard titled")
            dashboards[one.uid] = one
    return dashboards


def _model(item: Mapping[str, Any], where: str, **given: Any) -> Prepared:
    if item["error"]:
        raise PlanError(f"{where} cannot be used: {item['error']}")
    return prepared(item["dashboard"], uid=item["uid"], where=where, **given)


def _once(places: dict[str, str], name: str, where: str, what: str) -> None:
    if name in places:
        raise PlanError(f"{places[name]} and {where} are both the {what} {name!r}. List each only once.")
    places[name] = where


def in_folders(
    wanted: Mapping[str, Dashboard],
    hits: Mapping[str, Hit],
    unusable: Unusable,
    *,
    expected: Callable[[str], None] | None = None,
) -> dict[str, Dashboard]:
    """Return the dashboards whose folders exist.

    Args:
        wanted: {uid: dashboard}.
        hits: All existing folders and dashboards.
        unusable: Gets a sentence for each folder that does not exist. Raises PlanError unless such are left out.
        expected: Gets the sentences instead, if the folders may be created by an earlier task; all are returned then.
    """
    folders = {uid for uid, hit in hits.items() if hit.is_folder} | {""}
    homeless: dict[str, list[str]] = {}
    for one in (one for one in wanted.values() if one.folder_uid not in folders):
        homeless.setdefault(one.folder_uid, []).append(one.uid)
    sentences = [
        f"There is no folder with the uid {uid!r}: create it with grafana_folders, or correct folder_uid of "
        f"{', '.join(map(repr, homeless[uid]))}."
        for uid in sorted(homeless)
    ]
    if expected:
        for sentence in sentences:
            expected(f"{sentence} This is fine if an earlier task of this run creates it.")
        return dict(wanted)
    unusable.sentences += sentences
    unusable.settle()
    return {uid: one for uid, one in wanted.items() if one.folder_uid not in homeless}
