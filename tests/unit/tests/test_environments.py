from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from ansible_collections.vigil.observability.tests import environments
from ansible_collections.vigil.observability.tests.runner.jobs import CORES, jobs_of, scenarios


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


@pytest.mark.parametrize(
    ("kind", "found", "chosen"),
    [
        ("hosts_oldest", ("3.9", "3.11", "3.13"), "3.9"),
        ("hosts_oldest", ("3.11", "3.13"), "3.11"),
        ("hosts_newest", ("3.9", "3.11", "3.13"), "3.13"),
    ],
)
def test_code_of_hosts_is_tested_on_the_oldest_and_the_newest_python_that_were_found(
    kind: str, found: tuple[str, ...], chosen: str
) -> None:
    assert environments.choose(kind, {version: Path(version) for version in found}).python == chosen


def test_a_python_of_hosts_that_was_not_found_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    commands: list[list[str]] = []
    monkeypatch.setattr(sys, "argv", ["environments.py", "hosts_oldest", "pytest"])
    monkeypatch.setenv("VIGIL_CACHE", str(tmp_path))
    monkeypatch.setattr(environments, "interpreters", lambda: {"3.11": tmp_path})
    monkeypatch.setattr(environments, "made", lambda name, *_: Path(name))
    monkeypatch.setattr(environments, "run", lambda _environment, command: commands.append(command))
    environments.main()
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("hosts-ansible-core-2.18.")
    assert lines[1] == "hosts-python3.9: not tested, because Python 3.9 was not found here"
    assert commands == [["pytest"]]


def test_every_folder_of_plugins_is_measured_once_and_tests_of_hosts_run_on_both_pythons_of_hosts() -> None:
    jobs = {job.name: job.command for job in jobs_of(["unit"], [])}
    measured = [word for command in jobs.values() for word in command if word.startswith("--cov=")]
    rooms = [path.name for path in (environments.ROOT / "plugins").iterdir() if any(path.rglob("*.py"))]
    packages = [f"--cov=packages/{name}" for name in ("incident_response", "log_exporter", "telemetry/src")]
    assert sorted(measured) == sorted([*packages, *(f"--cov=plugins/{room}" for room in rooms)])
    left = [word.removeprefix("--ignore=") for word in jobs["unit"] if word.startswith("--ignore=")]
    assert left == [f"tests/unit/{name}" for name in ("plugins/module_utils", "plugins/modules", "packages", "roles")]
    for kind in ("oldest", "newest"):
        assert [word for word in jobs[f"unit_hosts_{kind}"] if word.startswith("tests/unit")] == left


def test_real_servers_on_loopback_are_asked_with_all_scenarios_and_not_with_a_single_one() -> None:
    assert {"elasticsearch_modules", "trace_analysis"} <= {job.name for job in jobs_of(["molecule"], scenarios())}
    assert [job.name for job in jobs_of(["molecule"], ["stack"])] == ["molecule_stack"]


@pytest.fixture
def maker(tmp_path: Path) -> Path:
    """An interpreter that makes environments whose pip writes down what it is asked for."""
    path = interpreter(tmp_path, "3.9")
    path.write_text(
        '#!/bin/sh\nmkdir -p "$3/bin"; echo made >>"${0%/*}/log"\n'
        'printf "#!/bin/sh\\necho \\$* >>\\${0%%/*}/asked\\n" >"$3/bin/pip"; chmod +x "$3/bin/pip"\n'
    )
    return path


def test_an_environment_is_made_once_and_anew_when_its_making_was_cut_short(maker: Path, tmp_path: Path) -> None:
    first = environments.made("tools", maker, ["a==1"], tmp_path / "cache")
    assert environments.made("tools", maker, ["a==1"], tmp_path / "cache") == first
    assert environments.made("tools", maker, ["a==2"], tmp_path / "cache") != first
    (first / ".complete").unlink()
    environments.made("tools", maker, ["a==1"], tmp_path / "cache")
    assert (tmp_path / "log").read_text().splitlines() == ["made"] * 3


def test_ansible_core_comes_alone_to_a_python_that_it_does_not_run_on(maker: Path, tmp_path: Path) -> None:
    choice = environments.choose("hosts_oldest", {"3.9": maker})
    made = environments.host_environment_of(choice, tmp_path / "cache")
    pinned, alone = (made / "bin/asked").read_text().splitlines()
    assert "pytest==8" in pinned
    assert alone.endswith(f"--no-deps --ignore-requires-python ansible-core=={choice.release}")


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
