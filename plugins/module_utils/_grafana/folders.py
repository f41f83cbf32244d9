# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Folders of Grafana: what they should be, what they are, and how one becomes the other."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import quote

from .._api.plan import PlanError, by_key
from .._api.resource import Plan, Resource, Step
from .._http.session import Answer, Api, HttpError
from .search import Hit
from .titles import FOLDED, in_free_order

__all__ = ["Folder", "desired", "plan", "read"]

_UID = re.compile(r"[A-Za-z0-9_-]{1,40}")
_NOT_FOUND = 404
# What Grafana itself calls the top.
_TOP = "general"


@dataclass(frozen=True)
class Folder:
    """A folder in another one, at the top where `folder_uid` is empty."""

    uid: str
    title: str
    folder_uid: str = ""
    version: int = 0


def desired(listed: Iterable[Mapping[str, Any]], *, prefix: str) -> dict[str, Folder]:
    """Return {uid: folder} of what a task lists.

    Args:
        listed: Each with `uid`, `title` and `parent_uid`.
        prefix: What every uid has to begin with.

    Raises PlanError, by index, for what Grafana would refuse half-way, or what would not be ours afterwards.
    """
    folders = [Folder(item["uid"], (item["title"] or "").strip(), item["parent_uid"] or "") for item in listed]
    for index, one in enumerate(folders):
        where = f"folders[{index}]"
        if not _UID.fullmatch(one.uid) or one.uid == _TOP:
            raise PlanError(f"{where}: uid {one.uid!r} must be 1 to 40 letters, digits, _ or -, and not {_TOP!r}.")
        if not one.title or one.title.casefold() == _TOP:
            raise PlanError(f"{where} ({one.uid!r}) needs a title, and another one than the top has, {_TOP!r}.")
        if not one.uid.startswith(prefix):
            raise PlanError(
                f"{where}: uid {one.uid!r} does not begin with uid_prefix {prefix!r}: it would not be ours."
            )
    by_key(folders, FOLDED.of, option="folders", what="folder titled")
    return by_key(folders, lambda one: one.uid, option="folders", what="folder")


def read(api: Api, uid: str) -> Folder | None:
    """Return the folder, None when there is none."""
    answer = _asked(api, uid)
    return None if answer.status == _NOT_FOUND else _folder(answer.json())


def _asked(api: Api, uid: str) -> Answer:
    attempt = f"read the folder {uid!r}"
    return api.call("GET", _path(uid), attempt=attempt, accept=(_NOT_FOUND,))


def _path(uid: str) -> str:
    return f"/api/folders/{quote(uid, safe='')}"


def _outcome(api: Api, uid: str, done: Callable[[Folder], bool]) -> Answer | None:
    """Return the folder as it is told when it is what a write was to make of it."""
    answer = _asked(api, uid)
    return answer if answer.status != _NOT_FOUND and done(_folder(answer.json())) else None


def plan(
    api: Api,
    wanted: Mapping[str, Folder],
    there: Mapping[str, Folder],
    hits: Mapping[str, Hit],
    *,
    removed: Iterable[str],
    with_contents: bool = False,
) -> Plan:
    """Return the plan: a parent is made before its children, and removed after them.

    Args:
        api: Asked for the version of the server, where titles are alike; writes.
        wanted: {uid: folder}, none when folders are only to be removed.
        there: {uid: folder} of those that are wanted and exist.
        hits: All folders and dashboards.
        removed: Uids of folders that go.
        with_contents: Folders go with their alert rules.

    Raises PlanError for the uid of a dashboard, a title in use, a parent that is missing or lies in its own child.
    """
    taken = [uid for uid in wanted if uid in hits and not hits[uid].is_folder]
    if taken:
        raise PlanError(f"{taken[0]!r} is the uid of a dashboard, not of a folder. Give the folder another one.")
    all_there = {uid: Folder(uid, hit.title, hit.folder_uid) for uid, hit in hits.items() if hit.is_folder}
    all_there.update(there)
    gone = [uid for uid in removed if uid in all_there and uid not in wanted]
    _check_parents(wanted, {uid: one for uid, one in all_there.items() if uid not in gone})
    known = {uid: all_there[uid] for uid in (*there, *gone)}
    write = partial(_write, api, with_contents=with_contents)
    made = Resource("folder", wanted, known, write, _same, _shown, gone).plan()
    at_top = [hit for hit in hits.values() if not (hit.is_folder or hit.folder_uid)]
    return Plan(in_free_order(api, made.steps, all_there, others=at_top, needs=_needs(made.steps)), made.kept)


def _check_parents(wanted: Mapping[str, Folder], staying: Mapping[str, Folder]) -> None:
    final = {**staying, **wanted}
    for uid, one in wanted.items():
        if one.folder_uid and one.folder_uid not in final:
            raise PlanError(
                f"The folder {uid!r} is to lie in {one.folder_uid!r}, which does not exist or is to be removed. List "
                "that one too, or correct parent_uid."
            )
        above = [uid]
        while (parent := final[above[-1]].folder_uid) in final:
            if parent in above:
                raise PlanError(f"The folder {uid!r} would lie in itself: {' in '.join([*above, parent])}.")
            above.append(parent)


def _needs(steps: Iterable[Step]) -> dict[str, set[str]]:
    """Return which steps come before which: those of a parent before a child arrives, and before a folder goes those
    of whoever leaves it."""
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
        # It is ours and empty.
        _delete(api, made)
        raise HttpError(
            f"Could not {attempt} in {wanted.folder_uid!r}: this Grafana puts every folder at the top. Nested folders "
            "need Grafana 11, or the feature nestedFolders before. What it made was removed again."
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
        # With the version that was read; to overwrite would answer for another folder where the title is in use.
        body = {"title": wanted.title, "version": now.version}
        outcome = partial(_outcome, api, wanted.uid, lambda one: one.title == wanted.title)
        now = _folder(api.call("PUT", path, attempt=attempt, body=body, outcome=outcome).json())
    if (now.uid, now.folder_uid, now.title) != (wanted.uid, wanted.folder_uid, wanted.title):
        raise HttpError(
            f"Could not {attempt}: Grafana answers that {now.uid!r} is {now.title!r} in {now.folder_uid!r}."
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
