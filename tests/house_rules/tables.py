"""The tables of inputs in the README of every role, made from `meta/argument_specs.yml` and `defaults/main.yml`."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ansible_collections.vigil.observability.tests.house_rules.inputs import described, values

if TYPE_CHECKING:
    from ansible_collections.vigil.observability.tests.house_rules.tree import Tree

__all__ = ["BEGIN", "END", "outdated", "write"]

BEGIN = "<!-- inputs: made by `make docs-tables` -->"
END = "<!-- end of inputs -->"
_HEAD = "| input | type | default | meaning |\n| --- | --- | --- | --- |\n"
_LONGEST_DEFAULT = 60
_MARKUP = re.compile(r"\b[CVOM]\(([^()]*)\)")


def outdated(tree: Tree) -> Iterator[str]:
    """Yield a sentence for every README whose table is missing or is not what the role says."""
    for role, name, text in _readmes(tree):
        if BEGIN not in text or END not in text:
            yield f"{name}: lacks the lines `{BEGIN}` and `{END}`, between which the table of inputs belongs"
        elif _renewed(tree, role, text) != text:
            yield f"{name}: its table of inputs is not up to date; run `make docs-tables`"


def write(tree: Tree) -> list[str]:
    """Renew the tables and return the names of the files that changed."""
    changed = []
    for role, name, text in _readmes(tree):
        if BEGIN in text and END in text and (renewed := _renewed(tree, role, text)) != text:
            (tree.root / name).write_text(renewed, encoding="utf-8")
            changed.append(name)
    return changed


def _readmes(tree: Tree) -> Iterator[tuple[str, str, str]]:
    for role in tree.roles():
        name = f"roles/{role}/README.md"
        yield role, name, tree.text(name) if name in tree.names else ""


def _renewed(tree: Tree, role: str, text: str) -> str:
    before, rest = text.split(BEGIN, 1)
    after = rest.split(END, 1)[1]
    return f"{before}{BEGIN}\n{_table(described(tree, role), values(tree, role))}{END}{after}"


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
