# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What arrives with a request: its body, its numbers, and the page from which a browser sent it."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from starlette.exceptions import HTTPException
from starlette.requests import Request

__all__ = ["body", "fields_of", "is_of_another_site", "json_of", "number"]

_LARGEST = 16 * 2**20  # bytes of a body


async def body(request: Request) -> bytes:
    """Return the body. Raises HTTPException for one that is too large."""
    found = bytearray()
    async for part in request.stream():
        found += part
        if len(found) > _LARGEST:
            raise HTTPException(413, f"A body has at most {_LARGEST} bytes.")
    return bytes(found)


async def json_of(request: Request) -> Any:
    """Return what a body says as JSON. Raises HTTPException."""
    try:
        return json.loads(await body(request))
    except (ValueError, RecursionError) as error:
        raise HTTPException(400, str(error)) from error


async def fields_of(request: Request) -> dict[str, str]:
    """Return the fields of a form. Raises HTTPException."""
    try:
        return dict(parse_qsl((await body(request)).decode(), keep_blank_values=True, max_num_fields=20))
    except ValueError as error:
        raise HTTPException(400, f"The form cannot be read: {error}") from error


def number(request: Request, name: str, default: int) -> int:
    """Return a whole number of the query. Raises HTTPException."""
    text = request.query_params.get(name, "")
    if text and not (text.isascii() and text.isdigit() and len(text) < 19):  # noqa: PLR2004 - what SQLite holds
        raise HTTPException(400, f"{name} has to be a whole number.")
    return int(text or default)


def is_of_another_site(request: Request) -> bool:
    """Return whether a browser sends this for a page that is not ours; it adds the password of whoever logged in."""
    if site := request.headers.get("Sec-Fetch-Site"):
        return site not in {"same-origin", "none"}
    origin = request.headers.get("Origin")
    return origin is not None and urlsplit(origin).netloc != request.headers.get("Host")
