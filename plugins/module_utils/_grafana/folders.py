# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Folders of Grafana: the wanted ones, the existing ones, and the changes between them."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import quote

from ansible.module_utils.basic import AnsibleModule

from .._api.module import apply
from .._api.plan import PlanError, by_key
from .._api.resource import Plan, Resource, Step
from .._http.session import Answer, Api, HttpError, Session
from .client import grafana_api
from .folder_contents import contents
from .search import Hit, search
from .titles import FOLDED, in_free_order

__all__ = ["OPTIONS", "act"]

_FOLDER = {"uid": {"type": "str", "required": True}, "title": {"type": "str"}, "parent_uid": {"type": "str"}}
OPTIONS: Mapping[str, Any] = {
    "folders": {"type": "list", "elements": "dict", "required": True, "options": _FOLDER},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "prune": {"type": "bool", "default": False},
    "uid_prefix": {"type": "str", "default": ""},
    "delete_contents": {"type": "bool", "default": False},
}
"""Argument spec of the module's own options."""

_UID = re.compile(r"[A-Za-z0-9_-]{1,40}")
_NOT_FOUND = 404
# Grafana's own name for the top level.
_TOP = "general"


@dataclass(frozen=True)
class Folder:
    """A folder in another one, at the top level where `folder_uid` is empty."""

    uid: str
    title: str
    folder_uid: str = ""
    version: int = 0


def act(module: AnsibleModule, session: Session) -> dict[str, Any]:
    """Make the folders match the parameters, except in check mode, and return what exit_json takes."""
    parameters = module.params
    absent, prune, prefix = parameters["state"] == "absent", parameters["prune"], parameters["uid_prefix"]
    if prune and (absent or not prefix):
        raise PlanError("prune needs uid_prefix, which limits the folders that may be deleted, and state present.")
    listed = parameters["folders"]
    wanted = {} if absent else _desired(listed, prefix=prefix)
    api = grafana_api(module, session)
    hits = search(api)
    there = {uid: found for uid in wanted if _is_folder(hits, uid) and (found := _read(api, uid))}
    going = [one["uid"] for one in listed] if absent else [uid for uid in hits if prune and uid.startswith(prefix)]
    going = [uid for uid in dict.fromkeys(going) if _is_folder(hits, uid) and uid not in wanted]
    if not parameters["delete_contents"]:
        going = _empty(module, api, going, hits, wanted)
    plan = _plan(api, wanted, there, hits, going=going, with_contents=parameters["delete_contents"])
    result = apply(module, plan)
    missing = {"unchanged": [one["uid"] for one in listed if not _is_folder(hits, one["uid"])]} if absent else {}
    return {**result, **missing}


def _is_folder(hits: Mapping[str, Hit], uid: str) -> bool:
    return uid in hits and hits[uid].is_folder


def _empty(
    module: AnsibleModule, api: Api, going: Iterable[str], hits: Mapping[str, Hit], wanted: Mapping[str, Any]
) -> list[str]:
    """Return those that may be deleted. Raises PlanError for one that was named and is not empty."""
    held = contents(api, going, hits, wanted)
    named = "; ".join(f"{uid!r} holds {what}" for uid, what in held.items())
    if held and module.params["state"] == "absent":
        raise PlanError(f"Folders are only deleted when they are empty: {named}. Move that, or set delete_contents.")
    if held:
        module.warn(f"Folders that are no longer listed were kept, because they are not empty: {named}.")
    return [uid for uid in going if uid not in held]


def _desired(listed: Iterable[Mapping[str, Any]], *, prefix: str) -> dict[str, Folder]:
    """Return {uid: folder} of the listed ones. Raises PlanError, by index, for what Grafana or prune cannot accept."""
    folders = [Folder(item["uid"], (item["title"] or "").strip(), item["parent_uid"] or "") for item in listed]
    for index, one in enumerate(folders):
        where = f"folders[{index}]"
        if not _UID.fullmatch(one.uid) or one.uid == _TOP:
            raise PlanError(f"{where}: uid {one.uid!r} must be 1 to 40 letters, digits, _ or -, and not {_TOP!r}.")
        if not one.title or one.title.casefold() == _TOP:
            raise PlanError(f"{where} ({one.uid!r}) needs a title other than {_TOP!r}, which Grafana reserves.")
        if not one.uid.startswith(prefix):
            raise PlanError(f"{where}: uid {one.uid!r} must begin with uid_prefix {prefix!r}.")
    by_key(folders, FOLDED.of, option="folders", what="folder titled")
    return by_key(folders, lambda one: one.uid, option="folders", what="folder")


def _read(api: Api, uid: str) -> Folder | None:
    """Return the folder, None when there is none."""
    answer = _asked(api, uid)
    return None if answer.status == _NOT_FOUND else _folder(answer.json())


def _asked(api: Api, uid: str) -> Answer:
    attempt = f"read the folder {uid!r}"
    return api.call("GET", _path(uid), attempt=attempt, accept=(_NOT_FOUND,))


def _path(uid: str) -> str:
    return f"/api/folders/{quote(uid, safe='')}"


def _outcome(api: Api, uid: str, done: Callable[[Folder], bool]) -> Answer | None:
    """Return the answer with the folder if a write has been done."""
    answer = _asked(api, uid)
    return answer if answer.status != _NOT_FOUND and done(_folder(answer.json())) else None


