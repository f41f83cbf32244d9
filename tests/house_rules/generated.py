"""Parts of files that `make docs-tables` writes, each between two lines that mark it."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ansible_collections.vigil.observability.tests.house_rules.tree import Tree

__all__ = ["Part"]


@dataclass(frozen=True)
class Part:
    """What is between these lines.

    Args:
        what: What messages call it.
        begin: The line before it, whose indentation it has.
        end: The line after it.
        first: Returns the text of a file by its name where there is none yet.
    """

    what: str
    begin: str
    end: str
    first: Callable[[str], str] = lambda _name: ""

    def outdated(self, tree: Tree, made: Mapping[str, str]) -> Iterator[str]:
        """Yield a sentence for every file, by its name, that lacks the part or has another than what was made."""
        for name, part in made.items():
            text = self._text(tree, name)
            if not self._has_place(text):
                yield f"{name}: lacks the lines `{self.begin}` and `{self.end}`, between which the {self.what} belongs"
            elif name not in tree.names or self._renewed(text, part) != text:
                yield f"{name}: its {self.what} is not up to date; run `make docs-tables`"

    def write(self, tree: Tree, made: Mapping[str, str]) -> list[str]:
        """Renew the part of these files and return the names of those that changed."""
        return [name for name, part in made.items() if self._changes(tree, name, part)]

    def _changes(self, tree: Tree, name: str, part: str) -> bool:
        text, path = self._text(tree, name), tree.root / name
        if not self._has_place(text) or ((renewed := self._renewed(text, part)) == text and path.exists()):
            return False
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(renewed, encoding="utf-8")
        return True

    def _text(self, tree: Tree, name: str) -> str:
        return tree.text(name) if (tree.root / name).exists() else self.first(name)

    def _has_place(self, text: str) -> bool:
        return text.count(self.begin) == text.count(self.end) == 1

    def _renewed(self, text: str, part: str) -> str:
        before, rest = text.split(self.begin)
        margin = before[before.rfind("\n") + 1 :]
        return f"{before}{self.begin}\n{textwrap.indent(part, margin)}{margin}{self.end}{rest.split(self.end)[1]}"
