"""Programs built by Go: with one fixed toolchain, whatever Go this machine has."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from ansible_collections.vigil.observability.tests.servers.debian import Debian

__all__ = ["Go", "GoError"]

# The same toolchain everywhere: Go from 1.21 on fetches, as a module, another than its own.
TOOLCHAIN = "go1.26.8"
FETCHES_TOOLCHAINS = (1, 21)
DEBIAN_GO = "1.24"


class GoError(Exception):
    """A program cannot be built."""


class Program(Protocol):
    """What is built."""

    @property
    def version(self) -> str:
        """Its version, without a v."""

    @property
    def module(self) -> str:
        """The path of its module."""

    @property
    def packages(self) -> tuple[str, ...]:
        """The paths of its commands."""

    @property
    def tags(self) -> str:
        """Tags of the build, with commas."""

    @property
    def stamp(self) -> str:
        """The variable that holds what the program calls its version, and its value: <variable>=<value>."""


@dataclass
class Go:
    """Go, found on this machine or unpacked from Debian into this folder."""

    folder: Path
    debian: Debian
    _program: str = ""

    def build(self, program: Program, folder: Path, requirements: Path | None) -> None:
        """Build the program into a folder, with the requirements of go.mod there or, without, with the module's own."""
        flags = ["-trimpath", "-buildvcs=false", "-p", "2", "-tags", program.tags]
        flags += ["-ldflags", f"-s -w -X {program.stamp}"]
        if requirements:
            self._run("build", *flags, "-o", f"{folder}/", *program.packages, cwd=requirements)
        else:
            packages = [f"{package}@v{program.version}" for package in program.packages]
            self._run("install", *flags, *packages, GOBIN=str(folder))

    def source(self, program: Program, requirements: Path | None) -> Path:
        """Return the folder of the module's source."""
        if requirements:
            return Path(self._run("list", "-m", "-f", "{{.Dir}}", program.module, cwd=requirements).strip())
        module = json.loads(self._run("mod", "download", "-json", f"{program.module}@v{program.version}"))
        return Path(module["Dir"])

    def _run(self, *words: str, cwd: Path | None = None, **environment: str) -> str:
        self._program = self._program or self._find()
        settings = {"CGO_ENABLED": "0", "GOFLAGS": "", "GOWORK": "off", "GOTOOLCHAIN": TOOLCHAIN, **environment}
        done = subprocess.run(
            ["nice", self._program, *words],
            cwd=cwd or self.folder.parent,
            env=os.environ | settings,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise GoError(f"go {' '.join(words)}: {done.stderr.strip()[-2000:]}")
        return done.stdout

    def _find(self) -> str:
        unpacked = self.folder / f"usr/lib/go-{DEBIAN_GO}/bin/go"
        for found in (shutil.which("go"), "/usr/local/go/bin/go", *Path("/usr/lib").glob("go-*/bin/go"), unpacked):
            if found and _version(str(found)) >= FETCHES_TOOLCHAINS:
                return str(found)
        print(f"assemble: no Go from 1.21 on here; unpacking Debian's {DEBIAN_GO}", file=sys.stderr, flush=True)
        for package in (f"golang-{DEBIAN_GO}-go", f"golang-{DEBIAN_GO}-src"):
            self.debian.unpack("trixie", package, self.folder)
        return str(unpacked)


def _version(program: str) -> tuple[int, ...]:
    """Return the version of a go command, (0,) when it does not answer."""
    try:
        answer = subprocess.run([program, "version"], capture_output=True, text=True, check=False, cwd="/").stdout
    except OSError:
        return (0,)
    found = re.search(r"go(\d+)\.(\d+)", answer)
    return tuple(int(part) for part in found.groups()) if found else (0,)
