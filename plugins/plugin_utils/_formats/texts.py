# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a text can be what an input takes it for: an address, a URL, a duration.

Each function returns the end of a sentence about the text, or None where nothing is wrong.
"""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import SplitResult, urlsplit

from ansible_collections.vigil.observability.plugins.module_utils._api.durations import milliseconds

__all__ = ["unfit_address", "unfit_download", "unfit_duration", "unfit_link"]

_NAME = re.compile(
    r"(?=.{1,253}$)[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?(\.[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?)*\.?"
)


def unfit_address(text: str) -> str | None:
    """Return why this is neither a name nor an IP address, without a port."""
    bare = text[1:-1] if text.startswith("[") and text.endswith("]") else text
    try:
        ipaddress.ip_address(bare)
    except ValueError:
        if not _NAME.fullmatch(text) or re.fullmatch(r"[0-9.]+", text):
            return f"is {text!r}: it has to be a DNS name or an IP address, without scheme and port."
    return None


def unfit_link(text: str) -> str | None:
    """Return why this is no address that people open in a browser."""
    url = _parts(text)
    if isinstance(url, str):
        return url
    if url.query or url.fragment:
        return f"is {text!r}: it has to end with its path, without ? and #."
    return None


def unfit_download(text: str) -> str | None:
    """Return why this is no address to download from. One with a password in it is left to those who use it.

    Files of the host are named as file:///path.
    """
    if text.startswith("file:///") and text.isprintable():
        return None
    url = _parts(re.sub(r"(?<=://)[^/@\s]*@", "", text))
    return url if isinstance(url, str) else None


def unfit_duration(text: str) -> str | None:
    """Return why Prometheus would not take this for a duration."""
    if milliseconds(text) is not None:
        return None
    return f"is {text!r}: write a duration such as 30s, 5m or 1h30m, with the larger unit first."


def _parts(text: str) -> SplitResult | str:
    """Return the parts of an address of a web server, or the end of a sentence where it is none."""
    if "@" in text.partition("://")[2].partition("/")[0]:
        return "contains a user or a password, which everyone would see: remove them."
    advice = "write it like https://metrics.example.com/path."
    try:
        url = urlsplit(text)
        host = "" if url.port == 0 else url.hostname or ""
    except ValueError as error:
        return f"is {text!r}, which cannot be read ({error}): {advice}"
    if url.scheme not in ("http", "https") or unfit_address(host) or re.search(r"[\s\x00-\x1f\x7f\"'<>\\]", text):
        return f"is {text!r}, which is not the address of a web server: {advice}"
    return url
