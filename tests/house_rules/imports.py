"""Which file of the plugins imports which other, and which rooms that joins."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ansible_collections.vigil.observability.tests.house_rules.tree import Tree

__all__ = ["LOGIC", "Import", "floors", "imports", "room"]

# The packages of logic, each made of rooms: the folders directly in them.
LOGIC = ("plugins/module_utils", "plugins/plugin_utils")
_COLLECTION = "ansible_collections.vigil.observability."


@dataclass(frozen=True)
class Import:
    """A line of a file that imports another file; both are names of the tree."""

    by: str
    line: int
    of: str

    def __str__(self) -> str:
        return f"{self.by}:{self.line} imports {self.of}"


def room(name: str) -> str:
    """Return the room of a file, such as `module_utils/_http`, or nothing for a file that is in none."""
    parts = PurePosixPath(name).parts
    return "/".join(parts[1:3]) if "/".join(parts[:2]) in LOGIC and len(parts) > 3 else ""


def imports(tree: Tree, *patterns: str) -> list[Import]:
    """Return every import of a file of the tree by a file that matches a pattern, or by one of the plugins."""
    known = set(tree.names)
    files = tree.matching(*(patterns or ("plugins/*.py",)))
    return [found for name in files for found in _of(name, tree.text(name), known)]


def _of(name: str, text: str, known: AbstractSet[str]) -> Iterator[Import]:
    folders = PurePosixPath(name).parts[:-1]
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            paths = [alias.name.split(".") for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = [*folders[: len(folders) + 1 - node.level]] if node.level else []
            base += node.module.split(".") if node.module else []
            paths = [[*base, alias.name] for alias in node.names]
        else:
            continue
        for path in paths:
            found = _file(known, ".".join(path).removeprefix(_COLLECTION).split("."))
            if found:
                yield Import(name, node.lineno, found)


def _file(known: AbstractSet[str], path: list[str]) -> str:
    """Return the file that a path of modules and at last perhaps a name in one means, or nothing."""
    return next((name for name in ("/".join(path) + ".py", "/".join(path[:-1]) + ".py") if name in known), "")


def floors(arrows: AbstractSet[tuple[str, str]], rooms: AbstractSet[str]) -> dict[str, int]:
    """Return the floor of each room, 1 for one that stands on none. Rooms of a circle, and those upon it, are left out.

    A room of the controller stands on those of hosts too, which count for nothing here: each package has floors of its
    own.
    """
    below = {one: {of for by, of in arrows if by == one and of.split("/")[0] == one.split("/")[0]} for one in rooms}
    found: dict[str, int] = {}
    while ready := [one for one in rooms - found.keys() if below[one] <= found.keys()]:
        found |= {one: 1 + max((found[of] for of in below[one]), default=0) for one in ready}
    return found
