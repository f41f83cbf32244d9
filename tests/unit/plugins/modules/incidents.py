# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The real service incident_response for tests of its modules, with the Python of the tests' own environment."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest

__all__ = ["Incidents", "incident_response"]

_ROOT = Path(__file__).resolve().parents[4]
_PROGRAM = "ansible_collections.vigil.observability.tests.unit.packages.incident_response.serving"


class Incidents:
    """A service with the accounts of the tests of the service itself, and alerts of the team sales for it."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self._numbers = count(1)
        self.options: dict[str, Any] = self._answer()

    def login(self, person: str = "ben") -> dict[str, Any]:
        """Return the connection options for an account."""
        return {**self.options, "username": person, "password": f"{person}-password", "retries": 3}

    def fire(self) -> tuple[int, str]:
        """Return the number of a new incident, and its service."""
        service = f"service{next(self._numbers)}"
        return self._done("fire", service), service

    def end(self, service: str) -> None:
        """Close the incident of a service."""
        self._done("end", service)

    def lower(self, runbook: str) -> None:
        """Have a runbook be lowered, as runs do that did not help."""
        self._done("lower", runbook)

    def _done(self, action: str, service: str) -> int:
        labels = {"alertname": "Fails", "severity": "critical", "service": service, "host": service, "team": "sales"}
        assert self._process.stdin
        self._process.stdin.write(json.dumps({"do": action, "labels": labels}) + "\n")
        self._process.stdin.flush()
        return int(self._answer())

    def _answer(self) -> Any:
        assert self._process.stdout
        return json.loads(self._process.stdout.readline())


@pytest.fixture(scope="module")
def incident_response(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Incidents]:
    """The service for the tests of a file."""
    command = [str(_ROOT / ".venv/bin/python"), "-m", _PROGRAM, str(tmp_path_factory.mktemp("incident_response"))]
    environment = {**os.environ, "PYTHONPATH": str(_ROOT / ".build")}
    pipe = subprocess.PIPE
    with subprocess.Popen(command, env=environment, stdin=pipe, stdout=pipe, text=True) as process:
        yield Incidents(process)
        assert process.stdin
        process.stdin.close()
