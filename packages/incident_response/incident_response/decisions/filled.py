# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Texts of runbooks with the labels of an alert, each quoted for where it stands, so that it stays a value."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable, Iterable, Mapping, Sequence
from urllib.parse import quote

__all__ = ["Part", "in_command", "in_promql", "in_url", "one_of"]

# A text, or {"label": NAME} in place of the value of that label.
Part = str | Mapping[str, str]
_ADDRESS = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(:[0-9]{1,5})?")
_OUTSIDE_PATH = re.compile(r"[a-z]+://[^/?#]*")


def in_promql(parts: Sequence[Part], labels: Mapping[str, str]) -> str:
    """Return an expression, in which a label is a string; one that the alert does not have is an empty one."""
    # A string of JSON is one of PromQL, once it has no surrogates, which Alertmanager never sends.
    return _filled(parts, labels, lambda value, _before: json.dumps(value, ensure_ascii=False))


def one_of(names: Iterable[str]) -> str:
    """Return a regular expression, as a string of PromQL, that these names match and no others."""
    return json.dumps("|".join(re.escape(one) for one in sorted(names)), ensure_ascii=False)


def in_command(parts: Sequence[Part], labels: Mapping[str, str]) -> str:
    """Return a command for people, in which a label is one word of a shell."""
    return _filled(parts, labels, lambda value, _before: shlex.quote(value))


def in_url(parts: Sequence[Part], labels: Mapping[str, str]) -> str | None:
    """Return a URL, None if a label would have to be its host and is no name or address, with a port or not."""
    wrong: list[str] = []

    def part(value: str, before: str) -> str:
        if not _OUTSIDE_PATH.fullmatch(before):
            return quote(value, safe="")
        if not _ADDRESS.fullmatch(value):
            wrong.append(value)
        return value

    found = _filled(parts, labels, part)
    return None if wrong else found


def _filled(parts: Sequence[Part], labels: Mapping[str, str], written: Callable[[str, str], str]) -> str:
    text = ""
    for one in parts:
        text += one if isinstance(one, str) else written(labels.get(one["label"], ""), text)
    return text
