"""Titles as they stand in the paths of pages."""

from __future__ import annotations

import re
import unicodedata

__all__ = ["same_page", "slug_of"]

_SPELT = {"ü": "ue", "ß": "ss", "æ": "ae", "ø": "o", "&": "and", "@": "at"}


def slug_of(title: str) -> str:
    """Return a title in lower case, with letters, digits and single dashes only."""
    spelt = "".join(_SPELT.get(letter, letter) for letter in title.lower())
    plain = unicodedata.normalize("NFKD", spelt)
    letters = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return re.sub(r"[^a-z0-9]+", "-", letters).strip("-")


def same_page(title: str, other: str) -> bool:
    """Tell whether two titles have one path."""
    return title == other or "" != slug_of(title) == slug_of(other)
