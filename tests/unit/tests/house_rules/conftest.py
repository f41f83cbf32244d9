from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from ansible_collections.vigil.observability.tests.house_rules.tree import Tree

Write = Callable[[dict[str, str]], Tree]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write files by name into a new checkout, and return its tree."""
    checkout = tmp_path / "checkout"
    checkout.mkdir()
    subprocess.run(["git", "init", "--quiet", checkout], check=True)

    def written(contents: dict[str, str]) -> Tree:
        for name, content in contents.items():
            (checkout / name).parent.mkdir(parents=True, exist_ok=True)
            (checkout / name).write_text(content, encoding="utf-8")
        return Tree.of(checkout)

    return written
