"""Puts the stand-in into a folder with the layout of upstream's archive, with the libraries that it needs."""

from __future__ import annotations

import shutil
from pathlib import Path

from ..libraries import LICENSE, NOT_PACKED, copy_libraries, digest_of_packed, names_and_versions
from .settings import DEFAULTS

__all__ = ["digest_of_sources", "fill"]

HERE = Path(__file__).resolve().parent

LIBRARIES = {"bottle": "bottle", "cheroot": "cheroot", "jaraco.functools": "jaraco.functools"} | {
    "more_itertools": "more-itertools",
    "yaml": "PyYAML",
}
"""What is imported, and the distribution that it comes from."""

_PROGRAM = """#!/usr/bin/env python3
import os
import sys
from pathlib import Path

home = Path(__file__).resolve().parents[1]
# Read when ssl is imported: Python has no call for it.
os.environ["OPENSSL_CONF"] = str(home / "conf" / "openssl.cnf")
sys.dont_write_bytecode = True
sys.path.insert(0, str(home / "lib"))

from standin_grafana.cli import main

sys.exit(main(home, sys.argv[1:]))
"""

# The curves that Go accepts by itself, as Grafana has no setting for them.
_OPENSSL = """openssl_conf = start
[start]
ssl_conf = ssl
[ssl]
system_default = curves
[curves]
Groups = X25519:P-256:P-384:P-521
"""

_NOTICE = """# This is not Grafana

It is a stand-in for tests, which answers the part of Grafana's HTTP API that was recorded, and has no user interface.
In `lib` are, under their own licences: {libraries}.
"""

_PAGE = "<!DOCTYPE html>\n<html><head><title>Grafana (stand-in)</title></head></html>\n"


def fill(folder: Path, version: str) -> None:
    """Write the archive's files into an empty folder: bin, conf, lib, public, LICENSE, NOTICE.md, VERSION."""
    for name, text in {
        "bin/grafana": _PROGRAM,
        "conf/defaults.ini": DEFAULTS.lstrip(),
        "conf/openssl.cnf": _OPENSSL,
        "public/index.html": _PAGE,
        "NOTICE.md": _NOTICE.format(libraries=names_and_versions(LIBRARIES.values())),
        "VERSION": version,
    }.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    (folder / "bin" / "grafana").chmod(0o755)
    shutil.copyfile(LICENSE, folder / "LICENSE")
    shutil.copytree(HERE, folder / "lib" / "standin_grafana", ignore=NOT_PACKED)
    copy_libraries(LIBRARIES, folder / "lib")


def digest_of_sources() -> str:
    """Return a digest of all that is packed."""
    return digest_of_packed(HERE, LIBRARIES.values())
