"""The links of pages to files of the collection."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ansible_collections.vigil.observability.tests.house_rules.tree import Tree

__all__ = ["broken"]

_CODE = re.compile(r"^ *```.*?^ *```", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"(?<!!)\[(?P<text>[^\]]+)\]\((?P<to>[^)\s]+)\)")
_ELSEWHERE = re.compile(r"[a-z]+:")
_HEADING = re.compile(r"^#+ +(.+?) *$", re.MULTILINE)
_NAME = re.compile(r"`(\w+)(?:\(\))?`")


def broken(tree: Tree) -> Iterator[str]:
    """Yield a sentence for every link of a page to a file, a section, or a name in a file that is not there.

    The text of a link is a name where it is one word of code: [`render`](unit.py) leads to a file that has `render`.
    """
    for page in tree.matching("*.md"):
        for link in _LINK.finditer(_CODE.sub("", tree.text(page))):
            if not _ELSEWHERE.match(link["to"]) and (problem := _problem(tree, page, link["text"], link["to"])):
                yield f"{page}: the link [{link['text']}]({link['to']}) {problem}"


def _problem(tree: Tree, page: str, text: str, link: str) -> str:
    path, _hash, anchor = link.partition("#")
    name = posixpath.normpath(posixpath.join(posixpath.dirname(page), path)) if path else page
    if name not in tree.names:
        folder = name == "." or any(known.startswith(f"{name}/") for known in tree.names)
        return "" if folder else "leads to no file"
    if anchor and anchor not in _anchors(_CODE.sub("", tree.text(name))):
        return f"leads to no section of {name}"
    said = _NAME.fullmatch(text)
    if said and not name.endswith(".md") and not re.search(rf"\b{said[1]}\b", tree.text(name)):
        return f"names {said[1]}, which {name} has not"
    return ""


def _anchors(text: str) -> set[str]:
    """Return the names that GitHub gives the sections of a page."""
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in _HEADING.findall(text)}
