from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.vigil.observability.tests.lint import sanity


def interpreter(folder: Path, version: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"python{version}"
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path / "pyenv"))
    monkeypatch.setenv("PATH", f"{tmp_path}/pyenv/shims:{tmp_path}/venv/bin:{tmp_path}/bin")
    return tmp_path


def test_interpreters_are_pyenvs_own_then_those_on_the_path_and_never_a_shim(machine: Path) -> None:
    own = interpreter(machine / "pyenv" / "versions" / "3.12.1" / "bin", "3.12")
    system = interpreter(machine / "bin", "3.11")
    for shim in ("3.11", "3.12", "3.13"):
        interpreter(machine / "pyenv" / "shims", shim)
    assert sanity.interpreters() == {"3.12": own, "3.11": system}


def test_a_virtual_environment_is_no_interpreter_to_build_on(machine: Path) -> None:
    interpreter(machine / "venv" / "bin", "3.11")
    (machine / "venv" / "pyvenv.cfg").touch()
    assert sanity.interpreters() == {}


def test_the_newest_release_is_the_newest_that_the_found_interpreters_run() -> None:
    assert sanity.choose("newest", {"3.11": Path("a"), "3.13": Path("b")}).python == "3.13"
    assert sanity.choose("newest", {"3.11": Path("a")}).release.startswith("2.19.")


def test_a_machine_without_a_fitting_interpreter_is_told_which_to_install() -> None:
    with pytest.raises(SystemExit, match=r"needs one of Python 3\.11, 3\.12, 3\.13 and found 3\.9"):
        sanity.choose("oldest", {"3.9": Path("a")})
