"""Finds secrets in texts: by what they look like, and by the key before them.

Every pattern takes time in proportion to the text, whatever the text: what could be tried at each character has a
bound on its length or a condition on what precedes it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from .sensitive_keys import SensitiveKeys

__all__ = ["REDACTED", "SHORTEST_SECRET", "is_card_number", "without_secrets"]

REDACTED = "[REDACTED]"
SHORTEST_SECRET = 13
"""Characters of the shortest text of letters and digits alone that is a secret: the number of a card, a token."""

_SHORTEST_CARD, _LONGEST_CARD = 13, 19
# Milliseconds, microseconds and nanoseconds since 1970 have as many digits and begin with 1. No card does, but for
# those of airlines, which have 15.
_LENGTHS_OF_TIMES = (13, 16, 19)
# Not a part of a decimal number. The parts of a card number may have one space or dash between them.
_DIGITS = re.compile(r"(?<!\d)(?<!\d\.)\d(?:[ \u00a0_/\u2010-\u2015-]?\d){12,}(?!\.\d)")
_GROUP = re.compile(r"\d+")
_SHORTEST_GROUP = 3
_UUID = (8, 4, 4, 4, 12)
_ONCE = bytes.maketrans(b"0123456789", bytes(range(10)))
_TWICE = bytes.maketrans(b"0123456789", bytes((0, 2, 4, 6, 8, 1, 3, 5, 7, 9)))  # the digits' sum of twice a digit

_PRIVATE_KEY = re.compile(
    r"-----BEGIN [A-Z0-9 ]{0,64}PRIVATE KEY(?: BLOCK)?-----.*?"
    r"(?:-----END [A-Z0-9 ]{0,64}PRIVATE KEY(?: BLOCK)?-----|\Z)",
    re.DOTALL,
)
# A header of JSON in base64url begins with eyJ. A token in a word needs its second part to be known as one.
_JWT = re.compile(
    r"(?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]{10,}(?:\.[A-Za-z0-9_-]*){0,4}"
    r"|eyJ[A-Za-z0-9_-]{5,512}\.[A-Za-z0-9_-]{5,}(?:\.[A-Za-z0-9_-]*){0,3}"
)
# Not the sentence "a bearer token is missing", and not what a server asks for: Bearer realm="shop".
_BEARER = re.compile(
    r"\b(bearer)(\s{1,8})(?!(?:tokens?|auth\w{0,12}|scheme|header|realm|error)(?:[\s,.;:!?)\"'=]|\Z))"
    r"[A-Za-z0-9._~+/=:-]{4,}",
    re.IGNORECASE,
)
_BASIC = re.compile(r"\b((?i:basic))(\s{1,8})(?=[A-Za-z0-9+/_-]*[A-Z0-9=])[A-Za-z0-9+/_-]{6,}={0,2}")
# What follows the colon of a host may also be a port, with a path that has an @.
_URL = re.compile(r"(://[^\s/@:\"'<>]{0,256}:)(?!\d{1,5}[/?#])[^\s\"'<>]{0,2048}@")

_KEY = re.compile(
    r"(?<![\w.-])(?P<key>(?:(?i:api|private|secret|access|card) )?[\w.-]*\w)"
    r"\\*[\"']?[ \t]{0,8}(?:=>|[:=])[ \t]{0,8}"
)
_OPTION = re.compile(r"(?<![\w-])--(?P<key>[\w-]{2,64})[\"']?(?:,?[ \t]{1,8}|=)")
_WHOLE_LINE = re.compile(r"[^\r\n]+")
_VALUE = re.compile(
    r"""\\*"(?:[^"\\]|\\.)*(?:"|\\?\Z)|\\*'(?:[^'\\]|\\.)*(?:'|\\?\Z)|[\[({][^\])}]*[\])}]?"""
    r"""|(?:(?i:bearer|basic|digest|token|negotiate)[ \t]+)?"""
    # A comma or a bracket ends a value only where something else begins.
    r"""(?:[^\s,;&"'(){}\[\]<>]|[,;&(){}\[\]<>](?!\s|\Z|["'>})\]]|[\w.-]+[=:])|["'](?=\w))+""",
    re.DOTALL,
)


