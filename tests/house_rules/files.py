"""What any file may say, and how long it may be."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ansible_collections.vigil.observability.tests.house_rules.tree import Tree

__all__ = ["machine_paths", "overlong", "unwanted_words"]

# The first pattern that matches a file's name limits its lines.
LONGEST = (
    ("roles/*/tasks/main.yml", 30),
    ("roles/*/tasks/*.yml", 60),
    ("roles/*/defaults/main.yml", 100),
    ("roles/*/templates/*", 60),
    ("roles/*/README.md", 120),
    ("playbooks/parts/activate_services.yml", 200),  # generated: a play for each service
    ("playbooks/*.yml", 60),
    ("plugins/modules/*.py", 200),
    ("plugins/action/*.py", 200),
    ("plugins/filter/*.py", 200),
    ("plugins/*_utils/*.py", 250),
)

# What users read of a plugin: it may be as long as they need it.
_DOCUMENTED = re.compile(r'^(DOCUMENTATION|EXAMPLES|RETURN) = r"""$.*?^"""\n', re.MULTILINE | re.DOTALL)
# The brackets keep the rules from finding themselves.
_LEFT_OVER = re.compile(r"\b(TO[D]O|FIX[M]E|XX[X])\b")
_SKIPPED = re.compile(r"pytest\.mark\.(skip|xfail)\b(?!.*reason=)|pytest\.[s]kip\(\s*\)")
# Folders that every machine has, and in which a checkout may lie.
_EVERYWHERE = {Path(path) for path in ("/", "/tmp", "/var/tmp", "/home", "/opt", "/srv", "/usr/src")}
_NOT_IN_ROLES = re.compile(r"\b(set_fact|ignore_errors|notify|include_role|listen)\s*:|not ansible_check_mode")


def overlong(tree: Tree) -> Iterator[str]:
    """Yield a sentence for every file that is longer than its kind may be, the documentation of plugins left out."""
    for name in tree.names:
        allowed = next((lines for pattern, lines in LONGEST if fnmatch(name, pattern)), None)
        found = _DOCUMENTED.sub("", tree.text(name)).count("\n")
        if allowed is not None and found > allowed:
            yield f"{name}: has {found} lines; at most {allowed} belong here, so move a part into a file of its own"


def unwanted_words(tree: Tree) -> Iterator[str]:
    """Yield a sentence for every line whose content belongs elsewhere or nowhere."""
    yield from _lines(tree, _LEFT_OVER, "is unfinished; finish it or leave it out", except_for="LICENSE")
    yield from _lines(tree, machine_paths(tree.root), "names a path of one machine")
    yield from _lines(tree, _SKIPPED, "skips a test without a reason", below="tests/")
    yield from _lines(tree, _NOT_IN_ROLES, "has no place in a role; modules decide, `vars` derive", below="roles/")


def machine_paths(root: Path) -> re.Pattern[str]:
    """Return what finds paths that only the machine of the checkout has."""
    here = {root.resolve(), root.resolve().parent, Path.home()} - _EVERYWHERE
    return re.compile("|".join(re.escape(f"{path}/") for path in sorted(here)))


def _lines(
    tree: Tree, pattern: re.Pattern[str], problem: str, *, below: str = "", except_for: str = ""
) -> Iterator[str]:
    for name in tree.names:
        if name.startswith(below) and name != except_for:
            for number, line in enumerate(tree.text(name).splitlines(), 1):
                if found := pattern.search(line):
                    yield f"{name}:{number}: `{found.group()}` {problem}"
