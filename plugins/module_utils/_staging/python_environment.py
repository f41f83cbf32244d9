# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A virtual environment as a release: packages that the controller has installed for the Python of this host.

The host needs that Python alone, neither pip nor the module venv, which minimal systems do not have.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable

from .._errors.sentence import OperatorError
from .directory import plain_name
from .release import Release

__all__ = ["Interpreter", "environment_release", "finish"]

Run = Callable[..., "tuple[int, str, str]"]
"""AnsibleModule.run_command."""

_QUESTION = """
import json, platform, sys
print(json.dumps({"version": platform.python_version(), "machine": platform.machine(), "libc": platform.libc_ver()[1],
                  "implementation": sys.implementation.name}))
"""


@dataclass(frozen=True)
class Interpreter:
    """A Python of this host: its path, its version such as 3.11.2, its machine, and the version of its C library."""

    path: str
    version: str
    machine: str
    libc: str

    @classmethod
    def at(cls, path: str, run: Run) -> Interpreter:
        """Return the Python at this path, by its own account. Raises OperatorError."""
        try:
            status, out, error = run([path, "-I", "-c", _QUESTION], handle_exceptions=False)
            told = json.loads(out) if status == 0 else {}
        except (OSError, ValueError) as failure:
            status, told, error = 1, {}, str(failure)
        if not told or told.pop("implementation") != "cpython":
            reason = " ".join(error.split()) or "it is not CPython"
            raise OperatorError(f"{path} is not a usable Python: {reason}. Install python3, or set python to its path.")
        return cls(path, **told)

    @property
    def minor(self) -> str:
        """The version that packages are installed for, such as 3.11."""
        return ".".join(self.version.split(".")[:2])


def environment_release(parameters: Mapping[str, Any], interpreter: Interpreter) -> Release:
    """Return the environment that the parameters of the module name. Raises OperatorError.

    Its digest is that of what it is made of, and not of an archive: packages are installed only where they are missing.
    """
    made_of = [parameters["inputs_sha256"], interpreter.minor, interpreter.machine, interpreter.path]
    sha256 = hashlib.sha256(json.dumps(made_of).encode()).hexdigest()
    service, version = plain_name("service", parameters["service"]), plain_name("version", parameters["version"])
    transferred = parameters["transferred"]
    return Release(
        service=service,
        version=version,
        digest=sha256,
        path=Path(parameters["releases_dir"], service, f"{version}-{sha256[:12]}"),
        active=Path(parameters["releases_dir"]).with_name(service),
        source=f"The Python environment of {service} {version}",
        url=None,
        archive=Path(transferred) if transferred else None,
        keep_top_level_directory=True,
        archive_digest=parameters["transferred_sha256"],
    )


def finish(environment: Path, place: Path, interpreter: Interpreter, run: Run) -> None:
    """Make the unpacked packages a virtual environment (PEP 405), compiled as for its place."""
    umask = os.umask(0o022)  # services read it, whatever the umask of an operator
    try:
        _finish(environment, place, interpreter, run)
    finally:
        os.umask(umask)


def _finish(environment: Path, place: Path, interpreter: Interpreter, run: Run) -> None:
    settings = {"home": str(Path(interpreter.path).parent), "include-system-site-packages": "false"}
    settings["version"] = interpreter.version
    lines = [f"{name} = {value}\n" for name, value in settings.items()]
    (environment / "pyvenv.cfg").write_text("".join(lines), encoding="utf-8")
    programs = environment / "bin"
    programs.mkdir()
    (programs / "python").symlink_to(interpreter.path)
    # Else a service without the right to write there compiles them at each start. Its exit code is of no interest:
    # packages ship templates, and tests for other Pythons, that are not to be compiled.
    names = ["-s", str(environment), "-p", str(place), "--invalidation-mode", "unchecked-hash"]
    run([interpreter.path, "-I", "-m", "compileall", "-q", *names, str(environment / "lib")])
