"""The tables of inputs in the README of every role, made from `meta/argument_specs.yml` and `defaults/main.yml`."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ansible_collections.vigil.observability.tests.house_rules.generated import Part
from ansible_collections.vigil.observability.tests.house_rules.inputs import described, values

if TYPE_CHECKING:
    from ansible_collections.vigil.observability.tests.house_rules.tree import Tree

__all__ = ["BEGIN", "END", "outdated", "write"]

BEGIN = "<!-- inputs: made by `make docs-tables` -->"
END = "<!-- end of inputs -->"
_PART = Part("table of inputs", BEGIN, END)
_HEAD = "| input | type | default | meaning |\n| --- | --- | --- | --- |\n"
_LONGEST_DEFAULT = 60
_MARKUP = re.compile(r"\b[CVOM]\(([^()]*)\)")


def outdated(tree: Tree) -> Iterator[str]:
    """Yield a sentence for every README whose table is missing or is not what the role says."""
    yield from _PART.outdated(tree, _made(tree))


def write(tree: Tree) -> list[str]:
    """Renew the tables and return the names of the files that changed."""
    return _PART.write(tree, _made(tree))


def _made(tree: Tree) -> dict[str, str]:
    return {f"roles/{role}/README.md": _table(described(tree, role), values(tree, role)) for role in tree.roles()}


def _table(options: dict[str, dict[str, Any]], defaults: dict[str, Any]) -> str:
    return _HEAD + "".join(row for name, option in options.items() for row in _rows(name, option, defaults))


def _rows(name: str, option: dict[str, Any], defaults: dict[str, Any]) -> Iterator[str]:
    cells = f"`{name}`", _kind(option), _default(name, option, defaults), _meaning(option)
    yield "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n"
    part = f"{name}[]" if option.get("type") == "list" else name
    for key, nested in (option.get("options") or {}).items():
        yield from _rows(f"{part}.{key}", nested, {})


def _kind(option: dict[str, Any]) -> str:
    kind = option.get("type", "str")
    if kind == "list" and "elements" in option:
        kind = f"list of {option['elements']}"
    return " or ".join(f"`{choice}`" for choice in option["choices"]) if "choices" in option else kind


def _default(name: str, option: dict[str, Any], defaults: dict[str, Any]) -> str:
    if option.get("required"):
        return "required"
    if name not in defaults and "default" not in option:
        return ""
    value = defaults.get(name, option.get("default"))
    shown = value if isinstance(value, str) else json.dumps(value)
    shown = " ".join(shown.split()) if shown else '""'
    return f"`{shown}`" if len(shown) <= _LONGEST_DEFAULT else "[see defaults](defaults/main.yml)"


def _meaning(option: dict[str, Any]) -> str:
    said = option.get("description", "")
    return _MARKUP.sub(r"`\1`", " ".join((said if isinstance(said, str) else " ".join(said)).split()))
