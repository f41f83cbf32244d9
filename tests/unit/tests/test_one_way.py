"""The process that answers on a host, tried on this machine."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import pytest
from testinfra.backend.docker import DockerBackend

from ansible_collections.vigil.observability.tests.hosts import one_way


@pytest.fixture
def backend(monkeypatch: pytest.MonkeyPatch) -> Iterator[DockerBackend]:
    """Return a backend whose way leads to a process here."""
    command = [sys.executable, "-c", one_way.ANSWERING]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        monkeypatch.setattr(one_way, "way_to", lambda _name: process)
        yield DockerBackend("here")


@pytest.mark.parametrize(
    ("command", "code", "output", "errors"),
    [
        ("echo out; echo err >&2; exit 3", 3, b"out\n", b"err\n"),
        ("kill -9 $$", 137, b"", b""),
        (r"printf '\377\n\n'", 0, b"\xff\n\n", b""),
        ("cat", 0, b"", b""),
    ],
)
def test_command_is_answered_as_by_docker_exec(
    backend: DockerBackend, command: str, code: int, output: bytes, errors: bytes
) -> None:
    for _again in range(2):
        said = one_way.run_by_one_way(backend, command)
        assert (said.rc, said.stdout_bytes, said.stderr_bytes) == (code, output, errors)


def test_words_of_a_command_are_quoted(backend: DockerBackend) -> None:
    assert one_way.run_by_one_way(backend, "echo %s", "a  b; $HOME").stdout == "a  b; $HOME\n"
