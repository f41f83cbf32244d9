"""The files of a checkout as the rules see them."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import yaml

__all__ = ["Tree"]


class _Loader(yaml.SafeLoader):
    """Reads the tags of Ansible (`!vault`, `!unsafe`) as the text they carry."""


def _text(loader: _Loader, _tag: str, node: yaml.Node) -> Any:
    return loader.construct_scalar(node) if isinstance(node, yaml.ScalarNode) else None


yaml.add_multi_constructor("!", _text, Loader=_Loader)


@dataclass(frozen=True)
class Tree:
    """A folder and the names of the files in it that git knows or would take up."""

    root: Path
    names: tuple[str, ...]

    @classmethod
    def of(cls, root: Path) -> Tree:
        listed = subprocess.check_output(["git", "ls-files", "-coz", "--exclude-standard"], cwd=root, text=True)
        return cls(root, tuple(sorted({name for name in listed.split("\0") if (root / name).is_file()})))

    def matching(self, *patterns: str) -> list[str]:
        """Return the names that match a pattern, in which `*` stands for slashes too."""
        return [name for name in self.names if any(fnmatch(name, pattern) for pattern in patterns)]

    def roles(self) -> list[str]:
        return sorted({name.split("/")[1] for name in self.matching("roles/*/*")})

    def text(self, name: str) -> str:
        """Return the file's text, or nothing when it holds no text."""
        try:
            return (self.root / name).read_text(encoding="utf-8")
        except UnicodeDecodeError:
            return ""

    def data(self, name: str) -> Any:
        """Return what the YAML file says, or None when there is no such file."""
        path = self.root / name
        return yaml.load(path.read_bytes(), Loader=_Loader) if path.exists() else None  # noqa: S506 - a safe loader
