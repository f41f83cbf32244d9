# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Notification templates of Grafana."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from ..._api.owner import owner_of
from ..._api.plan import PlanError, by_key
from ..._api.resource import Plan, Step
from .objects import AlertingApi, Entry, Scope, path_of

__all__ = ["apply", "plan"]

_MARK = re.compile(r"\{\{/\* (\S+) \*/\}\}\n")


def plan(api: AlertingApi, listed: Iterable[Mapping[str, Any]], scope: Scope) -> Plan:
    """Return the plan for the templates; the mark of their owner is a comment at their beginning."""
    items = by_key(listed, lambda item: item["name"], option="templates", what="template")
    wanted = {_key(name): _desired(name, item["template"] or "", scope) for name, item in items.items()}
    there = {_key(item["name"]): _found(item) for item in api.read(path_of("templates"), "list the templates") or ()}
    return scope.planned(wanted, there)


def apply(api: AlertingApi, step: Step) -> None:
    """Make one change."""
    path = path_of("templates", (step.after or step.before).address)
    if step.action == "delete":
        api.apply("DELETE", path, step)
    else:
        api.apply("PUT", path, step, step.after.body)


def _key(name: str) -> str:
    return f"template {name!r}"


def _desired(name: str, text: str, scope: Scope) -> Entry:
    if not (text.strip() or scope.absent):
        raise PlanError(f"The template {name!r} is empty. Give its text, or remove it from the list.")
    content = _bare(text.strip())
    if "define" not in content:
        # Grafana wraps a text that defines nothing in the same way, and would wrap the mark with it.
        content = f'{{{{ define "{name}" }}}}\n  {content}\n{{{{ end }}}}'
    content = f"{{{{/* {scope.ownership.mark} */}}}}\n{content}"
    return Entry({"template": content}, {"template": content}, name, scope.ownership.owner)


def _found(item: Mapping[str, Any]) -> Entry:
    return Entry({"template": item["template"]}, item, item["name"], _owner(item["template"]))


def _owner(text: str) -> str:
    mark = _MARK.match(text)
    return owner_of(mark[1]) if mark else ""


def _bare(text: str) -> str:
    return _MARK.sub("", text, count=1) if _owner(text) else text
