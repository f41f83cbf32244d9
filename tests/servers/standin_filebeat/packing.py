"""Puts the stand-in into a folder with the layout of upstream's archive, with the library that it needs."""

from __future__ import annotations

import shutil
from pathlib import Path

from ..libraries import LICENSE, NOT_PACKED, copy_libraries, digest_of_packed, names_and_versions

__all__ = ["digest_of_sources", "fill"]

HERE = Path(__file__).resolve().parent
LIBRARIES = {"yaml": "PyYAML"}

_PROGRAM = """#!/usr/bin/env python3
import sys
from pathlib import Path

home = Path(__file__).resolve().parent
sys.dont_write_bytecode = True
sys.path.insert(0, str(home / "lib"))

from standin_filebeat.cli import main

sys.exit(main(home, sys.argv[1:]))
"""

_NOTICE = """This is not Filebeat.

It is a stand-in for tests, which ships files and the journal in the way that is documented of Filebeat.
In `lib` is, under its own licence: {libraries}.
"""

_EXAMPLE = """filebeat.inputs:
  - {type: filestream, id: example, paths: [/var/log/*.log]}
output.logstash.hosts: ["localhost:5044"]
"""


def fill(folder: Path, version: str) -> None:
    """Write the archive's files into an empty folder."""
    for name, text in {
        "filebeat": _PROGRAM,
        "filebeat.yml": _EXAMPLE,
        "NOTICE.txt": _NOTICE.format(libraries=names_and_versions(LIBRARIES.values())),
        "VERSION": version,
    }.items():
        (folder / name).write_text(text, encoding="utf-8")
    (folder / "filebeat").chmod(0o755)
    shutil.copyfile(LICENSE, folder / "LICENSE.txt")
    shutil.copytree(HERE, folder / "lib" / "standin_filebeat", ignore=NOT_PACKED)
    copy_libraries(LIBRARIES, folder / "lib")


def digest_of_sources() -> str:
    """Return a digest of all that is packed."""
    return digest_of_packed(HERE, LIBRARIES.values())
