"""The inputs of roles: `meta/argument_specs.yml` describes each, `defaults/main.yml` gives each its value."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ansible_collections.vigil.observability.tests.house_rules.tree import Tree

__all__ = ["described", "disagreements", "values"]


def described(tree: Tree, role: str) -> dict[str, dict[str, Any]]:
    """Return the options of the role's main entry point by name."""
    specs = (tree.data(f"roles/{role}/meta/argument_specs.yml") or {}).get("argument_specs", {})
    return specs.get("main", {}).get("options") or {}


def values(tree: Tree, role: str) -> dict[str, Any]:
    """Return the default values of the role by name."""
    return tree.data(f"roles/{role}/defaults/main.yml") or {}


def disagreements(tree: Tree) -> Iterator[str]:
    """Yield a sentence for every input whose description and default do not fit each other."""
    for role in tree.roles():
        options, defaults = described(tree, role), values(tree, role)
        if not options:
            yield f"roles/{role}/meta/argument_specs.yml: describes no option of the entry point main"
        for name, value in defaults.items():
            if problem := _problem(options.get(name), value):
                yield f"roles/{role}/defaults/main.yml: {name} {problem}"
        for name, option in options.items():
            if "default" in option and name not in defaults:
                yield f"roles/{role}/meta/argument_specs.yml: {name} has a default that defaults/main.yml lacks"
            if not name.startswith((f"{role}_", "vigil_")):
                yield f"roles/{role}/meta/argument_specs.yml: {name} begins with neither {role}_ nor vigil_"


def _problem(option: dict[str, Any] | None, value: Any) -> str:
    if option is None:
        return "has no option in meta/argument_specs.yml"
    if option.get("required"):
        return "has a value here and is required in meta/argument_specs.yml"
    if "default" in option and option["default"] != value:
        return f"is {value!r} here and {option['default']!r} in meta/argument_specs.yml"
    return ""
