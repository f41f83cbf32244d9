# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Pages from templates, in which every value is escaped, and the headers that keep everything else out of them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import Response
from starlette.templating import Jinja2Templates

from ...history.timeline import because, decided
from ..headers import HEADERS

__all__ = ["STATIC", "page", "part"]

STATIC = Path(__file__).parent / "static"
_UNITS = ((86400, "d", 3600, "h"), (3600, "h", 60, "min"))


def page(request: Request, name: str, told: Mapping[str, Any], status: int = 200) -> Response:
    """Return a page."""
    return _TEMPLATES.TemplateResponse(request, name, dict(told), status, HEADERS)


def part(name: str, told: Mapping[str, Any]) -> str:
    """Return a part of a page."""
    return _ENVIRONMENT.get_template(name).render(told)


def _clock(text: str) -> str:
    """Return a time as people read it, in UTC."""
    return text[:19].replace("T", " ")


def _since(text: str) -> str:
    """Return how long ago a time is, or how far ahead."""
    seconds = abs(datetime.now(tz=UTC).timestamp() - datetime.fromisoformat(text).timestamp())
    for size, unit, part, its_unit in _UNITS:
        if seconds >= size:
            rest = seconds % size // part
            return f"{seconds // size:.0f} {unit}" + (f" {rest:.0f} {its_unit}" if rest else "")
    return f"{seconds // 60:.0f} min" if seconds >= 60 else "less than a minute"  # noqa: PLR2004 - of a minute


def _link(text: str) -> str:
    """Return an address that a browser may open, nothing for any other: `javascript:` is one too."""
    try:
        return text if urlsplit(text).scheme in {"http", "https"} else ""
    except ValueError:
        return ""


_ENVIRONMENT = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_ENVIRONMENT.filters |= {"clock": _clock, "since": _since, "link": _link, "because": because, "decided": decided}
_TEMPLATES = Jinja2Templates(env=_ENVIRONMENT)
