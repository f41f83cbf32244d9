"""Puts the stand-in into a folder with the layout of upstream's archive, with the libraries that it needs."""

from __future__ import annotations

import shutil
from pathlib import Path

from ..libraries import LICENSE, NOT_PACKED, copy_libraries, digest_of_packed, names_and_versions
from .groups import CONFIGURATION

__all__ = ["digest_of_sources", "fill"]

HERE = Path(__file__).resolve().parent

LIBRARIES = {"annotated_types": "annotated-types", "lscl": "lscl", "maxminddb": "maxminddb"} | {
    "typing_extensions": "typing_extensions",
    "ua_parser": "ua-parser",
    "ua_parser_builtins": "ua-parser-builtins",
    "yaml": "PyYAML",
}
"""What is imported, and the distribution that it comes from."""

_PROGRAM = """#!/usr/bin/env python3
import sys
from pathlib import Path

home = Path(__file__).resolve().parents[1]
sys.dont_write_bytecode = True
sys.path.insert(0, str(home / "lib"))

from standin_logstash.groups import restrict_groups

restrict_groups(home / "config" / "openssl.cnf")

from standin_logstash.cli import main

sys.exit(main(home, sys.argv[1:]))
"""

# lscl needs of pydantic, which is compiled for one Python, no more than this.
_MODELS = '''"""What lscl uses of pydantic, in its place: models whose values are not validated."""


class StringConstraints:
    def __init__(self, **_constraints):
        pass


class BaseModel:
    def __init__(self, **values):
        self.__dict__.update(values)

    @classmethod
    def model_rebuild(cls):
        pass
'''

_NOTICE = """# This is not Logstash

It is a stand-in for tests, which executes the plugins that the shipped pipelines use, and refuses every other.
In `lib` are, under their own licences: {libraries}.
"""


def fill(folder: Path, version: str) -> None:
    """Write the archive's files into an empty folder: bin, config, lib, LICENSE, NOTICE.md, VERSION."""
    shutil.copytree(HERE, folder / "lib" / "standin_logstash", ignore=NOT_PACKED)
    copy_libraries(LIBRARIES, folder / "lib")
    for name, text in {
        "bin/logstash": _PROGRAM,
        "config/logstash.yml": "",
        "config/openssl.cnf": CONFIGURATION,
        "lib/pydantic.py": _MODELS,
        "NOTICE.md": _NOTICE.format(libraries=names_and_versions(LIBRARIES.values())),
        "VERSION": version,
    }.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    (folder / "bin" / "logstash").chmod(0o755)
    shutil.copyfile(LICENSE, folder / "LICENSE")


def digest_of_sources() -> str:
    """Return a digest of all that is packed."""
    return digest_of_packed(HERE, LIBRARIES.values())
