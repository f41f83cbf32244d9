# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Notification templates of Grafana."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ._grafana import OWNER
from ._grafana_alerting_api import AlertingApi, Entry, path_of
from ._plan import Plan, PlanError, Step, by_key, planned

__all__ = ["apply", "plan"]

_MARK = f"{{{{/* {OWNER} */}}}}\n"


def plan(api: AlertingApi, listed: Iterable[Mapping[str, Any]], *, prune: bool, absent: bool) -> Plan:
    """Return the plan for the templates; the mark of ours is a comment at their beginning."""
    items = by_key(listed, lambda item: item["name"], option="templates", what="template")
    wanted = {_key(name): _desired(name, item["template"] or "", absent=absent) for name, item in items.items()}
    there = {_key(item["name"]): _found(item) for item in api.read(path_of("templates"), "list the templates") or ()}
    owned = sorted(key for key, entry in there.items() if entry.owned)
    return planned(wanted, there, same=_same, prunable=owned if prune else (), absent=absent)


def apply(api: AlertingApi, step: Step) -> None:
    """Make one change."""
    path = path_of("templates", (step.after or step.before).address)
    if step.action == "delete":
        api.apply("DELETE", path, step)
    else:
        api.apply("PUT", path, step, step.after.body)


def _key(name: str) -> str:
    return f"template {name!r}"


def _same(wanted: Entry, there: Entry) -> bool:
    return wanted.seen == there.seen


def _desired(name: str, text: str, *, absent: bool) -> Entry:
    if not (text.strip() or absent):
        raise PlanError(f"The template {name!r} is empty. Give its text, or leave it out.")
    content = text.strip()
    if "define" not in content:
        # As Grafana wraps a text that defines nothing, which it would also do to our comment.
        content = f'{{{{ define "{name}" }}}}\n  {content}\n{{{{ end }}}}'
    content = content if content.startswith(_MARK) else _MARK + content
    return Entry({"template": content}, {"template": content}, name, owned=True)


def _found(item: Mapping[str, Any]) -> Entry:
    return Entry({"template": item["template"]}, item, item["name"], owned=item["template"].startswith(_MARK))
