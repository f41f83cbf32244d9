# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from ansible_collections.vigil.observability.plugins.module_utils._host.ports import Listener, listeners, silent


@pytest.mark.parametrize(("family", "address"), [(socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")])
def test_process_that_listens_is_named(family: socket.AddressFamily, address: str) -> None:
    with socket.socket(family) as server:
        server.bind((address, 0))
        server.listen()
        port = server.getsockname()[1]
        (found,) = listeners([port])
    assert (found.port, found.pid) == (port, os.getpid())
    assert found.process == Path("/proc/self/comm").read_text().strip()


def test_port_that_is_only_connected_to_is_free() -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        assert listeners([bound.getsockname()[1]]) == []


def test_services_that_listen_on_none_of_their_ports_are_silent() -> None:
    with socket.socket() as server, socket.socket() as bound:
        for one in (server, bound):
            one.bind(("127.0.0.1", 0))
        server.listen()
        heard, free = server.getsockname()[1], bound.getsockname()[1]
        found = silent(
            {"name": name, "ports": ports}
            for name, ports in {"listens": [free, heard], "stopped": [free], "has_no_port": []}.items()
        )
    assert found == ["stopped"]


def test_every_process_that_shares_a_socket_is_named() -> None:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        command = [sys.executable, "-c", "input()"]
        with subprocess.Popen(command, stdin=subprocess.PIPE, pass_fds=[server.fileno()]) as child:
            pids = [one.pid for one in listeners([server.getsockname()[1]])]
            child.communicate(b"\n")
    assert sorted(pids, key=str) == sorted([os.getpid(), child.pid], key=str)


def test_unit_of_a_process_is_told_from_its_control_group(tmp_path: Path) -> None:
    process = fake_proc(tmp_path, "0::/docker/1/system.slice/demo.service/worker\n")
    (found,) = listeners([9090], tmp_path)
    assert (found.units, str(found)) == (("demo.service",), "demo (pid 42 of demo.service)")
    (process / "comm").unlink()
    (process / "cgroup").unlink()
    assert [str(one) for one in listeners([9090], tmp_path)] == ["a process (pid 42)"]


def test_socket_that_no_process_shows_is_still_taken(tmp_path: Path) -> None:
    fake_proc(tmp_path, "")
    (tmp_path / "42/fd/3").unlink()
    assert listeners([9090], tmp_path) == [Listener(9090, None, "", ())]
    assert str(listeners([9090], tmp_path)[0]) == "the kernel or a process of another container"


def test_process_that_does_not_show_its_sockets_is_found_by_its_user(tmp_path: Path) -> None:
    process = fake_proc(tmp_path, "0::/system.slice/demo.service\n")
    shutil.rmtree(process / "fd")
    (process / "status").write_text("Name:\tdemo\nUid:\t998\t998\t998\t998\n")
    assert listeners([9090], tmp_path)[0].pid is None
    (process / "status").write_text("Name:\tdemo\nUid:\t0\t0\t0\t0\n")
    assert listeners([9090], tmp_path) == [Listener(9090, 42, "demo", ("demo.service",))]


def fake_proc(root: Path, cgroup: str) -> Path:
    (root / "net").mkdir()
    (root / "net/tcp").write_text("  sl  local_address ...\n   0: 00000000:2382 00000000:0000 0A 0:0 0:0 0 0 0 777 1\n")
    (root / "42/fd").mkdir(parents=True)
    (root / "42/fd/3").symlink_to("socket:[777]")
    (root / "42/fd/4").symlink_to("/dev/null")
    (root / "43").mkdir()
    (root / "42/comm").write_text("demo\n")
    (root / "42/cgroup").write_text(cgroup)
    return root / "42"
