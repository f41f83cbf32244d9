# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ansible_collections.vigil.observability.plugins.module_utils._host.tree import mark_staged
from ansible_collections.vigil.observability.plugins.modules import active_service

if TYPE_CHECKING:
    from ansible_collections.vigil.observability.tests.unit.plugins.modules.conftest import Host

Activate = Callable[..., Any]


def test_first_installation_serves_at_boot_and_now(host: Host, activate: Activate) -> None:
    result = activate()
    assert (result["failed"], result["changed"], result["action"]) == (False, True, "installed")
    assert host.serves() == "1.0.0 one"
    assert host.state["enabled"]
    assert (host.root / "bin/server").readlink() == host.root / "opt/demo/server"


def test_first_installation_takes_two_verbs_and_otherwise_only_looks(host: Host, activate: Activate) -> None:
    activate()
    calls = host.calls()
    assert calls[:3] == ["show", "enable", "restart"]
    assert set(calls[3:]) == {"show"}


def test_service_without_a_configuration_runs_with_exceptions_from_the_hardening(
    host: Host, activate: Activate
) -> None:
    exceptions = {"ProtectHome": {"value": "read-only", "reason": "reports file systems"}}
    program = ["server", f"{host.root}/opt/demo/behavior", str(host.port)]
    assert not activate(config=None, program=program, hardening_overrides=exceptions)["failed"]
    assert host.serves() == "1.0.0 serve"
    assert "# reports file systems\nProtectHome=read-only\n" in host.unit.read_text()


def test_unchanged_run_asks_systemctl_once_and_writes_nothing(host: Host, activate: Activate) -> None:
    activate()
    host.calls()
    before = host.snapshot()
    result = activate()
    assert (result["changed"], result["action"], "diff" in result) == (False, "none", False)
    assert host.calls() == ["show"]
    assert host.snapshot() == before


def test_check_on_a_fresh_host_shows_unit_and_links_and_writes_nothing(
    host: Host, run_module: Callable[..., Any]
) -> None:
    coming = {"release": "/nowhere/releases/1", "config": "/nowhere/configurations/1", "user": "vigil-nobody"}
    options = {**host.options(), **coming}
    before = host.snapshot()
    result = run_module(active_service, check=True, diff=True, **options)
    assert (result["failed"], result["changed"], result["action"]) == (False, True, "installed")
    unit, links = result["diff"]
    assert "ExecStart=" in unit["after"]
    assert "/opt/demo -> /nowhere/releases/1" in links["after"]
    assert host.snapshot() == before


def test_check_before_an_upgrade_changes_nothing(host: Host, activate: Activate) -> None:
    activate()
    host.options("2.0.0")
    before = host.snapshot()
    assert activate("2.0.0", check=True)["action"] == "restarted"
    assert host.snapshot() == before
    assert host.serves() == "1.0.0 one"


def test_upgrade_restarts_and_remembers_the_previous_release(host: Host, activate: Activate) -> None:
    activate()
    result = activate("2.0.0")
    assert (result["action"], result["rolled_back"], host.serves()) == ("restarted", False, "2.0.0 one")
    assert host.record["previous"]["release"].endswith("/1.0.0")
    assert host.record["proven"]


@pytest.mark.parametrize(
    ("behavior", "reason"),
    [
        ("crash", "demo.service exited after it was started (exit status 3)"),
        ("hang", "it was not healthy within 1 s"),
        ("never ready", "returns HTTP 503: 2.0.0 one"),
    ],
)
def test_upgrade_that_does_not_serve_puts_the_previous_release_back(
    host: Host, activate: Activate, behavior: str, reason: str
) -> None:
    activate()
    host.release("2.0.0", behavior)
    before = host.record["active"]
    result = activate("2.0.0", start_timeout=1)
    assert result["failed"]
    assert result["rolled_back"]
    assert reason in result["msg"]
    assert "Rolled back to demo 1.0.0, which is healthy" in result["msg"]
    assert host.serves() == "1.0.0 one"
    assert (host.record["active"], host.record["proven"]) == (before, True)
    assert not activate()["changed"]