def _plan(
    api: Api,
    wanted: Mapping[str, Folder],
    there: Mapping[str, Folder],
    hits: Mapping[str, Hit],
    *,
    going: Collection[str],
    with_contents: bool = False,
) -> Plan:
    """Return the plan: a parent is made before its children, and deleted after them.

    Raises PlanError for the uid of a dashboard, a title in use, a parent that is missing or inside its own child.
    """
    taken = [uid for uid in wanted if uid in hits and not hits[uid].is_folder]
    if taken:
        raise PlanError(f"{taken[0]!r} is the uid of a dashboard, not of a folder. Give the folder another one.")
    all_there = {uid: Folder(uid, hit.title, hit.folder_uid) for uid, hit in hits.items() if hit.is_folder}
    all_there.update(there)
    _check_parents(wanted, {uid: one for uid, one in all_there.items() if uid not in going})
    known = {uid: all_there[uid] for uid in (*there, *going)}
    write = partial(_write, api, with_contents=with_contents)
    made = Resource("folder", wanted, known, write, _same, _shown, going).plan()
    at_top = [hit for hit in hits.values() if not (hit.is_folder or hit.folder_uid)]
    return Plan(in_free_order(api, made.steps, all_there, others=at_top, needs=_needs(made.steps)), made.kept)


def _check_parents(wanted: Mapping[str, Folder], staying: Mapping[str, Folder]) -> None:
    final = {**staying, **wanted}
    for uid, one in wanted.items():
        if one.folder_uid and one.folder_uid not in final:
            raise PlanError(
                f"The folder {uid!r} has the parent {one.folder_uid!r}, which does not exist or would be deleted. List "
                "the parent too, or correct parent_uid."
            )
        above = [uid]
        while (parent := final[above[-1]].folder_uid) in final:
            if parent in above:
                raise PlanError(f"The folder {uid!r} would be inside itself: {' in '.join([*above, parent])}.")
            above.append(parent)


def _needs(steps: Iterable[Step]) -> dict[str, set[str]]:
    """Return which steps come before which: a parent is written before its children, and a folder deleted after what
    leaves it."""
    going = {step.key for step in steps if step.after is None}
    needs: dict[str, set[str]] = {step.key: set() for step in steps}
    for step in steps:
        if step.after is not None:
            needs[step.key].add(step.after.folder_uid)
        if step.before is not None and step.before.folder_uid in going:
            needs[step.before.folder_uid].add(step.key)
    return needs


def _shown(folder: Folder) -> dict[str, Any]:
    """Return what a diff shows."""
    return {"title": folder.title, "parent_uid": folder.folder_uid}


def _write(api: Api, step: Step, *, with_contents: bool) -> None:
    if step.action == "create":
        _create(api, step.after)
    elif step.action == "update":
        _update(api, step.before, step.after)
    else:
        _delete(api, step.before, query=[("forceDeleteRules", "true")] if with_contents else [])


def _create(api: Api, wanted: Folder) -> None:
    attempt = f"create the folder {wanted.uid!r} ({wanted.title})"
    parent = {"parentUid": wanted.folder_uid} if wanted.folder_uid else {}
    body = {"uid": wanted.uid, "title": wanted.title, **parent}
    outcome = partial(_outcome, api, wanted.uid, lambda one: one.title == wanted.title)
    made = _folder(api.call("POST", "/api/folders", attempt=attempt, body=body, outcome=outcome).json())
    if made.folder_uid != wanted.folder_uid:
        # This run created it, and it is empty.
        _delete(api, made)
        raise HttpError(
            f"Could not {attempt} in {wanted.folder_uid!r}: this Grafana creates all folders at the top. Nested "
            "folders need Grafana 11, or the feature toggle nestedFolders before. The new folder was deleted."
        )


def _update(api: Api, found: Folder, wanted: Folder) -> None:
    attempt, path = f"update the folder {wanted.uid!r} ({wanted.title})", _path(wanted.uid)
    now = found
    if now.folder_uid != wanted.folder_uid:
        body: dict[str, Any] = {"parentUid": wanted.folder_uid}
        outcome = partial(_outcome, api, wanted.uid, lambda one: one.folder_uid == wanted.folder_uid)
        moved = api.call("POST", f"{path}/move", attempt=attempt, body=body, outcome=outcome)
        now = _folder(moved.json(), version=found.version)
    if now.title != wanted.title:
        # With the version that was read; `overwrite` would return another folder if the title is in use.
        body = {"title": wanted.title, "version": now.version}
        outcome = partial(_outcome, api, wanted.uid, lambda one: one.title == wanted.title)
        now = _folder(api.call("PUT", path, attempt=attempt, body=body, outcome=outcome).json())
    if (now.uid, now.folder_uid, now.title) != (wanted.uid, wanted.folder_uid, wanted.title):
        raise HttpError(
            f"Could not {attempt}: Grafana returned the folder {now.uid!r} ({now.title}) in {now.folder_uid!r} instead."
        )


def _delete(api: Api, folder: Folder, *, query: Iterable[tuple[str, str]] = ()) -> None:
    attempt = f"delete the folder {folder.uid!r} ({folder.title})"

    def outcome() -> Answer | None:
        answer = _asked(api, folder.uid)
        return answer.of({}) if answer.status == _NOT_FOUND else None

    api.call("DELETE", _path(folder.uid), attempt=attempt, query=list(query), outcome=outcome)


def _folder(body: Mapping[str, Any], *, version: int = 0) -> Folder:
    return Folder(body["uid"], body["title"], body.get("parentUid") or "", body.get("version", version))


def _same(wanted: Folder, found: Folder) -> bool:
    return (wanted.title, wanted.folder_uid) == (found.title, found.folder_uid)
