# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Wheels for tests of Python environments, made of a few lines."""

from __future__ import annotations

import hashlib
from pathlib import Path
from zipfile import ZipFile

__all__ = ["line_for", "make_wheel"]


def make_wheel(folder: Path, name: str, version: str = "1.0", *, tag: str = "py3-none-any", code: str = "") -> Path:
    """Write a wheel with one module, called like the package, and one program; return its path."""
    folder.mkdir(parents=True, exist_ok=True)
    information = f"{name}-{version}.dist-info"
    files = {
        f"{name}.py": code or f"print('{name} {version}')\n",
        f"{information}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{information}/WHEEL": f"Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: {tag}\n",
        f"{information}/entry_points.txt": f"[console_scripts]\n{name} = {name}:main\n",
    }
    files[f"{information}/RECORD"] = "".join(f"{path},,\n" for path in (*files, f"{information}/RECORD"))
    path = folder / f"{name}-{version}-{tag}.whl"
    with ZipFile(path, "w") as wheel:
        for file, content in files.items():
            wheel.writestr(file, content)
    return path


def line_for(wheel: Path, marker: str = "") -> str:
    """Return the line of a lock that names this wheel."""
    name, version, *_tags = wheel.name.split("-")
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    return f"{name}=={version}{f' ; {marker}' if marker else ''} \\\n    --hash=sha256:{digest}\n"
