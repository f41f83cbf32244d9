# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A host for tests of activation: directories of its own, a systemctl that really starts a small service."""

from __future__ import annotations

import getpass
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest

from ansible_collections.vigil.observability.plugins.module_utils._host.tree import mark_staged
from ansible_collections.vigil.observability.plugins.modules import active_service

PROGRAMS = Path(__file__).parent / "programs"


class Host:
    """One service, `demo`, of which releases and configurations can be staged and which can be asked what it runs."""

    def __init__(self, root: Path) -> None:
        self.root, self.systemd = root, root / "systemd"
        self.locks = root.with_name("locks")
        self.database, self.migrates = root / "data/demo.db", False
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        for folder in ("programs", "systemd/units", "releases", "configurations", "bin"):
            (root / folder).mkdir(parents=True)
        python, bash = f"{sys.executable} -S", shutil.which("bash")
        programs = {"systemctl": (bash, "client"), "journalctl": (bash, "client"), "server": (python, "server")}
        for name, (interpreter, source) in programs.items():
            path = root / "programs" / name
            path.write_text(f"#!{interpreter}\n{(PROGRAMS / source).read_text()}")
            path.chmod(0o755)

    def release(self, version: str, behavior: str = "serve") -> str:
        """Stage a release that serves, crashes, hangs or is never ready, and return its path.

        Every start of one that migrates adds its version to the database.
        """
        path = self.root / "releases" / version
        shutil.rmtree(path, ignore_errors=True)
        path.mkdir()
        shutil.copy(self.root / "programs/server", path / "server")
        (path / "behavior").write_text(behavior)
        if self.migrates:
            (path / "migrates").write_text(str(self.database))
        mark_staged(path)
        return str(path)

    def config(self, text: str) -> str:
        """Stage a configuration, anew when it is there already, and return its path."""
        path = self.root / "configurations" / text
        shutil.rmtree(path, ignore_errors=True)
        path.mkdir()
        (path / "config").write_text(text)
        mark_staged(path)
        return str(path)

    def _staged(self, path: Path, stage: Callable[[str], str]) -> str:
        return str(path) if path.exists() else stage(path.name)

    def options(self, release: str = "1.0.0", config: str | None = "one", **changed: Any) -> dict[str, Any]:
        """Return the options that run this release (staged as needed) with this configuration."""
        releases, configurations = self.root / "releases", self.root / "configurations"
        return {
            "name": "demo",
            "version": release,
            "release": self._staged(releases / release, self.release),
            "config": config and self._staged(configurations / config, self.config),
            "user": getpass.getuser(),
            "program": ["server", f"{self.root}/etc/demo/config", str(self.port)],
            "listen_address": "127.0.0.1",
            "port": self.port,
            "binaries": ["server"],
            "writable_paths": [f"{self.root}/data"],
            "health": {"path": "/ready"},
            "reload": True,
            "reload_path": "/reload",
            "start_timeout": 5,
            "unit_dir": str(self.systemd / "units"),
            "release_link": f"{self.root}/opt/demo",
            "config_link": f"{self.root}/etc/demo",
            "records_dir": f"{self.root}/records",
            "binaries_dir": f"{self.root}/bin",
            "locks_dir": str(self.locks),
            **changed,
        }

    @property
    def unit(self) -> Path:
        return self.systemd / "units/demo.service"

    @property
    def record(self) -> dict[str, Any]:
        """What is recorded, empty without a record."""
        path = self.root / "records/demo.json"
        found: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
        return found

    @property
    def state(self) -> dict[str, Any]:
        """What the fake systemctl knows of the unit."""
        path = self.systemd / "state.json"
        found: dict[str, Any] = json.loads(path.read_text())["demo.service"] if path.exists() else {}
        return found

    def serves(self) -> str:
        """Return what the service answers: its release and the text of its configuration."""
        with urlopen(f"http://127.0.0.1:{self.port}/", timeout=5) as answer:
            return str(answer.read().decode())

    def calls(self) -> list[str]:
        """Return the verbs that systemctl was asked for since the last time."""
        path = self.systemd / "calls"
        verbs = path.read_text().split() if path.exists() else []
        path.unlink(missing_ok=True)
        return verbs

    def refuse(self, verb: str, words: str) -> None:
        """Let systemctl fail with these words when it is asked for the verb."""
        (self.systemd / f"refuse-{verb}").write_text(words)

    def snapshot(self) -> dict[str, tuple[int, int, int]]:
        """Return inode and times of all that an activation could write."""
        paths = [path for path in self.root.rglob("*") if self.systemd not in path.parents or path == self.unit]
        stats = {str(path): path.lstat() for path in paths if path.name not in ("systemd", "calls")}
        return {path: (one.st_ino, one.st_mtime_ns, one.st_ctime_ns) for path, one in stats.items()}

    def process(self) -> int:
        """Return the process of the service."""
        return int(self.state["pid"])

    def close(self) -> None:
        """End the service."""
        if self.state.get("pid"):
            try:
                os.kill(self.process(), signal.SIGKILL)
            except ProcessLookupError:
                return


@pytest.fixture(scope="session")
def systemd_port() -> Iterator[str]:
    """Where systemctl and journalctl of all hosts ask."""
    command = [sys.executable, "-S", str(PROGRAMS / "systemd")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        yield process.stdout.readline().strip()


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, systemd_port: str) -> Iterator[Host]:
    """A host without the service."""
    host = Host(tmp_path / "host")
    monkeypatch.setenv("FAKE_SYSTEMD_PORT", systemd_port)
    monkeypatch.setenv("PATH", str(host.root / "programs"), prepend=":")
    monkeypatch.setenv("FAKE_SYSTEMD", str(host.systemd))
    yield host
    host.close()


@pytest.fixture
def activate(host: Host, run_module: Callable[..., Any]) -> Callable[..., Any]:
    """A function that lets the service of the host be as the changed options say."""

    def run(release: str = "1.0.0", config: str | None = "one", *, check: bool = False, **changed: Any) -> Any:
        return run_module(active_service, check=check, diff=True, **host.options(release, config, **changed))

    return run
