"""A digest of what a job reads: when in doubt it reads a file, and so it runs again after a change of that file.

A job reads all files that git knows or would take up, without those that its kind does not read unless its own files
mention them; and of the machine: interpreters, archives of the servers, settings.
"""

from __future__ import annotations

import hashlib
import os
import platform
import subprocess
import sys
from collections.abc import Iterator
from fnmatch import fnmatchcase

from ansible_collections.vigil.observability.tests.environments import interpreters
from ansible_collections.vigil.observability.tests.runner.jobs import ARCHIVES, ROOT, Job, scenarios

__all__ = ["digest", "inputs_of"]

# Patterns of what jobs do not read, each with the words by which a file of theirs would mention it.
_RUNNER = dict.fromkeys(("tests/run.py", "tests/runner/*", "tests/bench*", ".ci/*"), ("tests/run",))
_TEXTS = {
    "docs/*": ("docs/", "house_rules"),
    "*.md": (".md", "house_rules"),
    "changelogs/*": ("changelogs",),
    "tests/unit/*": ("tests/unit", "tests.unit"),
    "tests/lint/*": ("tests/lint",),
}


def _unread(job: Job) -> tuple[list[str], dict[str, tuple[str, ...]]]:
    """Return patterns of a job's own files, and of what it does not read with the words that would mention it."""
    kind, name = [*job.name.split("_", 1), ""][:2]
    if kind == "molecule":
        others = {
            f"molecule/{other}/*": (f"molecule/{other}", f"../{other}/", f"molecule.{other}")
            for other in scenarios()
            if other != name
        }
        own = [
            f"molecule/{name}/*",
            "molecule/every_host/*",
            "molecule/conftest.py",
            ".config/molecule/*",
            "tests/hosts/*",
        ]
        return own, {**_RUNNER, **_TEXTS, **others, "demo/*": ("demo/",), "inventories/*": ("inventories",)}
    if kind == "demo":
        return ["demo/*", "tests/hosts/*"], {**_RUNNER, **_TEXTS, "molecule/*": ("molecule",)}
    if job.name == "ansible_lint":
        return ["tests/lint/ansible_lint"], {
            **_RUNNER,
            "docs/*": ("docs",),
            "*.md": (".md",),
            "tests/unit/*": ("unit",),
        }
    return [], {}


def inputs_of(job: Job) -> list[str]:
    """Return the files of the tree that a job reads."""
    command = ["git", "ls-files", "-coz", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.split("\0")
    files = [name for name in listed if name and os.path.lexists(ROOT / name)]
    own, unread = _unread(job)
    mine = [ROOT / name for name in files if any(fnmatchcase(name, pattern) for pattern in own)]
    text = "\n".join(path.read_text(encoding="utf-8", errors="replace") for path in mine if path.is_file())
    left_out = [pattern for pattern, words in unread.items() if not any(word in text for word in words)]
    return [name for name in files if not any(fnmatchcase(name, pattern) for pattern in left_out)]


def _of_the_machine() -> Iterator[str]:
    """Yield what jobs read that is not in the tree."""
    yield from (sys.version, platform.release(), str((ROOT / ".venv").resolve()), str(interpreters()))
    yield ARCHIVES.read_text(encoding="utf-8") if ARCHIVES.exists() else ""
    yield from sorted(
        f"{name}={value}"
        for name, value in os.environ.items()
        if name.endswith("_ARCHIVE") or (name.startswith("VIGIL_") and name != "VIGIL_CACHE")
    )


def digest(job: Job) -> str:
    """Return the digest of a job's command and of all that it reads, the same in every checkout."""
    found = hashlib.sha256(repr((job.command, job.environment)).replace(str(ROOT), "").encode())
    for text in _of_the_machine():
        found.update(f"{text}\0".encode())
    for name in inputs_of(job):
        path = ROOT / name
        content = str(path.readlink()).encode() if path.is_symlink() else path.read_bytes()
        executable = os.access(path, os.X_OK)
        found.update(f"{name}\0{executable}\0{hashlib.sha256(content).hexdigest()}\0".encode())
    return found.hexdigest()
