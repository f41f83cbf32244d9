# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
import shutil
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.vigil.observability.plugins.module_utils._errors.sentence import OperatorError
from ansible_collections.vigil.observability.plugins.module_utils._staging.python_environment import Interpreter
from ansible_collections.vigil.observability.plugins.plugin_utils._python.environment_archive import (
    _built,
    archive_for,
    digest_of_inputs,
    version_in,
)
from ansible_collections.vigil.observability.plugins.plugin_utils._python.requirements import locked
from ansible_collections.vigil.observability.tests.unit.plugins.plugin_utils._python.wheels import line_for, make_wheel

DEBIAN_11, DEBIAN_12 = (
    Interpreter("/usr/bin/python3", "3.9.2", "x86_64", "2.31"),
    Interpreter("/usr/bin/python3", "3.11.2", "x86_64", "2.36"),
)
Archive = Callable[..., tuple[Path, str]]


@pytest.fixture
def wheels(tmp_path: Path) -> Path:
    return tmp_path / "wheels"


@pytest.fixture
def archive(wheels: Path, tmp_path: Path) -> Archive:
    """A function that returns the archive for a lock."""
    folder = tmp_path / "run"
    folder.mkdir()

    def make(
        lock: str, target: Interpreter = DEBIAN_12, packages: tuple[Path, ...] = (), **options: Any
    ) -> tuple[Path, str]:
        return archive_for(target, locked(lock), packages, **{"wheels": wheels, "folder": folder, **options})

    return make


def names_in(archive: Path) -> set[str]:
    with tarfile.open(archive) as tar:
        return {member.name.partition("site-packages/")[2] for member in tar.getmembers() if member.isfile()}


def test_archive_has_the_packages_for_that_python_and_none_of_their_programs(archive: Archive, wheels: Path) -> None:
    lock = line_for(make_wheel(wheels, "shared")) + line_for(make_wheel(wheels, "older"), "python_version < '3.10'")
    for target, older in ((DEBIAN_11, True), (DEBIAN_12, False)):
        path, _digest = archive(lock, target)
        names = names_in(path)
        assert ("shared.py" in names, "older.py" in names) == (True, older)
        assert not [name for name in names if name.startswith("bin/") or name.endswith(".pyc")]
        with tarfile.open(path) as tar:
            assert f"./lib/python{target.minor}/site-packages/shared.py" in tar.getnames()


@pytest.mark.parametrize(
    ("tag", "target", "fits"),
    [
        ("cp311-cp311-manylinux_2_28_x86_64", DEBIAN_12, True),
        ("cp39-abi3-manylinux2014_x86_64", DEBIAN_12, True),
        ("cp311-cp311-manylinux_2_28_x86_64", DEBIAN_11, False),
        ("cp311-cp311-manylinux_2_39_x86_64", DEBIAN_12, False),
        ("cp311-cp311-manylinux_2_28_aarch64", DEBIAN_12, False),
        ("cp311-cp311-manylinux_2_28_aarch64", Interpreter("/usr/bin/python3", "3.11.2", "aarch64", "2.36"), True),
    ],
)
def test_wheel_has_to_fit_the_host_and_not_the_controller(
    archive: Archive, wheels: Path, tag: str, target: Interpreter, fits: bool
) -> None:
    lock = line_for(make_wheel(wheels, "compiled", tag=tag))
    if fits:
        assert "compiled.py" in names_in(archive(lock, target)[0])
        return
    with pytest.raises(OperatorError, match=f"for Python {target.minor} on {target.machine} .*compiled==1.0"):
        archive(lock, target)


def test_hosts_that_are_alike_share_an_archive(archive: Archive, wheels: Path) -> None:
    wheel = make_wheel(wheels, "shared")
    lock = line_for(wheel)
    first = archive(lock)
    wheel.unlink()
    assert archive(lock) == first
    with pytest.raises(OperatorError):
        archive(lock, DEBIAN_11)


def test_wheel_that_is_not_the_locked_one_is_refused(archive: Archive, wheels: Path) -> None:
    lock = line_for(make_wheel(wheels, "shared"))
    make_wheel(wheels, "shared", code="print('other')\n")
    with pytest.raises(OperatorError, match=r"\(pip exited with 1\): .*shared==1.0 .* Expected sha256 .* Got "):
        archive(lock)


