# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Secrets in texts that are shown, however a server, a parser or an address spells them."""

from __future__ import annotations

import base64
import functools
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

__all__ = ["HIDDEN", "hidden", "secrets_in_urls", "without_url_secrets"]

HIDDEN = "********"

# A secret this short is part of many words, so it is only hidden where it is a word of its own.
_SHORT = 4
# The shortest line of a secret (such as a key) that may be quoted alone, and what follows the scheme in a header.
_LINE, _SCHEME = 8, re.compile(r"(?:Basic|Bearer|Token|ApiKey)\s+(\S+)", re.IGNORECASE)
# Above it, only plain letters and digits are searched for: a key of kilobytes would take a second otherwise.
_LONG = 300
_LETTERS = {"\a": "a", "\b": "b", "\f": "f", "\n": "n", "\r": "r", "\t": "t", "\v": "v", "\0": "0"}
_NAMES = {'"': "quot", "'": "apos", "&": "amp", "<": "lt", ">": "gt"}
# Any number of backslashes is a run of them, as each quoting doubles it.
_BACKSLASHES = r"(?:\\(?:[uU]0*(?i:5c)|x(?i:5c))?|%(?:25)*(?i:5c)|&(?:amp;)*#(?:0*92|[xX]0*(?i:5c));)+"
_ENCODINGS = (base64.b64encode, base64.urlsafe_b64encode)

# An address fills its text, or stands among others and in words.
_ALONE, _AMONG = re.compile(r"(?<=://).+", re.DOTALL), re.compile(r"(?<=://)\S+")
_PORT = re.compile(r"[^:]*|[^:]*:\d*|\[.*\](:\d*)?")
_NAMED = "token|secret|passw|pwd|api_?key|signature|sig|auth|credential"
_ASKED = re.compile(rf"[?&;][^=&;#]*(?:{_NAMED})[^=&;#]*=([^&;#\s\"'<>]+)", re.IGNORECASE)


def hidden(text: str, secrets: Iterable[str]) -> str:
    """Return the text without the secrets, raw or as JSON, Go, Python, HTML, an address or base64 spell them.

    A secret is a password as well as `user:password`, of which Basic authentication makes base64.
    """
    known = tuple(sorted({*_parts(secrets)}, key=lambda part: (-len(part), part)))
    return _pattern(known).sub(HIDDEN, text) if known else text


def secrets_in_urls(value: Any) -> Iterator[str]:
    """Yield the passwords and tokens in the addresses among the texts of anything that JSON can hold."""
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, (list, tuple)):
        for below in value:
            yield from secrets_in_urls(below)
    elif isinstance(value, str):
        for address in _addresses(value).findall(value):
            yield from (address[start:end] for start, end in _spans(address))


def without_url_secrets(value: Any, former: Any = None) -> Any:
    """Return anything that JSON can hold without the passwords and tokens in the addresses among its texts.

    Where nothing else differs from the former value, the text notes that they changed.
    """
    if isinstance(value, Mapping):
        old = former if isinstance(former, Mapping) else {}
        return {key: without_url_secrets(below, old.get(key)) for key, below in value.items()}
    if isinstance(value, (list, tuple)):
        olds = former if isinstance(former, (list, tuple)) else ()
        return [without_url_secrets(below, old) for below, old in zip(value, (*olds, *[None] * len(value)))]
    if not isinstance(value, str):
        return value
    masked = _addresses(value).sub(lambda found: _masked(found[0]), value)
    changed = isinstance(former, str) and former != value and masked == without_url_secrets(former)
    return masked.replace(HIDDEN, f"{HIDDEN} (changed)") if changed else masked


def _addresses(text: str) -> re.Pattern[str]:
    return _ALONE if text.count("://") == 1 and re.match(r"\s*[\w+.-]+://", text) else _AMONG


def _masked(address: str) -> str:
    for start, end in reversed(_spans(address)):
        address = f"{address[:start]}{HIDDEN}{address[end:]}"
    return address


def _spans(address: str) -> list[tuple[int, int]]:
    """Return where the secrets are in an address without its scheme."""
    authority = re.split(r"[/?#]", address, maxsplit=1)[0]
    if "@" not in authority and not _PORT.fullmatch(authority):
        # What follows the colon is not a port: a password that was not encoded.
        authority = address
    user = authority.rpartition("@")[0]
    begin = user.find(":") + 1
    spans = [(begin, len(user))] if 0 < begin < len(user) else []
    return spans + [found.span(1) for found in _ASKED.finditer(address, len(user))]


def _parts(secrets: Iterable[str]) -> Iterator[str]:
    """Yield what must not be seen: each secret, its long lines, what follows its scheme, and all of it as base64."""
    for secret in filter(None, secrets):
        lines = [line.strip() for line in secret.splitlines()]
        yield from (line for line in lines if len(line) >= _LINE and not line.startswith("-----"))
        scheme = _SCHEME.fullmatch(secret.strip())
        for one in (secret, *([scheme[1]] if scheme else [])):
            yield one
            yield from (encode(one.encode(errors="surrogatepass")).decode().rstrip("=") for encode in _ENCODINGS)


@functools.lru_cache(maxsize=8)
def _pattern(parts: Sequence[str]) -> re.Pattern[str]:
    return re.compile("|".join(map(_spelt, parts)))


def _spelt(part: str) -> str:
    pieces = re.findall(r"\\+|[^\\]", part)
    spelt = "".join(_character(piece[0], plain=len(part) > _LONG) for piece in pieces)
    return f"{spelt}=*" if len(part) >= _SHORT else rf"(?<!\w){spelt}(?!\w)"


@functools.lru_cache(maxsize=512)
def _character(one: str, *, plain: bool) -> str:
    """Return what matches a character, quoted any number of times."""
    if one == "\\":
        return _BACKSLASHES
    if one.isascii() and one.isalnum():
        return one if plain else f"(?:{one}|%(?:25)*{_digits(f'{ord(one):x}')})"
    code, wide = f"{ord(one):x}", one.encode("utf-16-be", "surrogatepass").hex()
    octets = [_digits(f"{octet:02x}") for octet in one.encode(errors="surrogatepass")]
    units = [_digits(wide[begin : begin + 4]) for begin in range(0, len(wide), 4)]
    escapes = [r"\\+u".join(("", *units)), r"\\+x".join(("", *octets)), rf"\\+U0*{_digits(code)}"]
    escapes += [rf"\\+{_LETTERS[one]}"] if one in _LETTERS else []
    marks = [re.escape(one), "".join(f"%(?:25)*{octet}" for octet in octets)]
    names = [f"#0*{ord(one)}", f"#[xX]0*{_digits(code)}", *([_NAMES[one]] if one in _NAMES else [])]
    marks += [f"&(?:amp;)*(?:{'|'.join(names)});", *([r"\+"] if one == " " else [])]
    return rf"(?:\\*(?:{'|'.join(marks)})|{'|'.join(escapes)})"


def _digits(digits: str) -> str:
    """Return what matches hexadecimal digits in either case."""
    return re.sub("[a-f]", lambda found: f"[{found[0]}{found[0].upper()}]", digits)
