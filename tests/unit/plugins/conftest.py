# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What tests of plugins share: a module run in this process, a loopback server, programs made of a few lines."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from ansible.module_utils import basic
from hypothesis import HealthCheck, settings

from ansible_collections.vigil.observability.tests.unit.plugins.elasticsearch import elasticsearch, newest_elasticsearch

__all__ = ["elasticsearch", "newest_elasticsearch"]
from ansible.module_utils.common.parameters import PASS_VARS

# How long an example takes tells how busy the machine is.
settings.register_profile("busy_machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("busy_machine")

Result = dict[str, Any]
RunModule = Callable[..., Result]
MakeProgram = Callable[[str, str], Path]


class LoopbackServer(ThreadingHTTPServer):
    """Serves bodies by path, with its query or without, with headers where some are given, and notes every request.

    `sent` has what was sent to it.
    """

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.bodies: dict[str, bytes] = {}
        self.headers: dict[str, str] = {}
        self.requests: list[tuple[str, dict[str, str]]] = []
        self.sent: list[bytes] = []

    @property
    def url(self) -> str:
        """The address of the server, without a slash at its end."""
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    server: LoopbackServer

    def do_GET(self) -> None:
        self.server.requests.append((self.path, dict(self.headers)))
        body = self.server.bodies.get(self.path, self.server.bodies.get(self.path.partition("?")[0]))
        self.send_response(404 if body is None else 200)
        for name, value in {"Content-Length": str(len(body or b"")), **self.server.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body or b"")

    def do_POST(self) -> None:
        self.server.sent.append(self.rfile.read(int(self.headers["Content-Length"])))
        self.do_GET()

    def log_message(self, format: str, *args: object) -> None:
        """Keep the output of the tests clean."""


@pytest.fixture
def server() -> Iterator[LoopbackServer]:
    """A server on loopback for the time of one test."""
    with LoopbackServer() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def run_module(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path_factory: pytest.TempPathFactory
) -> RunModule:
    """A function that runs a module with options and returns what it answers, "warnings" always among it."""

    def run(module: ModuleType, *, check: bool = False, diff: bool = False, **options: Any) -> Result:
        warnings: list[str] = []
        remote = str(tmp_path_factory.mktemp("remote"))
        # As Ansible sends them, no_log at all times, and of them what this release of it knows.
        internal = {"check_mode": check, "diff": diff, "remote_tmp": remote, "no_log": False, "inject_invocation": True}
        named = {f"_ansible_{name}": value for name, value in internal.items() if name in PASS_VARS}
        args = json.dumps({"ANSIBLE_MODULE_ARGS": {**options, **named}}).encode()
        monkeypatch.setattr(basic, "_ANSIBLE_ARGS", args)
        monkeypatch.setattr(basic, "_ANSIBLE_PROFILE", "legacy", raising=False)
        monkeypatch.setattr(basic.AnsibleModule, "warn", lambda self, warning, **_: warnings.append(warning))
        capsys.readouterr()
        with pytest.raises(SystemExit):
            module.main()
        result: Result = json.loads(capsys.readouterr().out)
        return {"failed": False, **result, "warnings": warnings}

    return run


@pytest.fixture
def make_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MakeProgram:
    """A function that puts a shell script of this name first on PATH and returns where it lies."""
    folder = tmp_path / "programs"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder), prepend=":")

    def make(name: str, script: str) -> Path:
        program = folder / name
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)
        return program

    return make


@pytest.fixture
def full_disk(tmp_path: Path) -> Iterator[Path]:
    """A directory in which a write of more than half a MiB fails: a small file system of its own where one can be
    mounted, else a limit on the size of files.
    """
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=512k,mode=755", "vigil-test", str(disk)]
    if os.geteuid() == 0 and subprocess.run(mount, capture_output=True, check=False).returncode == 0:
        yield disk
        subprocess.run(["umount", "--lazy", str(disk)], check=True)
        return
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (512 * 1024, limits[1]))
    yield disk
    resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    signal.signal(signal.SIGXFSZ, handler)