@pytest.mark.parametrize(("digests", "shown"), [(1, "sha256:0{64}"), (5, "sha256:0{64}, .*sha256:2{64} and 2 more")])
def test_wheel_that_is_missing_is_named_with_its_digests(
    archive: Archive, wheels: Path, digests: int, shown: str
) -> None:
    other = line_for(make_wheel(wheels, "other"))
    lock = " ".join(["missing==1.0", *(f"--hash=sha256:{str(number) * 64}" for number in range(digests))])
    with pytest.raises(OperatorError, match=rf"No matching distribution found for missing==1\.0 \({shown}\)$"):
        archive(f"{lock}\n{other}")


def test_own_packages_are_installed_beside_the_locked_ones(archive: Archive, wheels: Path, tmp_path: Path) -> None:
    own = make_wheel(tmp_path / "dist", "own")
    assert {"shared.py", "own.py"} <= names_in(archive(line_for(make_wheel(wheels, "shared")), packages=(own,))[0])


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """The directory of a package that flit builds."""
    folder = tmp_path / "source"
    folder.mkdir()
    (folder / "pyproject.toml").write_text(
        '[build-system]\nrequires = ["flit_core"]\nbuild-backend = "flit_core.buildapi"\n'
        '[project]\nname = "built"\nversion = "1.2"\ndescription = "A package."\n'
    )
    (folder / "built.py").write_text("print('built')\n")
    return folder


def test_a_directory_is_built_and_installed_beside_the_locked_ones(
    archive: Archive, wheels: Path, source: Path
) -> None:
    names = names_in(archive(line_for(make_wheel(wheels, "shared")), packages=(source,))[0])
    assert {"shared.py", "built.py"} <= names
    assert sorted(path.name for path in source.iterdir()) == ["built.py", "pyproject.toml"]
    assert version_in([wheels / "shared-1.0-py3-none-any.whl", source]) == "1.2"


def test_wheel_of_the_application_library_is_the_same_bytes_whenever_its_files_were_written(tmp_path: Path) -> None:
    library = Path(__file__).resolve().parents[5] / "packages/telemetry"
    wheels = []
    for name, day in (("monday", 1_700_000_000), ("tuesday", 1_700_086_400)):
        source = shutil.copytree(library, tmp_path / name / "telemetry", ignore=shutil.ignore_patterns("__pycache__"))
        for path in source.rglob("*"):
            os.utime(path, (day, day))
        (tmp_path / name / "scratch").mkdir()
        wheels.append(_built(source, tmp_path / name / "scratch"))
    assert wheels[0].name == wheels[1].name
    assert wheels[0].read_bytes() == wheels[1].read_bytes()


def test_digest_is_that_of_the_files_of_a_directory_but_bytecode(wheels: Path, source: Path) -> None:
    lock = locked(line_for(make_wheel(wheels, "shared")))
    before = digest_of_inputs(lock, [source])
    (source / "__pycache__").mkdir()
    (source / "__pycache__/built.cpython-311.pyc").write_text("x")
    assert digest_of_inputs(lock, [source]) == before
    (source / "built.py").rename(source / "other.py")
    assert digest_of_inputs(lock, [source]) != before


def test_a_directory_that_cannot_be_built_is_refused_with_the_reason(
    archive: Archive, wheels: Path, source: Path
) -> None:
    (source / "built.py").unlink()
    with pytest.raises(OperatorError, match=r"Cannot build .*source \(pip .*\): ValueError: No file/folder found"):
        archive(line_for(make_wheel(wheels, "shared")), packages=(source,))


@pytest.mark.parametrize("text", [None, "[project]\nname = 'built'\n", "["])
def test_a_directory_without_a_version_is_refused(source: Path, text: str | None) -> None:
    (source / "pyproject.toml").write_text(text or "")
    with pytest.raises(OperatorError, match=r"pyproject.toml has no version|version is missing"):
        version_in([source] if text else [])


def test_digest_changes_with_the_lock_and_the_packages_and_not_with_their_order(wheels: Path) -> None:
    one, two = make_wheel(wheels, "one"), make_wheel(wheels, "two")
    first, second = line_for(one), line_for(two)
    digest = digest_of_inputs(locked(first + second), [one, two])
    assert digest_of_inputs(locked(second + first), [two, one]) == digest
    others = [
        digest_of_inputs(locked(first), [one, two]),
        digest_of_inputs(locked(first + second), [one]),
        digest_of_inputs(locked(first + line_for(two, "python_version < '3.10'")), [one, two]),
    ]
    assert len({digest, *others}) == 1 + len(others)
