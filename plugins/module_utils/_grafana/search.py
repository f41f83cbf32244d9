# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""All folders and dashboards of an organisation of Grafana, from its search."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .._http.session import Api

__all__ = ["Hit", "search"]

_PAGE = 1000


@dataclass(frozen=True)
class Hit:
    """A folder or dashboard; `folder_uid` is that of the folder that contains it, empty at the top level."""

    uid: str
    title: str
    folder_uid: str
    tags: tuple[str, ...] = ()
    is_folder: bool = False

    @classmethod
    def of(cls, found: Mapping[str, Any]) -> Hit:
        """Return a result of the search."""
        folder, kind = found.get("folderUid") or "", found["type"]
        return cls(found["uid"], found["title"], folder, tuple(found.get("tags") or ()), kind == "dash-folder")


def search(api: Api, *, query: Sequence[tuple[str, str]] = ()) -> dict[str, Hit]:
    """Return {uid: hit} of all folders and dashboards that the user may see, a page of 1,000 with each request."""
    hits: dict[str, Hit] = {}
    page: Sequence[Mapping[str, Any]] = ()
    number = 0
    while not number or len(page) >= _PAGE:
        number += 1
        limits = [*query, ("limit", str(_PAGE)), ("page", str(number))]
        page = api.call("GET", "/api/search", attempt="list folders and dashboards", query=limits).json()
        hits.update(_by_uid(page))
    return hits


def _by_uid(page: Iterable[Mapping[str, Any]]) -> dict[str, Hit]:
    return {found["uid"]: Hit.of(found) for found in page}
