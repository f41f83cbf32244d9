"""Keeps the bytecode of what Ansible sends to a test host until the host stops, as Python does for installed files.

Each task sends its module and all that it imports in an archive, and Python compiles what it loads from archives anew:
a third of the processor time that a task costs a host. Python imports this as it starts, because of the file of this
name that ends in .pth. The names of the files kept tell the source, its place in the archive and the Python.
"""

from __future__ import annotations

import _imp
import marshal
import os
import sys
import zipimport
from types import CodeType

__all__ = ["keep"]

_ARCHIVE = "_payload.zip/"


def keep(folder: str) -> None:
    """Load the archives of Ansible's modules with bytecode from this folder, and keep it there if that is permitted."""
    compiled = zipimport._compile_source  # type: ignore[attr-defined]

    def compile_source(path: str, source: bytes) -> CodeType:
        place = path.partition(_ARCHIVE)[2]
        if not place:
            return compiled(path, source)  # type: ignore[no-any-return]
        kept = f"{folder}/{_imp.source_hash(sys.hexversion, place.encode() + source).hex()}"
        return _read(kept) or _keep(kept, compiled(path, source))

    zipimport._compile_source = compile_source  # type: ignore[attr-defined]


def _read(kept: str) -> CodeType | None:
    """Return the code of this file, or nothing when there is none."""
    try:
        with open(kept, "rb") as file:  # noqa: PTH123 - pathlib would be loaded by each process that starts
            code: CodeType = marshal.load(file)  # noqa: S302 - root wrote it
    except (OSError, EOFError, ValueError, TypeError):
        return None
    return code


def _keep(kept: str, code: CodeType) -> CodeType:
    """Write the code to this file, where that can be done, and return it."""
    new = f"{kept}.{os.getpid()}"
    try:
        os.makedirs(os.path.dirname(kept), mode=0o700, exist_ok=True)  # noqa: PTH103, PTH120
        with open(new, "wb") as file:  # noqa: PTH123
            marshal.dump(code, file)
        os.replace(new, kept)  # noqa: PTH105
    except OSError:
        return code
    return code
