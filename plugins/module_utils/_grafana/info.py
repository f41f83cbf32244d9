# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The contents of an organisation of Grafana, without secrets."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

from .._http.session import Api
from .dashboards.changes import read
from .search import Hit, search

__all__ = ["SUBJECTS", "gathered"]

_ALERTING = "/api/v1/provisioning"
# What is returned of each object of a list, {name in the result: name in Grafana's answer}: without settings, because
# people put tokens into addresses of contact points and into jsonData of data sources.
_LISTS: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "datasources": (
        "/api/datasources",
        {
            "uid": "uid",
            "name": "name",
            "type": "type",
            "url": "url",
            "access": "access",
            "is_default": "isDefault",
            "read_only": "readOnly",
        },
    ),
    "alert_rules": (
        f"{_ALERTING}/alert-rules",
        {"uid": "uid", "title": "title", "folder_uid": "folderUID", "group": "ruleGroup", "provenance": "provenance"},
    ),
    "contact_points": (
        f"{_ALERTING}/contact-points",
        {"uid": "uid", "name": "name", "type": "type", "provenance": "provenance"},
    ),
    "mute_timings": (f"{_ALERTING}/mute-timings", {"name": "name", "provenance": "provenance"}),
    "templates": (f"{_ALERTING}/templates", {"name": "name", "provenance": "provenance"}),
}
_OBJECTS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "health": ("/api/health", ("version", "database")),
    "organisation": ("/api/org", ("id", "name")),
}
SUBJECTS = (*_OBJECTS, "folders", "dashboards", *_LISTS)
"""What can be gathered."""


def gathered(api: Api, subjects: Iterable[str], *, models: bool) -> dict[str, Any]:
    """Return {subject: contents}, lists in Grafana's order.

    Args:
        api: What is asked.
        subjects: Of SUBJECTS.
        models: Whether to read the model of every dashboard too, one request for each.
    """
    wanted = tuple(subjects)
    hits = search(api) if {"folders", "dashboards"} & {*wanted} else {}
    readers: dict[str, Callable[[], Any]] = {
        "folders": lambda: [_folder(hit) for hit in hits.values() if hit.is_folder],
        "dashboards": lambda: _dashboards(api, hits, models=models),
    }
    found: dict[str, Any] = {}
    for subject in wanted:
        if subject in readers:
            found[subject] = readers[subject]()
        elif subject in _OBJECTS:
            path, keys = _OBJECTS[subject]
            answer = _ask(api, path, subject)
            found[subject] = {key: answer.get(key) for key in keys}
        else:
            path, names = _LISTS[subject]
            found[subject] = [_named(item, names) for item in _ask(api, path, subject)]
    return found


def _ask(api: Api, path: str, subject: str) -> Any:
    return api.call("GET", path, attempt=f"read the {subject.replace('_', ' ')}").json()


def _named(item: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    shown = {name: item.get(key) for name, key in names.items()}
    if shown.get("url"):
        # Not everyone who reads the output of a run may see a user and password in an address.
        parts = urlsplit(str(shown["url"]))
        shown["url"] = parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment="").geturl()
    return shown


def _folder(hit: Hit) -> dict[str, Any]:
    return {"uid": hit.uid, "title": hit.title, "parent_uid": hit.folder_uid}


def _dashboards(api: Api, hits: Mapping[str, Hit], *, models: bool) -> list[dict[str, Any]]:
    listed = []
    for hit in (hit for hit in hits.values() if not hit.is_folder):
        one: dict[str, Any] = {"uid": hit.uid, "title": hit.title, "folder_uid": hit.folder_uid, "tags": list(hit.tags)}
        if not models:
            listed.append(one)
        # It may have been deleted since the search.
        elif found := read(api, hit.uid):
            listed.append({**one, "provisioned_from": found.file, "dashboard": found.model})
    return listed
