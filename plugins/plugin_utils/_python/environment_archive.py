# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Packages installed for the Python of a host, in an archive that the host unpacks."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from ansible_collections.vigil.observability.plugins.module_utils._errors.sentence import OperatorError
from ansible_collections.vigil.observability.plugins.module_utils._staging.python_environment import Interpreter
from ansible_collections.vigil.observability.plugins.plugin_utils._python.requirements import Locked

__all__ = ["archive_for", "digest_of_inputs", "version_in"]

_OLDEST_GLIBC = 17  # of manylinux_2_17, the oldest whose wheels have such a name
_LAST_LINES = 5
_FEW_DIGESTS = 3  # of a package: those that are compiled have one for each Python and platform
_RAISED = re.compile(r"\s*[\w.]*Error: ")
_TIME_OF_FILES = "315532800"  # 1980-01-01, the earliest that a ZIP file has
_QUIETLY = ("--quiet", "--disable-pip-version-check", "--no-input")


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
    """Return the digest of what an environment is made of, whatever the order. Raises OSError.

    Packages are wheels, and directories from which wheels are built.
    """
    lines = sorted(f"{package.line()} ; {package.requirement.marker}" for package in lock)
    own = sorted(_digest(path) for path in packages)
    return hashlib.sha256(json.dumps([lines, own]).encode()).hexdigest()


def version_in(packages: Iterable[Path]) -> str:
    """Return the version in the pyproject.toml of the first directory. Raises OperatorError, OSError."""
    for path in (path / "pyproject.toml" for path in packages if path.is_dir()):
        try:
            return str(tomllib.loads(path.read_text(encoding="utf-8"))["project"]["version"])
        except (tomllib.TOMLDecodeError, LookupError, TypeError) as error:
            raise OperatorError(f"{path} has no version in [project] ({error}).") from error
    raise OperatorError("version is missing, and packages have no directory with a pyproject.toml that has one.")


def archive_for(
    target: Interpreter, lock: Sequence[Locked], packages: Sequence[Path], *, wheels: Path | None, folder: Path
) -> tuple[Path, str]:
    """Return the archive with the packages and its digest; hosts of one run that are alike share it in the folder.

    Raises OperatorError when a package cannot be downloaded or built, has the wrong digest or has no wheel for the
    target.
    """
    lines = [package.line() for package in lock if package.wanted_by(_markers(target))]
    made_of = [lines, [_digest(path) for path in packages], _options(target)]
    name = hashlib.sha256(json.dumps(made_of).encode()).hexdigest()
    archive = folder / f"python-{name}.tar.gz"
    with archive.with_suffix(".lock").open("w") as lock_file:
        fcntl.flock(lock_file, fcntl.LOCK_EX)
        if not archive.exists():
            with tempfile.TemporaryDirectory(dir=folder) as scratch:
                own = [_built(path, Path(scratch)) if path.is_dir() else path for path in packages]
                lines += [f"{path} --hash=sha256:{_digest(path)}" for path in own]
                _install(lines, target, wheels, Path(scratch))
                _pack(Path(scratch) / "environment", archive)
    return archive, _digest(archive)


def _digest(path: Path) -> str:
    """Return the digest of a file, or of the names and contents of all files of a directory but bytecode."""
    if path.is_dir():
        found = sorted(file for file in path.rglob("*") if file.is_file() and "__pycache__" not in file.parts)
        return hashlib.sha256(
            json.dumps([[str(file.relative_to(path)), _digest(file)] for file in found]).encode()
        ).hexdigest()
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _built(source: Path, scratch: Path) -> Path:
    """Return the wheel that pip builds of a directory. Raises OperatorError."""
    folder = scratch / f"built-{source.name}"
    command = [sys.executable, "-m", "pip", "wheel", str(source), "--no-deps", "--no-build-isolation"]
    _pip([*command, "--wheel-dir", str(folder), *_QUIETLY], f"build {source}")
    return next(folder.glob("*.whl"))


def _install(lines: Sequence[str], target: Interpreter, wheels: Path | None, scratch: Path) -> None:
    """Install what the lines name below environment/ in the scratch directory, as pip does where it runs itself."""
    requirements = scratch / "requirements.txt"
    requirements.write_text("\n".join(lines), encoding="utf-8")
    site = scratch / f"environment/lib/python{target.minor}/site-packages"
    command = [sys.executable, "-m", "pip", "install", "--requirement", str(requirements), "--target", str(site)]
    command += ["--require-hashes", "--no-deps", "--only-binary", ":all:", "--no-compile", *_QUIETLY]
    command += ["--root-user-action", "ignore", *_options(target)]
    command += ["--no-index", "--find-links", str(wheels)] if wheels else []
    _pip(command, f"install the packages for Python {target.minor} on {target.machine}", lines)
    # Programs of packages: they name the controller's Python.
    shutil.rmtree(site / "bin", ignore_errors=True)


def _pip(command: Sequence[str], attempt: str, lines: Iterable[str] = ()) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=_environment(os.environ))
    if done.returncode:
        # What a build back end raises stands before what pip makes of it.
        raised = [line for line in done.stderr.splitlines() if _RAISED.match(line)]
        words = " ".join(raised or done.stderr.splitlines()[-_LAST_LINES:] or [done.stdout]).split()
        reason = " ".join([*words, *_digests_of_missing(lines, words)])
        raise OperatorError(f"Cannot {attempt} (pip exited with {done.returncode}): {reason}")


def _digests_of_missing(lines: Iterable[str], words: Sequence[str]) -> Iterator[str]:
    """Yield which digests the wheel may have that pip does not find: it names the package alone."""
    for pin, *hashes in (line.split() for line in lines):
        if words[-1:] == [pin]:
            few = ", ".join(each.replace("--hash=", "") for each in hashes[:_FEW_DIGESTS])
            more = len(hashes) - _FEW_DIGESTS
            yield f"({few}{f' and {more} more' if more > 0 else ''})"


def _environment(variables: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of pip: that of the run, without what Ansible sets for its own imports.

    Build back ends take the one time for the files of a wheel, which is then the same whoever checked them out, when.
    """
    kept = {name: value for name, value in variables.items() if name not in ("PYTHONPATH", "PYTHONHOME")}
    return {**kept, "SOURCE_DATE_EPOCH": _TIME_OF_FILES}


def _pack(folder: Path, archive: Path) -> None:
    unfinished = archive.with_suffix(".new")
    with tarfile.open(unfinished, "w:gz", compresslevel=1) as tar:
        tar.add(folder, arcname=".")
    unfinished.replace(archive)