def test_failed_upgrade_tells_the_last_lines_of_the_journal(host: Host, activate: Activate) -> None:
    activate()
    host.release("2.0.0", "crash")
    result = activate("2.0.0")
    assert "panic: cannot read the clock" in result["msg"]
    # Nothing of the process before, nor of the one that serves again.
    assert result["journal"] == ["panic: cannot read the clock"]


def test_failed_upgrade_fails_at_once_when_the_process_dies(host: Host, activate: Activate) -> None:
    activate()
    host.release("2.0.0", "crash")
    begin = time.monotonic()
    activate("2.0.0", start_timeout=60)
    assert time.monotonic() - begin < 10


def test_first_installation_that_never_serves_is_removed_again(host: Host, activate: Activate) -> None:
    host.release("1.0.0", "crash")
    result = activate()
    assert result["failed"]
    assert "It has never been healthy on this host, so its unit and links were removed" in result["msg"]
    assert not host.unit.exists()
    assert not os.path.lexists(host.root / "opt/demo")
    assert not os.path.lexists(host.root / "bin/server")
    assert not host.record
    assert (host.state["enabled"], host.state["wanted"]) == (False, False)


def test_changed_configuration_is_reloaded_by_the_same_process(host: Host, activate: Activate) -> None:
    activate()
    process = host.process()
    assert activate(config="two")["action"] == "reloaded"
    assert (host.serves(), host.process()) == ("1.0.0 two", process)


def test_repaired_configuration_at_the_same_path_is_reloaded(host: Host, activate: Activate) -> None:
    activate()
    host.config("one")
    result = activate()
    assert result["action"] == "reloaded"
    assert "(staged as" in result["diff"][0]["after"]
    assert not activate()["changed"]


def test_service_without_a_reload_address_gets_a_signal(host: Host, activate: Activate) -> None:
    activate(reload_path=None)
    host.calls()
    assert activate(config="two", reload_path=None)["action"] == "reloaded"
    assert "reload" in host.calls()


def test_service_that_watches_its_configuration_is_left_alone(host: Host, activate: Activate) -> None:
    options = {"reload": False, "reload_path": None, "watches_config": True}
    activate(**options)
    process = host.process()
    host.calls()
    assert activate(config="two", **options)["action"] == "reloaded"
    assert set(host.calls()) == {"show"}
    assert host.process() == process


def test_service_that_cannot_reload_is_restarted_for_its_configuration(host: Host, activate: Activate) -> None:
    activate(reload=False)
    assert activate(config="two", reload=False)["action"] == "restarted"
    assert host.serves() == "1.0.0 two"


def test_refused_reload_puts_the_configuration_back_without_a_restart(host: Host, activate: Activate) -> None:
    activate()
    process = host.process()
    result = activate(config="invalid")
    assert "returns HTTP 500: unknown key in the configuration" in result["msg"]
    assert (result["failed"], result["rolled_back"]) == (True, True)
    assert (host.serves(), host.process()) == ("1.0.0 one", process)
    assert (host.root / "etc/demo").readlink().name == "one"
    assert not activate()["changed"]


def test_reload_that_kills_the_process_is_followed_by_a_start_with_the_old_configuration(
    host: Host, activate: Activate
) -> None:
    activate()
    result = activate(config="deadly")
    assert (result["failed"], result["rolled_back"], host.serves()) == (True, True, "1.0.0 one")


def test_service_stopped_by_hand_is_started(host: Host, activate: Activate) -> None:
    activate()
    subprocess.run(["systemctl", "stop", "demo.service"], check=True)
    result = activate()
    assert (result["changed"], result["action"], host.serves()) == (True, "started", "1.0.0 one")
    assert "running: False" in result["diff"][0]["before"]


def test_service_disabled_by_hand_is_enabled_without_a_restart(host: Host, activate: Activate) -> None:
    activate()
    process = host.process()
    subprocess.run(["systemctl", "disable", "demo.service"], check=True)
    assert activate()["action"] == "started"
    assert (host.state["enabled"], host.process()) == (True, process)


