"""How tasks and plays are named."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ansible_collections.vigil.observability.tests.house_rules.tree import Tree

__all__ = ["misnamed"]

_BLOCKS = ("block", "rescue", "always", "tasks", "pre_tasks", "post_tasks")


def misnamed(tree: Tree) -> Iterator[str]:
    """Yield a sentence for every task and play without a name, or with one that is no imperative sentence."""
    for file in tree.matching("roles/*/tasks/*.yml", "playbooks/*.yml"):
        for task in _tasks(tree.data(file)):
            name = task.get("name")
            if not name:
                yield f"{file}: the task with {', '.join(task)} has no name"
            elif not name[0].isupper() or name.endswith("."):
                yield f"{file}: the name {name!r} should begin with a capital and end without a full stop"


def _tasks(listed: Any) -> Iterator[dict[str, Any]]:
    for task in listed if isinstance(listed, list) else []:
        if isinstance(task, dict):
            yield task
            for key in _BLOCKS:
                yield from _tasks(task.get(key))
