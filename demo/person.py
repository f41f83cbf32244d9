"""Somebody whom a notification reaches, and what stands on the page that its link leads to."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path

import requests

__all__ = ["Page", "Person"]

_FACTS = ("dt", "dd")
_DONE = ("li", "automation")  # an entry of the timeline: what automation has done


@dataclass(frozen=True)
class Page:
    """The page of an incident, as its texts: title, facts by their terms, and what automation did, the oldest first."""

    title: str
    facts: dict[str, str]
    tried: list[str]


@dataclass(frozen=True)
class Person:
    """An account of the service that works on incidents."""

    name: str
    password: str
    authority: Path

    def opened(self, link: str) -> Page:
        """Return what a link shows to this person. Raises requests.RequestException."""
        login = (self.name, self.password)
        answer = requests.get(link, auth=login, verify=str(self.authority), timeout=10)
        answer.raise_for_status()
        reader = _Reader()
        reader.feed(answer.text)
        texts = {kind: [" ".join(text.split()) for text in found] for kind, found in reader.found.items()}
        facts = dict(zip(*(texts.get(kind, []) for kind in _FACTS), strict=True))
        return Page(" ".join(texts.get("h1", [])), facts, texts.get("li", [])[::-1])


class _Reader(HTMLParser):
    """Collects the texts of the elements that a page is read for, by their tags."""

    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, list[str]] = defaultdict(list)
        self._inside = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Begin a text, or what a text quotes."""
        if tag == "blockquote" and self._inside:
            self.found[self._inside][-1] += " > "
        if tag in ("h1", *_FACTS) or (tag, dict(attrs).get("class")) == _DONE:
            self._inside = tag
            self.found[tag].append("")

    def handle_endtag(self, tag: str) -> None:
        """End it."""
        if tag == self._inside:
            self._inside = ""

    def handle_data(self, data: str) -> None:
        """Add to it."""
        if self._inside:
            self.found[self._inside][-1] += data
