"""What keeps the rooms of the plugins in order: their size, the names in them, and what each may import."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from ansible_collections.vigil.observability.tests.house_rules.imports import LOGIC, Import, floors, imports, room

if TYPE_CHECKING:
    from ansible_collections.vigil.observability.tests.house_rules.tree import Tree

__all__ = ["PAGE", "disorderly", "drawn_otherwise"]

PAGE = "docs/architecture.md"
_FACES = ("plugins/action/", "plugins/filter/", "plugins/modules/")
_OF_CONTROLLER = ("plugins/action/", "plugins/filter/", f"{LOGIC[1]}/")
# Tests that run on the Pythons of hosts, with ansible-core's module_utils alone, and among them those that do not.
_ON_HOSTS = ("packages/*", "plugins/modules/*", "plugins/module_utils/*", "roles/*")
_NOT_ON_HOSTS = "tests/unit/packages/incident_response/"
_MOST = 20
# `  2  _staging ──▶ _http _host` on the page: the floor, the room, what it imports. A line of the picture may pass by.
_DRAWN = re.compile(r"^ *(?P<floor>\d+) +(?P<room>_\w+)(?: +─+▶ +(?P<of>_\w+(?: +_\w+)*))?[ │]*$", re.MULTILINE)


def disorderly(tree: Tree) -> Iterator[str]:
    """Yield a sentence for every file that is in the wrong place, is named wrongly, or imports what it may not."""
    for folder, count in Counter(str(PurePosixPath(name).parent) for name in _files(tree)).items():
        if count > _MOST:
            yield f"{folder}: has {count} Python files; at most {_MOST} belong in one, so make a room"
    for name in _files(tree):
        if str(PurePosixPath(name).parent) in LOGIC:
            yield f"{name}: is in no room; move it into the folder of what it is part of"
        if twice := _repeated(name):
            yield f"{name}: repeats {twice}, the name of its folder; name the file for what it adds"
    found = imports(tree)
    yield from (f"{one}; {reason}" for one in found if (reason := _forbidden(one)))
    yield from _circles(found)
    tests = imports(tree, *(f"tests/unit/{room}.py" for room in _ON_HOSTS))
    yield from (
        f"{one}; tests of what runs on hosts have nothing of the controller: move it to the tests of that plugin"
        for one in tests
        if one.of.startswith(_OF_CONTROLLER) and not one.by.startswith(_NOT_ON_HOSTS)
    )


def drawn_otherwise(tree: Tree) -> Iterator[str]:
    """Yield a sentence for every room that is drawn on another floor or with other arrows than it has."""
    arrows = _arrows(imports(tree))
    rooms = {room(name) for name in _files(tree)} - {""}
    drawn = {found["room"]: found for found in _DRAWN.finditer(tree.text(PAGE) if PAGE in tree.names else "")}
    for place, floor in floors(arrows.keys(), rooms).items():
        name = place.split("/")[1]
        below = {of.split("/")[1] for by, of in arrows if by == place}
        found = drawn.pop(name, None)
        if not found or int(found["floor"]) != floor or set((found["of"] or "").split()) != below:
            wanted = f"{floor} {name}" + (f" ──▶ {' '.join(sorted(below))}" if below else "")
            yield f"{PAGE}: draws {place} otherwise than it is; the line has to say `{wanted}`"
    yield from (f"{PAGE}: draws the room {name}, which there is not" for name in drawn)


def _files(tree: Tree) -> list[str]:
    return tree.matching(*(f"{package}/*.py" for package in LOGIC))


def _repeated(name: str) -> str:
    """Return the folder whose name is a word of the file's, in the singular or the plural."""
    path = PurePosixPath(name)
    words = {_singular(word) for word in path.stem.split("_")}
    folder = path.parent.name.strip("_")
    return folder if _singular(folder) in words and str(path.parent) not in LOGIC else ""


def _singular(word: str) -> str:
    return word.removesuffix("s")


def _forbidden(one: Import) -> str:
    if one.of.startswith(_FACES):
        return "what plays call is made of the rooms, and not the other way round: move the logic into a room"
    if one.by.startswith(LOGIC[0]) and one.of.startswith(LOGIC[1]):
        return "what runs on hosts cannot use what only the controller has: move it to module_utils"
    return ""


def _arrows(found: list[Import]) -> dict[tuple[str, str], Import]:
    """Return the first import that leads from one room to another, for each two."""
    between = ((room(one.by), room(one.of), one) for one in reversed(found))
    return {(by, of): one for by, of, one in between if by and of and by != of}


def _circles(found: list[Import]) -> Iterator[str]:
    """Yield a sentence for every import between two rooms that lead to each other."""
    arrows = _arrows(found)
    leads = {by: _reached(by, arrows.keys()) for by, _of in arrows}
    for (by, of), one in sorted(arrows.items()):
        if by in leads.get(of, ()):
            yield f"{one}; that closes a circle, since {of} leads back to {by}: move what both need into a room below"


def _reached(start: str, arrows: AbstractSet[tuple[str, str]]) -> set[str]:
    reached: set[str] = set()
    ahead = {of for by, of in arrows if by == start}
    while ahead:
        reached |= ahead
        ahead = {of for by, of in arrows if by in ahead} - reached
    return reached
