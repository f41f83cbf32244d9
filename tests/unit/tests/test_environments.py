from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from ansible_collections.vigil.observability.tests import environments
from ansible_collections.vigil.observability.tests.runner.jobs import CORES, scenarios


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
    assert environments.interpreters() == {"3.12": own, "3.11": system}


def test_a_virtual_environment_is_no_interpreter_to_build_on(machine: Path) -> None:
    interpreter(machine / "venv" / "bin", "3.11")
    (machine / "venv" / "pyvenv.cfg").touch()
    assert environments.interpreters() == {}


def test_the_newest_release_is_the_newest_that_the_found_interpreters_run() -> None:
    assert environments.choose("newest", {"3.11": Path("a"), "3.13": Path("b")}).python == "3.13"
    assert environments.choose("newest", {"3.11": Path("a")}).release.startswith("2.19.")


def test_a_machine_without_a_fitting_interpreter_is_told_which_to_install() -> None:
    with pytest.raises(SystemExit, match=r"needs one of Python 3\.11, 3\.12, 3\.13 and found 3\.9"):
        environments.choose("oldest", {"3.9": Path("a")})


def test_an_environment_is_made_once_and_anew_when_its_making_was_cut_short(tmp_path: Path) -> None:
    interpreter = tmp_path / "python"
    interpreter.write_text(
        '#!/bin/sh\nmkdir -p "$3/bin"; echo made >>"${0%/*}/log"\n'
        'printf "#!/bin/sh\\n" >"$3/bin/pip"; chmod +x "$3/bin/pip"\n'
    )
    interpreter.chmod(0o755)
    first = environments.made("tools", interpreter, ["a==1"], tmp_path / "cache")
    assert environments.made("tools", interpreter, ["a==1"], tmp_path / "cache") == first
    assert environments.made("tools", interpreter, ["a==2"], tmp_path / "cache") != first
    (first / ".complete").unlink()
    environments.made("tools", interpreter, ["a==1"], tmp_path / "cache")
    assert (tmp_path / "log").read_text().splitlines() == ["made"] * 3


def test_environments_of_other_releases_hold_what_the_one_of_the_tests_holds() -> None:
    lines = (environments.ROOT / "requirements/development.txt").read_text(encoding="utf-8").splitlines()
    assert {line.partition("==")[0] for line in lines} >= environments.BESIDE_CORE


def test_a_command_finds_ansible_of_the_environment_and_everything_else_where_it_was(machine: Path) -> None:
    for folder in ("environment/bin", "bin"):
        for program in ("ansible-playbook", "python"):
            interpreter(machine / folder, "3.12").rename(machine / folder / program)
    script = (
        "from pathlib import Path\n"
        "from ansible_collections.vigil.observability.tests.environments import run\n"
        f"run(Path({str(machine / 'environment')!r}), ['sh', '-c', 'command -v ansible-playbook; command -v python'])\n"
    )
    environment = {**os.environ, "PATH": f"{machine}/bin:/bin:/usr/bin", "ANSIBLE_COLLECTIONS_PATH": "here"}
    found = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True)
    assert found.stdout.splitlines() == [
        f"{machine}/environment/ansible-programs/ansible-playbook",
        f"{machine}/bin/python",
    ]


def test_a_whole_scenario_runs_with_the_oldest_and_one_with_the_newest_release() -> None:
    assert sorted(CORES.values()) == sorted(environments.RELEASES)
    assert set(CORES) <= set(scenarios())
