"""Jobs that run: ansible-playbook with what was accepted at the launch."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ansible_collections.vigil.observability.tests.runner.lifetime import descendants

__all__ = ["Play", "Project"]

_CALLBACK = Path(__file__).with_name("callback")


@dataclass(frozen=True)
class Project:
    """What a template runs: a playbook of a folder, an inventory, and how its credential logs in.

    `arguments` are further words of ansible-playbook; jobs leave their files in folders of `work`.
    """

    playbook: Path
    inventory: Path
    work: Path
    arguments: Sequence[str] = ()
    environment: Mapping[str, str] = field(default_factory=dict)


class Play:
    """The process of a job."""

    def __init__(self, project: Project, number: int, accepted: Mapping[str, Any], told: Mapping[str, Any]) -> None:
        """Start it with the variables of a launch, and those that AWX tells each job."""
        self._folder = project.work / f"job-{number}"
        self._folder.mkdir()
        variables = self._folder / "extravars.json"
        variables.write_text(json.dumps({**accepted.get("extra_vars", {}), **told}), encoding="utf-8")
        limit = ["--limit", accepted["limit"]] if accepted.get("limit") else []
        check = ["--check"] if accepted.get("job_type") == "check" else []
        words = ["--inventory", str(project.inventory), "--extra-vars", f"@{variables}", *limit, *check]
        with (self._folder / "stdout").open("wb") as output:
            self._process = subprocess.Popen(
                ["ansible-playbook", *project.arguments, *words, str(project.playbook)],
                cwd=project.playbook.parent,
                env={**os.environ, **project.environment, **self._settings()},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def _settings(self) -> dict[str, str]:
        return {
            "ANSIBLE_CALLBACK_PLUGINS": str(_CALLBACK),
            "ANSIBLE_CALLBACKS_ENABLED": "job_events",
            "ANSIBLE_HOST_KEY_CHECKING": "false",
            "ANSIBLE_NOCOLOR": "true",
            "JOB_EVENTS": str(self._folder / "events"),
        }

    def ended(self) -> str:
        """Return the status of a job whose process has ended, nothing while it runs."""
        code = self._process.poll()
        return "" if code is None else "failed" if code else "successful"

    def kill(self) -> None:
        """Kill it with all that it has started, as the container of a job ends."""
        # Those that do the work of Ansible have sessions of their own.
        for process in {self._process.pid, *descendants(self._process.pid)} if not self.ended() else ():
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        self._process.wait()

    def events(self) -> list[dict[str, Any]]:
        """Return its events, in their order."""
        file = self._folder / "events"
        return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []

    def output(self) -> str:
        """Return what it has put out."""
        return (self._folder / "stdout").read_text(errors="replace")
