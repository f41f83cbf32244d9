# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Packages installed for the Python of a host, in an archive that the host unpacks."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from ansible_collections.vigil.observability.plugins.module_utils._errors.sentence import OperatorError
from ansible_collections.vigil.observability.plugins.module_utils._staging.python_environment import Interpreter
from ansible_collections.vigil.observability.plugins.plugin_utils._python.requirements import Locked

__all__ = ["archive_for", "digest_of_inputs"]

_OLDEST_GLIBC = 17  # of manylinux_2_17, the oldest whose wheels have such a name
_LAST_LINES = 5


def _markers(target: Interpreter) -> dict[str, str]:
    """Return the variables of environment markers (PEP 508)."""
    return {
        "implementation_name": "cpython",
        "implementation_version": target.version,
        "os_name": "posix",
        "platform_machine": target.machine,
        "platform_python_implementation": "CPython",
        "platform_system": "Linux",
        "python_full_version": target.version,
        "python_version": target.minor,
        "sys_platform": "linux",
    }


def _options(target: Interpreter) -> list[str]:
    """Return the options of pip that choose wheels which run there."""
    newest = int(target.libc.split(".")[1]) if target.libc.startswith("2.") else _OLDEST_GLIBC
    tags = [f"manylinux_2_{minor}" for minor in range(newest, _OLDEST_GLIBC - 1, -1)] + ["manylinux2014"]
    abis = [f"cp{target.minor.replace('.', '')}", "abi3", "none"]
    platforms = [word for tag in tags for word in ("--platform", f"{tag}_{target.machine}")]
    return [
        *("--python-version", target.minor, "--implementation", "cp"),
        *(word for abi in abis for word in ("--abi", abi)),
        *platforms,
    ]


def digest_of_inputs(lock: Sequence[Locked], packages: Iterable[Path]) -> str:
    """Return the digest of what an environment is made of, whatever the order. Raises OSError."""
    lines = sorted(f"{package.line()} ; {package.requirement.marker}" for package in lock)
    own = sorted(_digest(path) for path in packages)
    return hashlib.sha256(json.dumps([lines, own]).encode()).hexdigest()


def archive_for(
    target: Interpreter, lock: Sequence[Locked], packages: Sequence[Path], *, wheels: Path | None, folder: Path
) -> tuple[Path, str]:
    """Return the archive with the packages and its digest; hosts of one run that are alike share it in the folder.

    Raises OperatorError when a package cannot be downloaded, has the wrong digest or has no wheel for the target.
    """
    lines = [package.line() for package in lock if package.wanted_by(_markers(target))]
    lines += [f"{path} --hash=sha256:{_digest(path)}" for path in packages]
    name = hashlib.sha256(json.dumps([lines, _options(target)]).encode()).hexdigest()
    archive = folder / f"python-{name}.tar.gz"
    with archive.with_suffix(".lock").open("w") as lock_file:
        fcntl.flock(lock_file, fcntl.LOCK_EX)
        if not archive.exists():
            with tempfile.TemporaryDirectory(dir=folder) as scratch:
                _install(lines, target, wheels, Path(scratch))
                _pack(Path(scratch) / "environment", archive)
    return archive, _digest(archive)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _install(lines: Iterable[str], target: Interpreter, wheels: Path | None, scratch: Path) -> None:
    """Install what the lines name below environment/ in the scratch directory, as pip does where it runs itself."""
    requirements = scratch / "requirements.txt"
    requirements.write_text("\n".join(lines), encoding="utf-8")
    site = scratch / f"environment/lib/python{target.minor}/site-packages"
    command = [sys.executable, "-m", "pip", "install", "--requirement", str(requirements), "--target", str(site)]
    command += ["--require-hashes", "--no-deps", "--only-binary", ":all:", "--no-compile", "--no-input", "--quiet"]
    command += ["--disable-pip-version-check", "--root-user-action", "ignore", *_options(target)]
    command += ["--no-index", "--find-links", str(wheels)] if wheels else []
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=_environment(os.environ))
    if done.returncode:
        words = " ".join(done.stderr.splitlines()[-_LAST_LINES:] or [done.stdout]).split()
        raise OperatorError(
            f"Cannot install the packages for Python {target.minor} on {target.machine} (pip exited with "
            f"{done.returncode}): {' '.join(words)}"
        )
    # Programs of packages: they name the controller's Python.
    shutil.rmtree(site / "bin", ignore_errors=True)


def _environment(variables: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of pip: that of the run, without what Ansible sets for its own imports."""
    return {name: value for name, value in variables.items() if name not in ("PYTHONPATH", "PYTHONHOME")}


def _pack(folder: Path, archive: Path) -> None:
    unfinished = archive.with_suffix(".new")
    with tarfile.open(unfinished, "w:gz", compresslevel=1) as tar:
        tar.add(folder, arcname=".")
    unfinished.replace(archive)