def test_stopped_service_that_does_not_start_is_left_with_the_reason(host: Host, activate: Activate) -> None:
    activate()
    subprocess.run(["systemctl", "stop", "demo.service"], check=True)
    host.refuse("restart", "Job failed.")
    result = activate()
    assert "systemctl restart demo.service failed: Failed to restart: Job failed." in result["msg"]
    assert "There is no other deployment to roll back to" in result["msg"]
    assert not result["rolled_back"]


def test_failed_upgrade_of_a_stopped_service_leaves_it_stopped(host: Host, activate: Activate) -> None:
    activate()
    subprocess.run(["systemctl", "stop", "demo.service"], check=True)
    subprocess.run(["systemctl", "disable", "demo.service"], check=True)
    host.release("2.0.0", "crash")
    result = activate("2.0.0")
    assert "Rolled back to demo 1.0.0, which is stopped as before" in result["msg"]
    assert (host.state["wanted"], host.state["enabled"]) == (False, False)
    assert (host.root / "opt/demo").readlink().name == "1.0.0"


def test_unit_edited_by_hand_is_shown_and_put_back(host: Host, activate: Activate) -> None:
    activate()
    wanted = host.unit.read_text()
    host.unit.write_text(wanted.replace("ProtectHome=true", "ProtectHome=false"))
    result = activate()
    assert "ProtectHome=false" in result["diff"][0]["before"]
    assert (result["action"], host.unit.read_text()) == ("restarted", wanted)


def test_link_changed_by_hand_is_put_back(host: Host, activate: Activate) -> None:
    activate()
    (host.root / "opt/demo").unlink()
    (host.root / "opt/demo").symlink_to(host.release("0.9.0"))
    assert activate()["action"] == "restarted"
    assert host.serves() == "1.0.0 one"


def test_program_no_longer_wanted_loses_its_link_without_a_restart(host: Host, activate: Activate) -> None:
    activate()
    process = host.process()
    result = activate(binaries=[])
    assert (result["changed"], result["action"], host.process()) == (True, "none", process)
    assert not os.path.lexists(host.root / "bin/server")


def test_failure_to_remove_a_link_leaves_the_running_service_untouched(host: Host, activate: Activate) -> None:
    activate()
    process = host.process()
    host.refuse("daemon-reload", "Connection timed out")
    result = activate(description="Another")
    assert "Connection timed out" in result["msg"]
    assert "The running service was not touched" in result["msg"]
    assert host.process() == process


def test_changed_content_of_a_watched_file_restarts(host: Host, activate: Activate, tmp_path: Path) -> None:
    watched = tmp_path / "tls.crt"
    activate(restart_on=[str(watched)])
    watched.write_text("one")
    result = activate(restart_on=[str(watched)])
    assert (result["action"], f"{watched}: absent" in result["diff"][0]["before"]) == ("restarted", True)
    assert not activate(restart_on=[str(watched)])["changed"]


@pytest.mark.parametrize("reader", ["2.55.0", "3.0.0"])
def test_downgrade_to_a_release_that_cannot_read_the_data_is_refused_by_name(
    host: Host, activate: Activate, reader: str
) -> None:
    activate("3.5.0", data_oldest_reader=reader)
    before = host.snapshot()
    host.options("2.54.1")
    before = host.snapshot()
    result = activate("2.54.1")
    assert f"demo 2.54.1 cannot read the data on this host: {reader} or newer" in result["msg"]
    assert host.snapshot() == before


def test_downgrade_within_the_data_format_is_done(host: Host, activate: Activate) -> None:
    activate("3.5.0", data_oldest_reader="2.55.0")
    assert activate("2.55.1")["action"] == "restarted"


def test_upgrade_that_could_not_be_rolled_back_is_refused_by_name(host: Host, activate: Activate) -> None:
    activate("2.42.0")
    host.options("3.5.0")
    before = host.snapshot()
    result = activate("3.5.0", data_oldest_reader="2.55.0")
    assert "demo 3.5.0 writes data that the active 2.42.0 cannot read" in result["msg"]
    assert host.snapshot() == before


