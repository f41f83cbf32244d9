# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Dashboards of Grafana: the wanted ones, the existing ones, and the changes between them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from urllib.parse import quote

from ..._api.owner import Ownership, owner_of
from ..._api.plan import PlanError, StepError
from ..._api.resource import Plan, Resource, Step
from ..._http.session import Answer, Api, HttpError
from ..search import Hit
from ..titles import in_free_order
from .library_panels import LibraryPanel
from .model import alike, stored
from .unusable import Unusable

__all__ = ["Dashboard", "owners", "plan", "read", "write"]

_NOT_FOUND = 404


@dataclass(frozen=True)
class Dashboard:
    """A dashboard in a folder, at the top level where `folder_uid` is empty; `file` provisions it on the server.

    `elements` are the library panels that come with it, by their uids.
    """

    uid: str
    folder_uid: str
    model: Mapping[str, Any]
    version: int = 0
    file: str = ""
    elements: Mapping[str, LibraryPanel] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """Return the title that people see."""
        return str(self.model["title"])


def read(api: Api, uid: str) -> Dashboard | None:
    """Return the dashboard, None if there is none. Raises PlanError for a folder with that uid."""
    path = f"/api/dashboards/uid/{quote(uid, safe='')}"
    answer = api.call("GET", path, attempt=f"read the dashboard {uid!r}", accept=(_NOT_FOUND,))
    if answer.status == _NOT_FOUND:
        return None
    found = answer.json()
    meta, model = found["meta"], found["dashboard"]
    if meta.get("isFolder"):
        raise _is_folder(uid)
    file = meta.get("provisionedExternalId") or ("unknown file" if meta.get("provisioned") else "")
    return Dashboard(uid, meta.get("folderUid") or "", stored(model), model.get("version", 0), file)


def owners(tags: Iterable[str]) -> list[str]:
    """Return the owners whose marks are among the tags of a dashboard."""
    return [owner for tag in tags if (owner := owner_of(tag))]


def plan(
    api: Api,
    wanted: Mapping[str, Any],
    hits: Mapping[str, Hit],
    *,
    ownership: Ownership,
    unusable: Unusable,
    fitted: Callable[[Mapping[str, Dashboard], Mapping[str, Dashboard]], dict[str, Dashboard]],
    message: str,
    prune: bool = False,
    absent: bool = False,
) -> Plan:
    """Return the plan, after reading each dashboard in it.

    Args:
        api: What is asked.
        wanted: {uid: dashboard}, with absent {uid: anything}.
        hits: All existing folders and dashboards.
        ownership: Whose the list is.
        unusable: Gets what must not be written: a folder, a dashboard of a file on the server or of another owner, a
            title in use. If there are any, nothing is pruned, because one of them may seem not to be listed.
        fitted: Returns those of (wanted, found) that the server can store, as it stores them.
        message: For the history of the dashboards.
        prune: Delete dashboards of the owner that are not wanted.
        absent: Delete the wanted ones instead.
    """
    there: dict[str, Dashboard | None] = {}
    for uid in wanted:
        with unusable.noted():
            there[uid] = _readable(api, uid, hits, wanted[uid], ownership)
    unusable.settle()
    usable = {uid: wanted[uid] for uid in there}
    if not absent:
        usable = fitted(usable, {uid: found for uid, found in there.items() if found})
    ours = [uid for uid, hit in hits.items() if prune and not hit.is_folder and ownership.owns(owners(hit.tags))]
    going = [uid for uid in ours if uid not in wanted and not unusable.sentences]
    there.update({uid: read(api, uid) for uid in going})
    known = {uid: found for uid, found in there.items() if found}
    others = {uid: hit for uid, hit in hits.items() if not hit.is_folder}
    folders = [hit for hit in hits.values() if hit.is_folder]
    make = unusable.write(write(api, message))
    while True:
        # A dashboard with the owner's tag that comes from a file on the server belongs to the file.
        gone = [uid for uid in going if uid in known and not known[uid].file and not unusable.sentences]
        try:
            made = Resource("dashboard", usable, known, make, _same, _shown, gone).plan(absent=absent)
            return Plan(in_free_order(api, made.steps, others, others=folders), made.kept)
        except StepError as error:
            unusable.sentences.append(str(error))
            unusable.settle()
            usable = {uid: one for uid, one in usable.items() if uid not in error.keys}


def _readable(api: Api, uid: str, hits: Mapping[str, Hit], wanted: Any, ownership: Ownership) -> Dashboard | None:
    """Return the existing dashboard, if any. Raises PlanError for one that must not be written."""
    if uid not in hits:
        return None
    found = None if hits[uid].is_folder else read(api, uid)
    if hits[uid].is_folder:
        raise _is_folder(uid)
    if found and found.file:
        raise PlanError(
            f"The dashboard {uid!r} ({found.file}) is provisioned from a file on the Grafana server, which would "
            "overwrite it. Remove the file, or remove the dashboard from dashboards."
        )
    if found and isinstance(wanted, Dashboard):
        marks = set(owners(found.model.get("tags") or ())) - set(owners(wanted.model.get("tags") or ()))
        ownership.check(f"dashboard {uid!r}", marks)
    return found


def _shown(one: Dashboard) -> dict[str, Any]:
    """Return what a diff shows."""
    return {"folder_uid": one.folder_uid, "dashboard": one.model}


def write(api: Api, message: str) -> Callable[[Step], None]:
    """Return a function that makes one change, with a message for the history. It raises HttpError."""

    def make(step: Step) -> None:
        attempt = _attempt(step)
        if step.action == "delete":
            path = f"/api/dashboards/uid/{quote(step.key, safe='')}"
            api.call("DELETE", path, attempt=attempt, outcome=partial(_outcome, api, step))
            return
        # With the version that was read, Grafana refuses to overwrite later changes. `overwrite` is never used: it
        # overwrites any dashboard that has the title.
        version = {"version": step.before.version} if step.before else {}
        body = {"dashboard": {**step.after.model, **version}, "folderUid": step.after.folder_uid, "message": message}
        answer = api.call(
            "POST", "/api/dashboards/db", attempt=attempt, body=body, outcome=partial(_outcome, api, step)
        )
        if (uid := answer.json()["uid"]) != step.key:
            raise HttpError(f"Could not {attempt}: Grafana wrote the dashboard {uid!r} instead.")

    return make


def _outcome(api: Api, step: Step) -> Answer | None:
    found = read(api, step.key)
    done = found is None if step.after is None else found is not None and _same(step.after, found)
    return Answer.of({"uid": step.key}) if done else None


def _attempt(step: Step) -> str:
    one = step.after or step.before
    where = f"in the folder {one.folder_uid!r}" if one.folder_uid else "at the top"
    return f"{step.attempt} ({one.title}) {where}"


def _same(wanted: Dashboard, found: Dashboard) -> bool:
    return wanted.folder_uid == found.folder_uid and alike(wanted.model, found.model)


def _is_folder(uid: str) -> PlanError:
    return PlanError(f"{uid!r} is the uid of a folder, not of a dashboard. Give the dashboard another one.")
