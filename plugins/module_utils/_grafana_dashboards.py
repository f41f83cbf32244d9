# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Dashboards of Grafana: what they should be, what they are, and how one becomes the other."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from ._dashboard_model import alike, prepared, stored
from ._grafana_places import in_order, place
from ._grafana_search import Hit
from ._http import Api, ApiError, HttpError
from ._plan import Plan, PlanError, Step, by_key, planned

__all__ = ["Dashboard", "desired", "missing_folders", "plan", "read", "shown", "write"]

_NOT_FOUND = 404
_PRECONDITION_FAILED = 412


@dataclass(frozen=True)
class Dashboard:
    """A dashboard in a folder, the top one where `folder_uid` is empty; `file` is what provisions it on the server."""

    uid: str
    folder_uid: str
    model: Mapping[str, Any]
    version: int = 0
    file: str = ""

    @property
    def title(self) -> str:
        """Return the title that people see."""
        return str(self.model["title"])


def desired(
    listed: Iterable[Mapping[str, Any]], *, folder_uid: str, inputs: Mapping[str, Any], tag: str
) -> dict[str, Dashboard]:
    """Return {uid: dashboard} of what a task lists.

    Args:
        listed: Each with `dashboard`, and perhaps `uid`, `folder_uid` and `inputs`.
        folder_uid: Of those that name none.
        inputs: For the open inputs of exports; those of a dashboard itself come first.
        tag: Marks what is ours, empty for no mark.

    Raises PlanError, by index, for what Grafana would refuse half-way, or store as something else.
    """
    dashboards = []
    for index, item in enumerate(listed):
        model = prepared(
            item["dashboard"],
            uid=item["uid"],
            tag=tag,
            inputs={**inputs, **(item["inputs"] or {})},
            where=f"dashboards[{index}]",
        )
        folder = folder_uid if item["folder_uid"] is None else item["folder_uid"]
        dashboards.append(Dashboard(model["uid"], folder, model))
    wanted = by_key(dashboards, lambda one: one.uid, option="dashboards", what="dashboard")
    by_key(dashboards, lambda one: "/".join(place(one)), option="dashboards", what="dashboard titled")
    return wanted


def missing_folders(wanted: Iterable[Dashboard], hits: Mapping[str, Hit]) -> list[str]:
    """Return the uids of the folders that dashboards are to lie in and that do not exist."""
    folders = {uid for uid, hit in hits.items() if hit.is_folder} | {""}
    return sorted({one.folder_uid for one in wanted} - folders)


def read(api: Api, uid: str) -> Dashboard | None:
    """Return the dashboard, None when there is none. Raises PlanError for a folder of that uid."""
    path = f"/api/dashboards/uid/{quote(uid, safe='')}"
    answer = api.call("GET", path, attempt=f"read the dashboard {uid!r}", accept=(_NOT_FOUND,))
    if answer.status == _NOT_FOUND:
        return None
    found = answer.json()
    meta, model = found["meta"], found["dashboard"]
    if meta.get("isFolder"):
        raise _is_folder(uid)
    file = meta.get("provisionedExternalId") or ("of its own" if meta.get("provisioned") else "")
    return Dashboard(uid, meta.get("folderUid") or "", stored(model), model.get("version", 0), file)


def plan(
    api: Api, wanted: Mapping[str, Any], hits: Mapping[str, Hit], *, prunable: Iterable[str] = (), absent: bool = False
) -> Plan:
    """Return the plan, after reading each dashboard that it is about.

    Args:
        api: What is asked.
        wanted: {uid: dashboard}, with absent {uid: anything}.
        hits: All that is there.
        prunable: Uids of dashboards that are ours.
        absent: Delete what is wanted instead.

    Raises PlanError for what must not be written: a folder, a dashboard of a file on the server, a title in use.
    """
    folders = [uid for uid in wanted if uid in hits and hits[uid].is_folder]
    if folders:
        raise _is_folder(folders[0])
    ours = [uid for uid in prunable if uid not in wanted]
    there = {uid: found for uid in (*wanted, *ours) if uid in hits and (found := read(api, uid))}
    locked = [f"{uid!r} ({there[uid].file})" for uid in wanted if uid in there and there[uid].file]
    if locked:
        raise PlanError(
            f"These dashboards are provisioned from files on the server of Grafana, which would put them back: "
            f"{', '.join(locked)}. Take them out of there, or out of dashboards."
        )
    # What a file brings to the server with our tag in it is the file's.
    gone = [uid for uid in ours if uid in there and not there[uid].file]
    made = planned(wanted, there, same=_same, prunable=gone, absent=absent)
    others = {uid: hit for uid, hit in hits.items() if not hit.is_folder}
    return Plan(in_order(made.steps, others, what="dashboard"), made.kept)


def shown(one: Dashboard) -> dict[str, Any]:
    """Return what a diff shows."""
    return {"folder_uid": one.folder_uid, "dashboard": one.model}


def write(api: Api, message: str) -> Callable[[Step], None]:
    """Return what makes one change, with a message for the history of the dashboard. It raises HttpError."""

    def make(step: Step) -> None:
        attempt = _attempt(step)
        if step.action == "delete":
            # Gone is gone, also when it was the first of two attempts that removed it.
            api.call("DELETE", f"/api/dashboards/uid/{quote(step.key, safe='')}", attempt=attempt, accept=(_NOT_FOUND,))
            return
        # With the version that was read Grafana refuses to overwrite what changed since. `overwrite` is never used: it
        # overwrites whatever dashboard has the title.
        version = {"version": step.before.version} if step.before else {}
        body = {"dashboard": {**step.after.model, **version}, "folderUid": step.after.folder_uid, "message": message}
        try:
            answer = api.call("POST", "/api/dashboards/db", attempt=attempt, body=body).json()
        except ApiError as error:
            if error.status != _PRECONDITION_FAILED:
                raise
            raise HttpError(f"{error} Somebody else has written since it was read: run again.") from None
        if answer["uid"] != step.key:
            raise HttpError(f"Could not {attempt}: Grafana wrote the dashboard {answer['uid']!r} instead.")

    return make


def _attempt(step: Step) -> str:
    one = step.after or step.before
    where = f"in the folder {one.folder_uid!r}" if one.folder_uid else "at the top"
    return f"{step.action} the dashboard {step.key!r} ({one.title}) {where}"


def _same(wanted: Dashboard, found: Dashboard) -> bool:
    return wanted.folder_uid == found.folder_uid and alike(wanted.model, found.model)


def _is_folder(uid: str) -> PlanError:
    return PlanError(f"{uid!r} is the uid of a folder, not of a dashboard. Give the dashboard another one.")