def test_accepted_irreversible_upgrade_that_fails_is_not_rolled_back(host: Host, activate: Activate) -> None:
    activate("2.42.0")
    host.release("3.5.0", "crash")
    result = activate("3.5.0", data_oldest_reader="2.55.0", accept_irreversible=True)
    assert "It was not rolled back, which accept_irreversible permits" in result["msg"]
    assert not result["rolled_back"]
    assert (host.root / "opt/demo").readlink().name == "3.5.0"
    assert "cannot read the data on this host" in activate("2.42.0")["msg"]


def test_accepted_irreversible_upgrade_that_serves_is_an_upgrade(host: Host, activate: Activate) -> None:
    activate("2.42.0")
    activate("3.5.0", data_oldest_reader="2.55.0", accept_irreversible=True)
    assert host.serves() == "3.5.0 one"


@pytest.mark.parametrize("part", ["etc/demo", "opt/demo"])
def test_directory_of_another_installation_is_refused(host: Host, activate: Activate, part: str) -> None:
    (host.root / part).mkdir(parents=True)
    host.options()
    before = host.snapshot()
    result = activate()
    assert f"{host.root / part} is a directory that this collection did not create" in result["msg"]
    assert host.snapshot() == before


def test_unit_of_another_installation_is_refused_with_its_package(
    host: Host, activate: Activate, make_program: Callable[[str, str], Path]
) -> None:
    make_program("dpkg-query", f'echo "prometheus: {host.unit}"')
    host.unit.write_text("[Service]\nExecStart=/usr/bin/prometheus\n")
    result = activate()
    assert f"{host.unit} is a unit from the package prometheus: remove that package" in result["msg"]


