# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The contents of folders of Grafana that are to be deleted, apart from what is deleted with them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import chain
from urllib.parse import quote

from .._http.session import Api
from .search import Hit
from .titles import Titled

__all__ = ["contents"]

_NOT_FOUND = 404
_PAGE = 500
_RULES = "/api/ruler/grafana/api/v1/rules"


def contents(api: Api, going: Iterable[str], hits: Mapping[str, Hit], wanted: Mapping[str, Titled]) -> dict[str, str]:
    """Return {uid: contents} of the folders whose deletion would delete something else.

    Args:
        api: Asked about library panels and alert rules, which a search does not list: once for each folder.
        going: Uids of folders that are to be deleted.
        hits: All folders and dashboards.
        wanted: {uid: folder} of those that stay, or move out of a folder that is deleted.
    """
    inside: dict[str, list[str]] = {}
    for uid, hit in hits.items():
        parent = wanted[uid].folder_uid if uid in wanted else hit.folder_uid
        inside.setdefault(parent, []).append(uid)
    held: dict[str, str] = {}
    emptied: set[str] = set()
    for uid in sorted(going, key=lambda uid: -_depth(uid, hits)):
        left = [hits[one] for one in inside.get(uid, ()) if one not in emptied]
        text = ", ".join(f"{'folder' if hit.is_folder else 'dashboard'} {hit.title!r}" for hit in left)
        text = text or _unlisted(api, uid)
        if text:
            held[uid] = text
        else:
            emptied.add(uid)
    return held


def _depth(uid: str, hits: Mapping[str, Hit]) -> int:
    depth = 0
    while uid in hits and depth < len(hits):
        uid, depth = hits[uid].folder_uid, depth + 1
    return depth


def _unlisted(api: Api, uid: str) -> str:
    """Return what a folder contains besides dashboards and folders, empty for nothing."""
    attempt = f"count the contents of the folder {uid!r}"
    path = f"/api/folders/{quote(uid, safe='')}/counts"
    answer = api.call("GET", path, attempt=attempt, accept=(_NOT_FOUND,))
    counts = answer.json() if answer.status != _NOT_FOUND else _counted(api, uid, attempt)
    known = ("folder", "dashboard")
    return ", ".join(f"{count} {kind}" for kind, count in counts.items() if count and kind not in known)


def _counted(api: Api, uid: str, attempt: str) -> dict[str, int]:
    """Return the same counts from a Grafana without the endpoint that counts."""
    query = [("perPage", str(_PAGE))]
    elements = api.call("GET", "/api/library-elements", attempt=attempt, query=query).json()["result"]["elements"]
    listed = api.call("GET", _RULES, attempt=attempt, accept=(_NOT_FOUND,))
    groups = chain.from_iterable(listed.json().values()) if listed.status != _NOT_FOUND else ()
    rules = [rule for group in groups for rule in group["rules"]]
    return {
        "library panel": sum(element.get("folderUid") == uid for element in elements),
        "alert rule": sum(rule.get("grafana_alert", {}).get("namespace_uid") == uid for rule in rules),
    }
