# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The distribution of a host, and what services need of it."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

__all__ = ["missing_packages", "older_pythons", "os_release"]

# In ID or ID_LIKE: packages have their names and places.
_SUPPORTED = {"debian", "ubuntu"}


def os_release(root: Path) -> dict[str, str]:
    """Return what the distribution describes itself by, such as ID; nothing if it does not."""
    try:
        lines = (root / "etc/os-release").read_text(errors="replace").splitlines()
    except OSError:
        return {}
    pairs = (line.split("=", 1) for line in lines if "=" in line)
    return {key: value.strip("\"'") for key, value in pairs}


def missing_packages(services: Iterable[Mapping[str, Any]], root: Path) -> Iterator[str]:
    """Yield a sentence for each service that runs a program of the distribution, and lacks packages of it."""
    release = os_release(root)
    kin = {release.get("ID", ""), *release.get("ID_LIKE", "").split()}
    for service in (service for service in services if service["packages"]):
        packages = service["packages"]
        lacking = [package for package, file in packages.items() if not any(root.glob(file.lstrip("/")))]
        if not kin & _SUPPORTED:
            name = release.get("PRETTY_NAME", "an unknown distribution")
            yield (
                f"{service['name']} runs a program of Debian or Ubuntu, and the host runs {name}. Choose another host."
            )
        elif lacking:
            files = " and ".join(packages[package] for package in lacking)
            yield (
                f"{service['name']} runs a program of the distribution, but {files} "
                f"{'does' if len(lacking) == 1 else 'do'} not exist. Run: apt-get install {' '.join(lacking)}"
            )


def older_pythons(services: Iterable[Mapping[str, Any]], root: Path) -> Iterator[str]:
    """Yield a sentence for each service that the host's own Python is too old for."""
    for service in (service for service in services if service["python"]):
        found = _python_of(root)
        if _numbers(found) < _numbers(service["python"]):
            yield (
                f"{service['name']} runs on Python {service['python']} or newer, but /usr/bin/python3 is "
                f"{found or 'missing'}. Choose a host with a newer one, such as Debian 12."
            )


def _python_of(root: Path) -> str:
    """Return the version of the host's own Python, such as 3.11.2; nothing if there is none."""
    try:
        words = [str(root / "usr/bin/python3"), "-I", "-c", "import platform; print(platform.python_version())"]
        done = subprocess.run(  # pylint: disable=ansible-bad-function
            words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False
        )
    except OSError:
        return ""
    return done.stdout.decode(errors="replace").strip()


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".")[:2] if part.isdigit())