def test_unit_of_a_package_elsewhere_is_refused(
    host: Host, activate: Activate, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    packaged = tmp_path / "lib/demo.service"
    packaged.parent.mkdir()
    packaged.write_text("[Service]\n")
    monkeypatch.setenv("FAKE_FRAGMENT", str(packaged))
    assert f"{packaged} is a unit that this collection did not create: disable demo" in activate()["msg"]


def test_program_of_somebody_else_is_not_replaced(host: Host, activate: Activate) -> None:
    (host.root / "bin/server").write_text("#!/bin/sh\n")
    assert "bin/server is a file that this collection did not create" in activate()["msg"]


def test_release_that_was_never_staged_is_refused(host: Host, activate: Activate) -> None:
    (host.root / "releases/1.0.0").mkdir()
    assert "is not staged on this host" in activate()["msg"]


def test_missing_user_is_refused(activate: Activate) -> None:
    assert "There is no user vigil-nobody on this host" in activate(user="vigil-nobody")["msg"]


def test_file_in_place_of_the_data_directory_is_refused(host: Host, activate: Activate) -> None:
    (host.root / "data").write_text("")
    assert "is not a directory, but is configured as one for" in activate()["msg"]


def test_directory_of_the_system_is_not_given_to_a_service(activate: Activate) -> None:
    before = Path("/var/log").stat()
    result = activate(writable_paths=["/var/log"])
    assert "demo was not touched. /var/log cannot be the directory of" in result["msg"]
    assert (Path("/var/log").stat().st_mode, Path("/var/log").stat().st_uid) == (before.st_mode, before.st_uid)


def test_exception_without_a_reason_is_refused(activate: Activate) -> None:
    result = activate(hardening_overrides={"ProtectHome": {"value": "false"}})
    assert "The exception ProtectHome from the hardening of demo needs a value and a reason" in result["msg"]


def test_password_of_the_health_check_is_told_nowhere(host: Host, activate: Activate, tmp_path: Path) -> None:
    secret = tmp_path / "password"
    secret.write_text("correct-horse\n")
    host.release("1.0.0", "crash")
    (host.systemd / "journal").write_text("user sent correct-horse\n")
    result = activate(health={"path": "/", "username": "a", "password_file": str(secret)})
    assert result["failed"]
    assert "correct-horse" not in str(result)
    activate(health={"path": "/", "username": "a", "password_file": "/nowhere"})


def test_no_systemd_is_said(host: Host, activate: Activate) -> None:
    host.refuse("show", "System has not been booted with systemd as init system (PID 1).")
    assert "systemctl show demo.service failed" in activate()["msg"]


def test_service_without_a_health_address_has_to_live_for_two_seconds(host: Host, activate: Activate) -> None:
    begin = time.monotonic()
    assert activate(health={})["action"] == "installed"
    assert time.monotonic() - begin >= 2


@pytest.mark.parametrize("asked", [{"health": {"path": "/ready"}}, {"health": None}])
def test_service_that_is_asked_at_no_port_is_refused(host: Host, activate: Activate, asked: dict[str, Any]) -> None:
    result = activate(port=None, **asked)
    assert re.search(r"missing parameter\(s\) required by '(health|reload_path)': port", result["msg"])
    assert not host.unit.exists()


def test_service_runs_as_the_user_of_its_name_by_default(activate: Activate) -> None:
    assert "There is no user demo on this host to run demo" in activate(user=None)["msg"]


def test_service_that_died_is_started(host: Host, activate: Activate) -> None:
    activate()
    os.kill(host.process(), signal.SIGKILL)
    assert activate()["action"] == "started"


def test_service_is_healthy_when_all_that_is_asked_answers_well(host: Host, activate: Activate) -> None:
    also = [{"path": "/"}, {"path": "/", "port": 1}]
    result = activate(health={"path": "/ready", "also": also}, start_timeout=1)
    assert "it was not healthy within 1 s: http://127.0.0.1:1/ does not respond" in result["msg"]
    assert not host.unit.exists()
    assert activate(health={"also": also[:1]})["action"] == "installed"


def test_long_start_tells_its_progress(host: Host, activate: Activate) -> None:
    host.release("1.0.0", "never ready")
    result = activate(health={"path": "/", "progress_path": "/progress"}, start_timeout=1)
    assert "; progress: replayed 3 of 7 segments" in result["msg"]


def test_prune_keeps_what_is_current_and_previous(host: Host, activate: Activate) -> None:
    for age, version in enumerate(["1.0.0", "2.0.0", "3.0.0", "4.0.0"]):
        path = Path(host.release(version), ".staged")
        os.utime(path, (age, age))
    activate("2.0.0")
    activate("1.0.0", keep=1)
    assert {path.name for path in (host.root / "releases").iterdir()} == {"1.0.0", "2.0.0"}
    assert {path.name for path in (host.root / "configurations").iterdir()} == {"one"}


def test_prune_leaves_the_newest_and_tells_what_it_removed(host: Host, activate: Activate) -> None:
    for age, version in enumerate(["1.0.0", "2.0.0", "3.0.0", "4.0.0"]):
        os.utime(Path(host.release(version), ".staged"), (age, age))
    assert activate("4.0.0")["pruned"] == [str(host.root / "releases/1.0.0")]


def test_failed_upgrade_prunes_nothing(host: Host, activate: Activate) -> None:
    activate()
    host.release("0.1.0")
    host.release("2.0.0", "crash")
    activate("2.0.0", keep=1)
    assert len(list((host.root / "releases").iterdir())) == 3


def test_previous_release_that_does_not_come_back_is_said(host: Host, activate: Activate) -> None:
    activate()
    host.release("2.0.0", "crash")
    host.release("1.0.0", "crash")
    result = activate("2.0.0")
    assert "Rollback to demo 1.0.0 failed" in result["msg"]
    assert (result["rolled_back"], host.record["proven"]) == (False, False)


def test_what_another_run_has_just_staged_is_not_pruned_before_it_activates_it(host: Host, activate: Activate) -> None:
    os.utime(Path(host.release("0.9.0"), ".staged"), (1, 1))
    host.release("1.1.0")
    plugin = part(host, "1", age=0)
    assert activate("2.0.0", "two", keep=1)["pruned"] == [str(host.root / "releases/0.9.0")]
    assert not activate("1.1.0", "three", extra_directories=[plugin])["failed"]
    assert host.serves() == "1.1.0 three"


def test_what_another_run_has_pruned_is_refused_by_name(host: Host, activate: Activate) -> None:
    options = host.options("2.0.0")
    activate()
    shutil.rmtree(options["release"])
    Path(options["release"]).mkdir()
    assert "If this run has staged it, another run has pruned it: run again" in activate("2.0.0")["msg"]
    assert host.serves() == "1.0.0 one"


def part(host: Host, version: str, age: float = 4000) -> str:
    """Stage a plugin of the service anew, as so many seconds ago, and return its path."""
    path = host.root / "plugins" / version
    path.mkdir(parents=True, exist_ok=True)
    mark_staged(path)
    os.utime(path / ".staged", (time.time() - age,) * 2)
    return str(path)


def test_another_plugin_restarts_and_the_one_before_stays_as_long_as_the_previous_configuration(
    host: Host, activate: Activate
) -> None:
    plugins = host.root / "plugins"
    activate(extra_directories=[part(host, "1")])
    result = activate(config="two", extra_directories=[part(host, "2")])
    assert (result["action"], f"{plugins}/2 (staged as" in result["diff"][0]["after"]) == ("restarted", True)
    assert sorted(path.name for path in plugins.iterdir()) == ["1", "2"]
    assert activate(config="three", extra_directories=[])["pruned"] == [f"{plugins}/1"]
    assert f"{plugins}/2" in activate(config="four", extra_directories=[])["pruned"]


def test_plugin_that_was_staged_anew_restarts(host: Host, activate: Activate) -> None:
    activate(extra_directories=[part(host, "1")])
    assert activate(extra_directories=[part(host, "1")])["action"] == "restarted"


def test_plugin_that_was_never_staged_is_refused(host: Host, activate: Activate) -> None:
    assert (
        f"{host.root}/plugins/1 is not staged on this host"
        in activate(extra_directories=[f"{host.root}/plugins/1"])["msg"]
    )


def shown(host: Host, folder: str = "records/textfile") -> dict[str, str]:
    """Return the labels of the metric of the last deployment, which is of now."""
    text = (host.root / folder / "deployment_demo.prom").read_text()
    name, labels, at = re.fullmatch(r"(?:# .*\n){2}(\w+){(.*)} (\d+)\n", text).groups()  # type: ignore[union-attr]
    assert name == "vigil_deployment_timestamp_seconds"
    assert abs(int(at) - time.time()) < 60
    return dict(re.findall(r'(\w+)="([^"]*)"', labels))


def test_every_deployment_is_shown_to_node_exporter(host: Host, activate: Activate) -> None:
    activate()
    assert shown(host) == {"service": "demo", "version": "1.0.0", "change": "installation"}
    activate("2.0.0", "two")
    assert shown(host) == {"service": "demo", "version": "2.0.0", "change": "release, configuration"}
    activate("2.0.0", "two", resources={"MemoryMax": "64M"})
    assert shown(host)["change"] == "unit"
    seen = host.root / "certificate"
    seen.write_text("new")
    activate("2.0.0", "two", resources={"MemoryMax": "64M"}, restart_on=[str(seen)])
    assert shown(host)["change"] == "files"
    os.kill(host.process(), signal.SIGKILL)
    activate("2.0.0", "two", resources={"MemoryMax": "64M"}, restart_on=[str(seen)])
    assert shown(host)["change"] == "start"


@pytest.mark.parametrize("upgrade", [True, False])
def test_deployment_that_failed_is_shown_with_the_release_that_it_was_of(
    host: Host, activate: Activate, upgrade: bool
) -> None:
    if upgrade:
        activate()
    host.release("2.0.0", "crash")
    activate("2.0.0", start_timeout=1)
    assert shown(host) == {"service": "demo", "version": "2.0.0", "change": "failed, rolled back"}


def test_deployment_that_touched_nothing_shows_the_one_before(host: Host, activate: Activate) -> None:
    activate()
    host.unit.unlink()
    host.unit.mkdir()
    assert activate("2.0.0")["failed"]
    assert shown(host)["version"] == "1.0.0"


def test_deployment_succeeds_where_it_cannot_be_shown(host: Host, activate: Activate) -> None:
    (host.root / "textfile").write_text("no directory")
    result = activate(textfile_dir=str(host.root / "textfile"))
    assert (result["failed"], host.serves()) == (False, "1.0.0 one")
    assert "Prometheus does not get to know of this deployment of demo" in str(result["warnings"])
