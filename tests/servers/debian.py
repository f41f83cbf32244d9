"""Packages of a suite of Debian, whatever suite this machine runs: apt works beside the machine's own state."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

__all__ = ["Debian", "DebianError"]

SUITES = ("bookworm", "trixie")
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")


class DebianError(Exception):
    """A package cannot be had."""


@dataclass
class Debian:
    """The packages of Debian, with apt's state in this folder."""

    state: Path
    _updated: bool = field(default=False, init=False)

    def unpack(self, suite: str, package: str, folder: Path, *, version: str = "") -> None:
        """Unpack this package of a suite into a folder; the version is the one it has to be."""
        self._update()
        downloads = self.state / "downloads"
        shutil.rmtree(downloads, ignore_errors=True)
        downloads.mkdir()
        self._apt("download", f"{package}/{suite}", cwd=downloads)
        (file,) = downloads.glob("*.deb")
        found = _run("dpkg-deb", "--field", str(file), "Version")
        if version and not re.match(rf"(\d+:)?{re.escape(version)}[+~-]", found):
            raise DebianError(f"{package} of Debian {suite} is {found}, not {version}: adapt its recipe")
        _run("dpkg-deb", "--extract", str(file), str(folder))
        shutil.rmtree(downloads)

    def download(self, suite: str, packages: list[str], status: Path, folder: Path) -> None:
        """Download packages with all that they need on a host into a folder; the status is that of the host's dpkg."""
        self._update()
        host = {"Dir::State::status": str(status), "Dir::Cache::archives": str(folder), "APT::Default-Release": suite}
        words = [f"-o{key}={value}" for key, value in host.items()]
        self._apt(*words, "install", "--yes", "--download-only", "--no-install-recommends", *packages)

    def _update(self) -> None:
        if self._updated:
            return
        missing = [tool for tool in ("apt-get", "dpkg-deb") if not shutil.which(tool)]
        if missing:
            raise DebianError(f"{' and '.join(missing)} not found: assemble the servers on Debian or Ubuntu")
        if not KEYRING.exists():
            raise DebianError(f"{KEYRING} not found: sudo apt-get install debian-archive-keyring")
        for name in ("lists/partial", "cache/archives/partial"):
            (self.state / name).mkdir(parents=True, exist_ok=True)
        (self.state / "status").touch()
        mirror = _mirror()
        lines = [f"deb [signed-by={KEYRING}] {mirror} {suite} main\n" for suite in SUITES]
        (self.state / "sources.list").write_text("".join(lines))
        self._apt("update")
        self._updated = True

    def _apt(self, *words: str, cwd: Path | None = None) -> None:
        options = {
            "Dir::State": self.state,
            "Dir::State::status": self.state / "status",
            "Dir::Cache": self.state / "cache",
            "Dir::Etc::SourceList": self.state / "sources.list",
            "Dir::Etc::SourceParts": "/dev/null",
            "APT::Sandbox::User": "root",
        }
        _run("apt-get", "-qq", *(f"-o{key}={value}" for key, value in options.items()), *words, cwd=cwd)


def _mirror() -> str:
    """Return the mirror of Debian to use: the one that this machine's apt uses, unless another is named."""
    if named := os.environ.get("VIGIL_DEBIAN_MIRROR"):
        return named
    addresses = _run("apt-get", "indextargets", "--format", "$(REPO_URI)", "Created-By: Packages").splitlines()
    for address in addresses:
        if address.rstrip("/").endswith("/debian"):
            return address
    raise DebianError("this machine's apt names no mirror of Debian: name one in VIGIL_DEBIAN_MIRROR")


def _run(*command: str, cwd: Path | None = None) -> str:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    if done.returncode:
        raise DebianError(f"{' '.join(command)}: {done.stderr.strip()}")
    return done.stdout.strip()
