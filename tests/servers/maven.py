"""Artifacts of Maven's central repository, fetched by Maven."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

__all__ = ["MavenError", "artifact"]

COPY = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy"


class MavenError(Exception):
    """An artifact cannot be had."""


def artifact(coordinates: str, folder: Path) -> Path:
    """Put the artifact of these coordinates (group:name:version:type) into this empty folder and return its path."""
    if not shutil.which("mvn"):
        raise MavenError("mvn not found: install Maven (Debian, Ubuntu: sudo apt-get install maven)")
    command = ["mvn", "-q", "-B", COPY, f"-Dartifact={coordinates}", f"-DoutputDirectory={folder}"]
    done = subprocess.run(["nice", *command], cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise MavenError(f"{' '.join(command)}: {done.stdout.strip()[-2000:]}{done.stderr.strip()[-2000:]}")
    (found,) = folder.iterdir()
    return found
