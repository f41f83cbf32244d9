"""How the runner of jobs counts, tells and ends."""

from __future__ import annotations

import itertools
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parents[2]


def report(tests: int, failures: int) -> str:
    """Return a JUnit report of this many tests, of which these many failed and one was skipped."""
    cases = ["<skipped/>", *failures * ['<failure message="assert 1 == 2"/>']]
    cases += (tests - len(cases)) * [""]
    return (
        f"<testsuites><testsuite>{''.join(f'<testcase>{case}</testcase>' for case in cases)}</testsuite></testsuites>"
    )


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout with the runner and nothing to run."""
    for folder in (
        "tests/lint",
        "tests/setup",
        "tests/hosts",
        "molecule",
        "plugins",
        ".venv/bin",
        ".build/ansible_collections/vigil",
    ):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / ".build/ansible_collections/vigil/observability").symlink_to(tmp_path)
    (tmp_path / ".gitignore").write_text(
        "".join(f"/{name}\n" for name in (".build", ".venv", "cache", "asked", "job", "child"))
    )
    subprocess.run(["git", "init", "--quiet", tmp_path], check=True)
    for part in ("run.py", "environments.py"):
        shutil.copy(TESTS / part, tmp_path / "tests")
    shutil.copytree(TESTS / "runner", tmp_path / "tests/runner")
    return tmp_path


def program(path: Path, *lines: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(("#!/bin/sh", *lines, "")))
    path.chmod(0o755)


def environment_in(checkout: Path) -> dict[str, str]:
    return {**os.environ, "VIGIL_CACHE": str(checkout / "cache"), "PYTHONPATH": str(checkout / ".build")}


def start(checkout: Path, *words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, checkout / "tests/run.py", *words],
        env=environment_in(checkout),
        stdout=subprocess.PIPE,
        text=True,
    )


def run(checkout: Path, *words: str) -> tuple[int, list[str]]:
    process = start(checkout, *words)
    output = process.communicate(timeout=60)[0]
    return process.returncode, output.splitlines()


def a_scenario(checkout: Path, *lines: str) -> None:
    """Give the checkout a scenario, a molecule that does this, and hosts that write down what is asked of them."""
    program(checkout / ".venv/bin/molecule", *lines)
    program(checkout / "tests/setup/hosts_and_servers")
    program(checkout / "tests/hosts/hosts", f'echo hosts "$@" >>{checkout}/asked')
    program(checkout / "tests/hosts/archives", f'echo archives "$@" >>{checkout}/asked')
    program(checkout / "molecule/one/molecule.yml")


def lives(pid: str) -> bool:
    """Tell whether a process runs; what has ended may wait for its parent to take note."""
    try:
        return "State:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return False


def test_jobs_without_a_report_count_as_one_each_and_the_last_line_says_so(checkout: Path) -> None:
    program(checkout / "tests/lint/first")
    program(checkout / "tests/lint/second")
    code, lines = run(checkout, "lint")
    assert (code, lines[-1]) == (0, "2 passed, 0 failed")


def test_jobs_keep_compiled_python_also_where_the_machine_keeps_none(
    checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    (checkout / "tests/lint/imported.py").touch()
    program(checkout / "tests/lint/first", f"cd tests/lint && {sys.executable} -c 'import imported'")
    assert run(checkout, "lint")[0] == 0
    assert list((checkout / ".build/bytecode").rglob("imported.*.pyc"))


def test_a_job_that_fails_is_told_with_the_end_of_its_log(checkout: Path) -> None:
    program(checkout / "tests/lint/first", "echo the reason", "exit 3")
    code, lines = run(checkout, "lint")
    assert (code, lines[-1]) == (1, "0 passed, 1 failed")
    assert "the reason" in "\n".join(lines)


def test_a_job_that_hangs_fails_with_the_end_of_its_log_when_its_time_is_up(checkout: Path) -> None:
    told = 'test "$1 $2" = "--kill-after=30 60m" && shift 2'
    program(checkout / ".venv/bin/timeout", told, f'exec {shutil.which("timeout")} 1 "$@"')
    program(checkout / "tests/lint/first", "echo the last words", "sleep 1000")
    code, lines = run(checkout, "lint")
    assert (code, lines[-1]) == (1, "0 passed, 1 failed")
    assert "the last words" in "\n".join(lines)


def test_a_run_ends_with_seconds_of_its_jobs_then_what_failed_by_name_and_why(checkout: Path) -> None:
    program(checkout / "tests/lint/first", "exec sleep 0.6")
    program(checkout / "tests/lint/second", "echo ERROR: unfit", "echo 1 fault", "echo second: FAILED in 0 s", "exit 1")
    program(checkout / "tests/unit/test_it.py")
    failure = '<failure message="assert 1 == 2&#10;and more"/>'
    case = f'<testcase classname="tests.unit.test_it.TestIt" name="test_one[a]">{failure}</testcase>'
    failing = f"echo '{case}' >.build/logs/unit.xml; exit 1"
    program(checkout / ".venv/bin/python", f'case "$*" in *" newest pytest "*) {failing};; esac')
    lines = run(checkout, "lint", "unit")[1]
    end = lines[lines.index("job                seconds  processor  result") :]
    assert end[1].split() == ["first", "1", "0", "1", "passed"]
    assert "second                   0          0  1 FAILED, 0 passed" in end
    assert end[-4] == "failed:"
    assert set(end[-3:-1]) == {
        "  second: second: ERROR: unfit",
        "  unit: tests/unit/test_it.py::TestIt::test_one[a]: assert 1 == 2",
    }
    assert end[-1] == "9 passed, 2 failed"


def test_files_that_are_not_executable_are_no_jobs(checkout: Path) -> None:
    program(checkout / "tests/lint/first")
    (checkout / "tests/lint/part.sh").touch()
    assert run(checkout, "lint")[1][-1] == "1 passed, 0 failed"


def test_tests_are_counted_from_the_reports_of_all_verifications_without_those_skipped(checkout: Path) -> None:
    a_scenario(checkout, f"for n in 1 2; do echo '{report(4, 1)}' >.build/logs/molecule_one-$n.xml; done", "exit 1")
    assert run(checkout, "molecule")[1][-1] == "4 passed, 2 failed"


def test_scenario_with_agreed_seconds_is_told_with_them_and_does_not_fail(checkout: Path) -> None:
    a_scenario(checkout, "exit 0")
    jobs = checkout / "tests/runner/jobs.py"
    jobs.write_text(jobs.read_text().replace('{"incidents": 360}', '{"one": 0.001}'))
    code, lines = run(checkout, "molecule")
    (told,) = [line for line in lines if "molecule_one: 1 passed in " in line]
    assert (code, told.endswith(" s (at most 0.001 s on an idle machine)")) == (0, True)


def test_reports_of_an_earlier_run_do_not_count(checkout: Path) -> None:
    (checkout / ".build/logs").mkdir(parents=True)
    (checkout / ".build/logs/molecule_one-1.xml").write_text(report(9, 8))
    a_scenario(checkout)
    assert run(checkout, "molecule")[1][-1] == "1 passed, 0 failed"


def test_a_scenario_that_fails_outside_its_tests_has_a_failure(checkout: Path) -> None:
    a_scenario(checkout, f"echo '{report(4, 0)}' >.build/logs/molecule_one-1.xml", "exit 1")
    assert run(checkout, "molecule")[1][-1] == "3 passed, 1 failed"


def test_scenarios_do_not_run_when_their_hosts_cannot_be_made(checkout: Path) -> None:
    a_scenario(checkout, "touch ran")
    program(checkout / "tests/setup/hosts_and_servers", "echo no engine", "exit 1")
    code, lines = run(checkout, "molecule")
    assert (code, lines[-1]) == (1, "0 passed, 2 failed")
    assert not (checkout / "ran").exists()


def test_hosts_and_archives_go_when_a_scenario_failed(checkout: Path) -> None:
    a_scenario(checkout, "exit 1")
    run(checkout, "molecule")
    assert (checkout / "asked").read_text() == "hosts destroy --label one\narchives stop\n"


def eventually(condition: Callable[[], bool]) -> None:
    until = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.05)


def child_of(process: int) -> int:
    return int(Path(f"/proc/{process}/task/{process}/children").read_text().split()[0])


@pytest.fixture
def under_way(checkout: Path) -> subprocess.Popen[str]:
    """A run whose scenario waits, beside a process that it left in a session of its own."""
    a_scenario(checkout, "((setsid sh -c 'echo $$ >child; sleep 1000' &)&)", "echo $$ >job; exec sleep 1000")
    process = start(checkout, "molecule")
    for name in ("job", "child"):
        eventually(lambda name=name: (checkout / name).exists() and (checkout / name).read_text().endswith("\n"))  # type: ignore[misc]
    return process


def assert_nothing_is_left(checkout: Path) -> None:
    eventually(lambda: (checkout / "asked").exists() and "archives stop" in (checkout / "asked").read_text())
    assert (checkout / "asked").read_text() == "hosts destroy --label one\narchives stop\n"
    for name in ("job", "child"):
        pid = (checkout / name).read_text().strip()
        eventually(lambda pid=pid: not lives(pid))  # type: ignore[misc]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_run_that_is_ended_leaves_no_process_and_no_host(
    checkout: Path, under_way: subprocess.Popen[str], number: int
) -> None:
    under_way.send_signal(number)
    assert under_way.wait(timeout=30) == 128 + number
    assert_nothing_is_left(checkout)


def test_a_run_whose_worker_is_killed_leaves_no_process_and_no_host(
    checkout: Path, under_way: subprocess.Popen[str]
) -> None:
    os.kill(child_of(under_way.pid), signal.SIGKILL)
    assert under_way.wait(timeout=30) == 128 + signal.SIGKILL
    assert_nothing_is_left(checkout)


def test_a_run_whose_watcher_is_killed_leaves_no_process_and_no_host(
    checkout: Path, under_way: subprocess.Popen[str]
) -> None:
    under_way.kill()
    under_way.wait()
    assert_nothing_is_left(checkout)


def test_what_heeds_no_signal_is_killed(checkout: Path) -> None:
    program(
        checkout / "tests/lint/first", "trap '' TERM", "echo $$ >child; cp child job", "while :; do sleep 1000; done"
    )
    process = start(checkout, "lint")
    eventually((checkout / "job").exists)
    process.terminate()
    assert process.wait(timeout=30) == 128 + signal.SIGTERM
    assert not lives((checkout / "child").read_text().strip())


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_run_ends_with_the_make_that_started_it(checkout: Path, number: int) -> None:
    a_scenario(checkout, "echo $$ >child; cp child job; exec sleep 1000")
    (checkout / "Makefile").write_text(f"test:\n\t@exec {sys.executable} tests/run.py molecule\n")
    starter = subprocess.Popen(["make", "-C", checkout, "test"], env=environment_in(checkout))
    eventually((checkout / "job").exists)
    starter.send_signal(number)
    starter.wait(timeout=20)
    assert_nothing_is_left(checkout)


def test_the_longest_job_starts_first_by_the_seconds_of_the_run_before(checkout: Path) -> None:
    program(checkout / "tests/lint/first")
    program(checkout / "tests/lint/second", "sleep 0.3")
    program(checkout / "tests/lint/third", "sleep 0.6")
    run(checkout, "lint")
    begun = [line.split()[2] for line in run(checkout, "lint")[1] if line.endswith("...")]
    assert begun == ["third", "second", "first"]


def begun_at_first(checkout: Path, *kinds: str) -> list[str]:
    """Return the names of the jobs that start before the first has ended, without what prepares the hosts."""
    lines = [line.split()[2:] for line in run(checkout, *kinds)[1] if "hosts_and_servers" not in line]
    return [name for name, *_rest in itertools.takewhile(lambda line: line[-1] == "...", lines)]


def test_as_many_jobs_run_as_keep_the_processors_busy(checkout: Path) -> None:
    processors = max(2, os.cpu_count() or 2)
    for number in range(2 * processors):
        program(checkout / f"tests/lint/job{number}", "sleep 4")
    assert len(begun_at_first(checkout, "lint")) == int(processors / 0.7)


def test_what_has_elasticsearch_runs_beside_a_job_without_hosts_which_gives_way(checkout: Path) -> None:
    a_scenario(checkout, "sleep 4")
    (checkout / "molecule/one/molecule.yml").write_text("groups: [elasticsearch]\n")
    program(checkout / "molecule/two/molecule.yml")
    program(checkout / "tests/lint/first", "nice >nice; sleep 4")
    more = [] if (os.cpu_count() or 2) <= 2 else ["molecule_two"]
    assert sorted(begun_at_first(checkout, "lint", "molecule")) == sorted(["first", "molecule_one", *more])
    assert (checkout / "nice").read_text() == f"{max(10, os.nice(0))}\n"


def test_of_jobs_that_passed_those_whose_inputs_changed_run_again(checkout: Path) -> None:
    program(checkout / "tests/lint/ansible_lint")
    program(checkout / "tests/lint/other")
    run(checkout, "lint")
    assert run(checkout, "lint", "--changed")[1][-1] == "0 passed, 0 failed"
    (checkout / "docs").mkdir()
    (checkout / "docs/page.md").write_text("New")
    lines = run(checkout, "lint", "--changed")[1]
    assert lines[-1] == "1 passed, 0 failed"
    assert any(line.startswith("ansible_lint") and "skipped, unchanged since it passed on 20" in line for line in lines)
    assert run(checkout, "lint")[1][-1] == "2 passed, 0 failed"


def test_a_job_that_failed_runs_again_though_nothing_changed(checkout: Path) -> None:
    program(checkout / "tests/lint/first", "exit 1")
    run(checkout, "lint")
    assert run(checkout, "lint", "--changed")[1][-1] == "0 passed, 1 failed"


def test_a_scenario_runs_again_when_another_that_it_mentions_changed(checkout: Path) -> None:
    a_scenario(checkout)
    (checkout / "molecule/two").mkdir()
    (checkout / "molecule/two/converge.yml").touch()
    program(checkout / "molecule/two/molecule.yml")
    run(checkout, "molecule")
    (checkout / "molecule/two/converge.yml").write_text("- import_playbook: ../one/converge.yml\n")
    assert run(checkout, "molecule", "--changed")[1][-1] == "1 passed, 0 failed"
    (checkout / "molecule/one/converge.yml").write_text("[]\n")
    assert run(checkout, "molecule", "--changed")[1][-1] == "2 passed, 0 failed"


def test_hosts_are_not_prepared_when_no_scenario_runs(checkout: Path) -> None:
    a_scenario(checkout)
    assert any("hosts_and_servers" in line for line in run(checkout, "molecule")[1])
    assert not any("hosts_and_servers" in line for line in run(checkout, "molecule", "--changed")[1])
