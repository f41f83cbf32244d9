"""Titles as they stand in the paths of pages."""

from __future__ import annotations

import re
import unicodedata

__all__ = ["slug_of"]

_SPELT = {"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "æ": "ae", "ø": "oe", "å": "aa", "&": "and", "@": "at"}


def slug_of(title: str) -> str:
    """Return a title in lower case, with letters, digits and single dashes only."""
    spelt = "".join(_SPELT.get(letter, letter) for letter in title.lower())
    plain = unicodedata.normalize("NFKD", spelt).encode("ascii", "ignore").decode()
    return re.sub(r"-{2,}", "-", re.sub(r"[^a-z0-9_-]+", "-", plain)).strip("-_")
