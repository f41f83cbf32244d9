"""One way to a host for all questions of a session: `docker exec` for each would cost more than most questions."""

from __future__ import annotations

import base64
import json
import subprocess
from functools import cache
from typing import Any

from testinfra.backend.base import CommandResult
from testinfra.backend.docker import DockerBackend

__all__ = ["run_by_one_way"]

# Runs on the host: takes a command of the shell per line, and prints its exit code, output and errors.
ANSWERING = """import base64, json, subprocess, sys
for line in sys.stdin:
    done = subprocess.run(["/bin/sh", "-c", json.loads(line)], stdin=subprocess.DEVNULL, capture_output=True)
    code = done.returncode if done.returncode >= 0 else 128 - done.returncode
    print(json.dumps([code, *(base64.b64encode(part).decode() for part in (done.stdout, done.stderr))]), flush=True)
"""


@cache
def way_to(name: str) -> subprocess.Popen[str]:
    """Return the process that answers on a host; it ends with this one."""
    command = ["docker", "exec", "--interactive", name, "python3", "-c", ANSWERING]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def run_by_one_way(backend: DockerBackend, command: str, *words: str, **_: Any) -> CommandResult:
    """Return what a command does on the host of a backend."""
    assert backend.user is None
    line = backend.get_command(command, *words)
    process = way_to(backend.name)
    assert process.stdin
    assert process.stdout
    print(json.dumps(line), file=process.stdin, flush=True)
    code, *parts = json.loads(process.stdout.readline())
    return backend.result(code, backend.encode(line), *map(base64.b64decode, parts))