def without_secrets(text: str, keys: SensitiveKeys) -> str:
    """Return the text with "[REDACTED]" in place of every secret that is found."""
    if text.isalpha():
        return text
    if "-----BEGIN " in text:
        text = _PRIVATE_KEY.sub(REDACTED, text)
    if "eyJ" in text:
        text = _JWT.sub(REDACTED, text)
    if "://" in text and "@" in text:
        text = _URL.sub(rf"\1{REDACTED}@", text)
    if ":" in text or "=" in text:
        text = _without_values(text, _KEY, keys)
    if " " in text or "\t" in text or "--" in text:
        text = _without_credentials(text, keys)
    if len(text) >= _SHORTEST_CARD:
        text = _DIGITS.sub(_without_cards, text)
    return text


def is_card_number(digits: str) -> bool:
    """Whether these digits may be the number of a card: as long as one, and with Luhn's check digit."""
    if not _SHORTEST_CARD <= len(digits) <= _LONGEST_CARD or not digits.isdecimal():
        return False
    if int(digits[0]) == 1 and len(digits) in _LENGTHS_OF_TIMES:
        return False
    plain = (digits if digits.isascii() else "".join(str(int(digit)) for digit in digits)).encode()
    return (sum(plain[-1::-2].translate(_ONCE)) + sum(plain[-2::-2].translate(_TWICE))) % 10 == 0


def _without_credentials(text: str, keys: SensitiveKeys) -> str:
    if "--" in text:
        text = _without_values(text, _OPTION, keys)
    lower = text.lower()
    if "bearer" in lower:
        text = _BEARER.sub(rf"\1\2{REDACTED}", text)
    if "basic" in lower:
        text = _BASIC.sub(rf"\1\2{REDACTED}", text)
    return text


def _without_values(text: str, pattern: re.Pattern[str], keys: SensitiveKeys) -> str:
    """Return the text without the values of sensitive keys; those of others are searched for further keys."""
    parts: list[str] = []
    end = 0
    for found in pattern.finditer(text):
        if found.start() < end or found["key"] not in keys:
            continue
        value = _value(text, found)
        if value is not None:
            parts += [text[end : found.end()], REDACTED]
            end = value.end()
    return "".join([*parts, text[end:]]) if parts else text


def _value(text: str, found: re.Match[str]) -> re.Match[str] | None:
    """Return the value after a key. That of a header may have spaces and semicolons, so it ends with its line."""
    header = found["key"].lower().endswith(("authorization", "cookie"))
    if header and text[found.end() : found.end() + 1] not in ("'", '"', "\\"):
        return _WHOLE_LINE.match(text, found.end())
    return _VALUE.match(text, found.end())


def _without_cards(found: re.Match[str]) -> str:
    run = found[0]
    whole = _GROUP.findall(run)
    if min(map(len, whole[:-1]), default=_SHORTEST_GROUP) >= _SHORTEST_GROUP and is_card_number("".join(whole)):
        return REDACTED
    parts: list[str] = []
    end = 0
    for start, stop in _cards(run):
        parts += [run[end:start], REDACTED]
        end = stop
    return "".join([*parts, run[end:]])


def _cards(run: str) -> Iterator[tuple[int, int]]:
    """Yield where card numbers are in a run of digits with separators: each is one group of digits or several."""
    groups = [found.span() for found in _GROUP.finditer(run)]
    is_uuid = len(groups) == len(_UUID) and tuple(stop - start for start, stop in groups) == _UUID
    first = len(groups) if is_uuid else 0
    while first < len(groups):
        last = _last_group(run, groups, first)
        if last is not None:
            yield groups[first][0], groups[last][1]
            first = last
        first += 1


def _last_group(run: str, groups: list[tuple[int, int]], first: int) -> int | None:
    """Return the last group of the longest card number that begins with this group, or None."""
    digits, found = "", None
    for index in range(first, len(groups)):
        start, stop = groups[index]
        digits += run[start : min(stop, start + _LONGEST_CARD + 1)]
        if len(digits) > _LONGEST_CARD:
            break
        if len(digits) >= _SHORTEST_CARD and is_card_number(digits):
            found = index
        if stop - start < _SHORTEST_GROUP:
            break
    return found
