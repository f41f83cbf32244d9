"""The stand-in as a process, from its archive's folder, with a configuration and data below a directory."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

from ansible_collections.vigil.observability.tests.servers.standin_filebeat import packing

__all__ = ["Shipper", "eventually"]


def eventually(condition: Callable[[], bool], *, within: float = 120) -> None:
    """Return once the condition holds; fail when it does not for far longer than it takes on a busy machine."""
    until = time.monotonic() + within
    while not condition():
        assert time.monotonic() < until, "it did not come about"
        time.sleep(0.02)


class Shipper:
    """Starts and kills the stand-in."""

    def __init__(self, folder: Path, ports: list[int]) -> None:
        self.home, self.logs = folder / "filebeat", folder / "logs"
        self.home.mkdir()
        self.logs.mkdir()
        packing.fill(self.home, "8.16.0")
        self.input: dict[str, Any] = {
            "type": "filestream",
            "id": "shop",
            "paths": [f"{self.logs}/shop.log*"],
            "prospector.scanner": {"check_interval": "100ms", "fingerprint": {"enabled": True, "length": 64}},
            "file_identity.fingerprint": None,
            "backoff.init": "50ms",
            "backoff.max": "50ms",
        }
        self.output: dict[str, Any] = {
            "hosts": [f"127.0.0.1:{port}" for port in ports],
            "backoff": {"init": "50ms", "max": "200ms"},
            "bulk_max_size": 200,
        }
        self.general: dict[str, Any] = {"queue.mem.flush.timeout": "50ms"}
        self._process: subprocess.Popen[bytes] | None = None

    def write(self) -> Path:
        """Write filebeat.yml."""
        whole = {"filebeat.inputs": [self.input], "output.logstash": self.output, **self.general}
        file = self.home / "filebeat.yml"
        file.write_text(yaml.safe_dump(whole))
        return file

    def command(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run another of its commands to the end."""
        program = [sys.executable, str(self.home / "filebeat"), *words]
        return subprocess.run(program, capture_output=True, text=True, check=False)

    def start(self) -> None:
        """Run it."""
        words = ["-e", "-c", str(self.write()), "--path.home", str(self.home), "--path.data", str(self.home / "data")]
        with (self.home / "log").open("ab") as log:
            program = [sys.executable, str(self.home / "filebeat"), *words]
            self._process = subprocess.Popen(program, stderr=log)

    def kill(self, number: int = signal.SIGKILL) -> int:
        """End it by a signal, and return its exit code."""
        process, self._process = self._process, None
        if process is None:
            return 0
        process.send_signal(number)
        return process.wait()

    @property
    def log(self) -> list[dict[str, Any]]:
        """What it has logged, in whole lines."""
        return [json.loads(line) for line in (self.home / "log").read_text().split("\n")[:-1]]

    @property
    def states(self) -> dict[str, dict[str, Any]]:
        """Its registry."""
        file = self.home / "data" / "registry" / "filebeat" / "states.json"
        found: dict[str, dict[str, Any]] = json.loads(file.read_text()) if file.exists() else {}
        return found
