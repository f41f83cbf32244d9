# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A service with a socket, for each connection to which systemd starts a process beside it."""

from __future__ import annotations

import getpass
import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from ansible_collections.vigil.observability.tests.unit.plugins.modules.conftest import Host

Activate = Callable[..., Any]
STEP: dict[str, Any] = {
    "name": "demo_step",
    "description": "Steps of demo",
    "program": ["bin/step"],
    "flags": {"folder": "/var/lib/demo"},
    "at_once": 4,
    "resources": {"MemoryMax": "1G", "RuntimeMaxSec": 3700},
    "hardening_overrides": {"RestrictAddressFamilies": {"value": "AF_INET AF_INET6 AF_UNIX", "reason": "ssh"}},
}


def units(host: Host) -> tuple[Path, Path]:
    folder = host.systemd / "units"
    return folder / "demo_step.socket", folder / "demo_step@.service"


def socket_state(host: Host) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((host.systemd / "state.json").read_text())["demo_step.socket"]
    return found


def test_socket_is_the_users_own_and_listens_now_and_after_a_restart(host: Host, activate: Activate) -> None:
    assert not activate(per_connection=[STEP])["failed"]
    lines = units(host)[0].read_text().splitlines()
    user = getpass.getuser()
    for line in (
        "ListenStream=/run/demo_step.socket",
        "Accept=yes",
        "MaxConnections=4",
        "SocketMode=0600",
        f"SocketUser={user}",
        f"SocketGroup={user}",
        "WantedBy=sockets.target",
    ):
        assert line in lines
    assert (socket_state(host)["wanted"], socket_state(host)["enabled"]) == (True, True)


def test_process_of_a_connection_has_a_hardened_unit_that_ends_as_a_whole_and_never_starts_again(
    host: Host, activate: Activate
) -> None:
    activate(per_connection=[STEP])
    text = units(host)[1].read_text()
    for line in (
        f"ExecStart={host.root}/opt/demo/bin/step --folder=/var/lib/demo",
        "StandardInput=socket",
        "StandardOutput=socket",
        "StandardError=journal",
        "KillMode=control-group",
        "CollectMode=inactive-or-failed",
        "RuntimeMaxSec=3700",
        "MemoryMax=1G",
        f"ReadWritePaths={host.root}/data",
        "NoNewPrivileges=true",
        "RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX",
    ):
        assert line in text.splitlines()
    assert "Restart=" not in text
    assert "[Install]" not in text


def test_unchanged_run_writes_nothing(host: Host, activate: Activate) -> None:
    activate(per_connection=[STEP])
    host.calls()
    before = host.snapshot()
    result = activate(per_connection=[STEP])
    assert (result["changed"], result["action"]) == (False, "none")
    assert host.calls() == ["show", "show"]
    assert host.snapshot() == before


def test_changed_limit_leaves_the_service_alone(host: Host, activate: Activate) -> None:
    activate(per_connection=[STEP])
    process, socket = host.process(), socket_state(host)["invocation"]
    result = activate(per_connection=[{**STEP, "at_once": 2}])
    assert (result["changed"], result["action"]) == (True, "none")
    assert host.process() == process
    assert socket_state(host)["invocation"] != socket
    (shown,) = result["diff"]
    assert shown["before_header"] == str(units(host)[0])
    assert ("MaxConnections=4" in shown["before"], "MaxConnections=2" in shown["after"]) == (True, True)
    assert not activate(per_connection=[{**STEP, "at_once": 2}])["changed"]


def test_check_mode_shows_the_units_and_writes_none(host: Host, activate: Activate) -> None:
    result = activate(per_connection=[STEP], check=True)
    assert {str(path) for path in units(host)} <= {one["before_header"] for one in result["diff"]}
    assert not any(path.exists() for path in units(host))


def test_socket_that_was_stopped_by_hand_listens_again(host: Host, activate: Activate) -> None:
    activate(per_connection=[STEP])
    store = host.systemd / "state.json"
    state = json.loads(store.read_text())
    state["demo_step.socket"].update(wanted=False, enabled=False)
    store.write_text(json.dumps(state))
    result = activate(per_connection=[STEP])
    assert (result["changed"], result["action"]) == (True, "none")
    assert "demo_step.socket: listens" in result["diff"][0]["after"]
    assert (socket_state(host)["wanted"], socket_state(host)["enabled"]) == (True, True)


def test_socket_goes_with_the_option(host: Host, activate: Activate) -> None:
    activate(per_connection=[STEP])
    result = activate()
    assert (result["changed"], result["action"]) == (True, "none")
    assert not any(path.exists() for path in units(host))
    assert (socket_state(host)["wanted"], socket_state(host)["enabled"]) == (False, False)
    assert not activate()["changed"]


def test_socket_is_removed_with_a_service_that_never_became_healthy(host: Host, activate: Activate) -> None:
    host.release("bad", "crash")
    assert activate(release="bad", per_connection=[STEP])["failed"]
    assert not any(path.exists() for path in units(host))
    assert not socket_state(host)["wanted"]


def test_units_are_rolled_back_with_the_service(host: Host, activate: Activate) -> None:
    activate(per_connection=[STEP])
    before = [path.read_text() for path in units(host)]
    host.release("bad", "crash")
    result = activate(release="bad", per_connection=[{**STEP, "at_once": 1}])
    assert (result["failed"], result["rolled_back"]) == (True, True)
    assert [path.read_text() for path in units(host)] == before
    assert socket_state(host)["wanted"]


def test_record_that_is_lost_takes_the_units_there_are_for_known(host: Host, activate: Activate) -> None:
    activate(per_connection=[STEP])
    (host.root / "records/demo.json").unlink()
    assert not activate(per_connection=[STEP])["failed"]
    assert sorted(host.record["active"]["companions"]) == sorted(map(str, units(host)))


@pytest.mark.parametrize("number", [0, 1])
def test_unit_of_that_name_that_is_not_ours_is_refused(host: Host, activate: Activate, number: int) -> None:
    units(host)[number].write_text("[Unit]\n")
    result = activate(per_connection=[STEP])
    assert result["failed"]
    assert f"{units(host)[number]} is a unit that this collection did not create" in result["msg"]


def test_exception_from_the_hardening_without_a_reason_is_refused(host: Host, activate: Activate) -> None:
    step = {**STEP, "hardening_overrides": {"ProtectHome": {"value": "false"}}}
    result = activate(per_connection=[step])
    assert "The exception ProtectHome from the hardening of demo_step needs a value and a reason." in result["msg"]
