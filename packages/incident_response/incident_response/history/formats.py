# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A post-mortem as JSON, Markdown or HTML. What alerts and people say is only text in each of them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from .timeline import because

__all__ = ["FORMATS"]

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|&~$!+=@-])")
_NUMBERED = re.compile(r"^(\d+)([.)])")
_ADDRESS = re.compile(r"(?i)(https?|ftp|mailto|xmpp):|(www)\.")
_UNITS = ((3600, "h"), (60, "min"), (1, "s"))


def _text(value: Any) -> str:
    """Return a text as one line in which nothing is Markdown."""
    line = " ".join("".join(one if one.isprintable() else " " for one in str(value)).split())
    line = _NUMBERED.sub(r"\1\\\2", _SPECIAL.sub(r"\\\1", line))
    return _ADDRESS.sub(lambda found: f"{found[0][:-1]}\\{found[0][-1]}", line)


def _quoted(value: str) -> str:
    """Return a text as a quotation below an entry of a list."""
    return "\n".join(f"  > {_text(line)}" for line in value.splitlines() or [""])


def _clock(text: str | None, without: str = "not yet") -> str:
    return without if text is None else f"{text[:19].replace('T', ' ')} UTC"


def _amount(value: float | None) -> str:
    return "not known" if value is None else f"{value:g}"


def _duration(seconds: float | None, without: str = "not yet") -> str:
    if seconds is None:
        return without
    left, words = round(seconds), list[str]()
    for size, unit in _UNITS:
        count, left = divmod(left, size)
        words += [f"{count} {unit}"] if count or (unit == "s" and not words) else []
    return " ".join(words)


def _environment(*, escaped: bool) -> Environment:
    found = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=escaped,  # noqa: S701 - without it, `finalize` escapes every value
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        # In Markdown, what a template shows is escaped unless it is one of ours.
        finalize=None if escaped else lambda value: value if isinstance(value, _Ours) else _text(value),
    )
    found.filters |= {
        "clock": _ours(_clock),
        "duration": _ours(_duration),
        "amount": _ours(_amount),
        "quoted": _ours(_quoted),
        "because": because,
    }
    return found


class _Ours(str):
    """A text that is Markdown, or has nothing of it."""

    __slots__ = ()


def _ours(filter_: Callable[..., str]) -> Callable[..., _Ours]:
    return lambda *values: _Ours(filter_(*values))


def _json(told: Mapping[str, Any]) -> str:
    return json.dumps(told, indent=2, ensure_ascii=False) + "\n"


def _markdown(told: Mapping[str, Any]) -> str:
    return _MARKDOWN.get_template("post_mortem.md").render(told)


def _html(told: Mapping[str, Any]) -> str:
    return _HTML.get_template("post_mortem.html").render(told)


_MARKDOWN, _HTML = _environment(escaped=False), _environment(escaped=True)
# The type and the text of each format.
FORMATS: Mapping[str, tuple[str, Callable[[Mapping[str, Any]], str]]] = {
    "json": ("application/json", _json),
    "md": ("text/markdown", _markdown),
    "html": ("text/html", _html),
}
