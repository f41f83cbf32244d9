# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import hashlib
import io
import os
import subprocess
import sys
import tarfile
from ast import literal_eval
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.vigil.observability.plugins.modules import staged_venv

Result = dict[str, Any]
Stage = Callable[..., Result]

MINOR = f"{sys.version_info[0]}.{sys.version_info[1]}"
CODE = b"import sys\n\n\ndef fail():\n    raise ValueError\n\n\nprint(sys.prefix)\n"


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """The packages of a service with one module, `shop`, as the controller sends them."""
    path = tmp_path / "packages.tar.gz"
    with tarfile.open(path, "w:gz") as tar:
        member = tarfile.TarInfo(f"./lib/python{MINOR}/site-packages/shop.py")
        member.size = len(CODE)
        tar.addfile(member, io.BytesIO(CODE))
    return path


@pytest.fixture
def stage(run_module: Stage, tmp_path: Path) -> Stage:
    """A function that runs the module with a digest of inputs, and an archive if one is given."""

    def run(archive: Path | None = None, *, check: bool = False, **options: Any) -> Result:
        usual = {"service": "shop", "version": "1.0", "requirements": "shop==1.0", "inputs_sha256": "1" * 64}
        usual |= {"releases_dir": str(tmp_path / "opt/vigil"), "locks_dir": str(tmp_path / "locks")}
        if archive:
            sent = {"transferred": str(archive), "transferred_sha256": hashlib.sha256(archive.read_bytes()).hexdigest()}
            usual |= sent
        return run_module(staged_venv, check=check, **{**usual, "python": sys.executable, **options})

    return run


def test_packages_are_asked_for_once_with_what_python_they_are_for(stage: Stage, archive: Path, tmp_path: Path) -> None:
    first = stage()
    assert first["changed"]
    assert not (tmp_path / "opt/vigil/shop").exists()
    needed = first["archive_needed"]
    assert (needed["path"], needed["version"]) == (sys.executable, ".".join(map(str, sys.version_info[:3])))
    assert needed["machine"] == os.uname().machine
    staged = stage(archive)
    assert (staged["changed"], staged["path"]) == (True, first["path"])
    again = stage()
    assert (again["changed"], again["path"], "archive_needed" in again) == (False, first["path"], False)


def test_environment_runs_where_it_lies_with_its_own_packages_alone(stage: Stage, archive: Path) -> None:
    path = Path(stage(archive)["path"])
    code = "import shop, sys; print(sys.path); shop.fail()"
    done = subprocess.run([path / "bin/python", "-c", code], capture_output=True, text=True, check=False)
    prefix, folders = done.stdout.splitlines()
    assert prefix == str(path)
    assert [name for name in literal_eval(folders) if name.endswith("-packages")] == [
        str(path / f"lib/python{MINOR}/site-packages")
    ]
    assert f'File "{path}/lib/python{MINOR}/site-packages/shop.py", line 5, in fail' in done.stderr
    assert list(path.glob(f"lib/python{MINOR}/site-packages/__pycache__/shop.*.pyc"))
    assert stage()["changed"] is False, "a service that runs changes its environment"


def test_environment_is_readable_by_everyone_whatever_the_umask(stage: Stage, archive: Path) -> None:
    umask = os.umask(0o077)
    try:
        path = Path(stage(archive)["path"])
        assert os.umask(0o077) == 0o077
    finally:
        os.umask(umask)
    assert all(file.stat().st_mode & 0o044 == 0o044 for file in path.rglob("*"))
    assert all(file.stat().st_mode & 0o011 == 0o011 for file in path.rglob("*") if file.is_dir())


@pytest.mark.parametrize(
    "other",
    [{"inputs_sha256": "2" * 64}, {"version": "2.0"}],
)
def test_another_environment_is_staged_beside_the_first(stage: Stage, archive: Path, other: Result) -> None:
    first = Path(stage(archive)["path"])
    second = Path(stage(archive, **other)["path"])
    assert first != second
    assert sorted(first.parent.iterdir()) == sorted([first, second])


def test_another_python_is_another_environment(stage: Stage, archive: Path, tmp_path: Path) -> None:
    answer = '{"version": "3.99.0", "machine": "x86_64", "libc": "2.36", "implementation": "cpython"}'
    other = tmp_path / "python"
    other.write_text(f"#!/bin/sh\necho '{answer}'\n")
    other.chmod(0o755)
    stage(archive)
    assert stage(python=str(other))["archive_needed"]["version"] == "3.99.0"


def test_edited_environment_is_staged_again(stage: Stage, archive: Path) -> None:
    path = Path(stage(archive)["path"])
    module = path / f"lib/python{MINOR}/site-packages/shop.py"
    module.write_text("edited")
    assert "archive_needed" in stage()
    assert stage(archive)["changed"]
    assert module.read_bytes() == CODE


def test_archive_that_was_cut_short_leaves_nothing_behind(stage: Stage, archive: Path, tmp_path: Path) -> None:
    result = stage(archive, transferred_sha256="0" * 64)
    assert result["failed"]
    assert result["msg"].startswith("The Python environment of shop 1.0 has the wrong digest: expected sha256 0000")
    assert list((tmp_path / "opt/vigil/shop").iterdir()) == []


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        (None, "No such file or directory"),
        ("exit 3", "it is not CPython"),
        ("echo broken >&2; exit 1", "broken"),
        ('echo \'{"implementation": "pypy"}\'', "it is not CPython"),
    ],
)
def test_python_that_is_of_no_use_is_named(stage: Stage, tmp_path: Path, script: str | None, reason: str) -> None:
    python = tmp_path / "python"
    if script:
        python.write_text(f"#!/bin/sh\n{script}\n")
        python.chmod(0o755)
    message = stage(python=str(python))["msg"]
    assert message.startswith(f"{python} is not a usable Python: ")
    assert reason in message
    assert message.endswith("Install python3, or set python to its path.")
