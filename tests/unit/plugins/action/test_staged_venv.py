# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import hashlib
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.vigil.observability.tests.unit.plugins.plugin_utils._python.wheels import line_for, make_wheel

SOURCE = """
[build-system]
requires = ["flit_core"]
build-backend = "flit_core.buildapi"
[project]
name = "built"
version = "1.2"
description = "A package."
"""
Play = Callable[..., str]


@pytest.fixture
def play(tmp_path: Path) -> Play:
    """A function that stages an environment on this machine by a playbook, and returns what the run printed."""
    wheels = tmp_path / "wheels"
    (tmp_path / "files").mkdir()
    lock = line_for(make_wheel(wheels, "shared"))
    own = make_wheel(tmp_path / "files", "own")

    def run(*words: str, **options: Any) -> str:
        task = {"service": "own", "version": "1.0", "requirements": lock, "packages": [own.name], "wheels": "wheels"}
        task |= {"releases_dir": str(tmp_path / "opt/vigil"), "locks_dir": str(tmp_path / "locks")}
        task |= {"python": sys.executable, **options}
        tasks = [{"name": "Stage", "vigil.observability.staged_venv": task}]
        (tmp_path / "play.yml").write_text(
            yaml.safe_dump([{"hosts": "localhost", "gather_facts": False, "tasks": tasks}])
        )
        command = ["ansible-playbook", "-i", "localhost,", "-c", "local", "play.yml", *words]
        environment = {**os.environ, "ANSIBLE_PYTHON_INTERPRETER": sys.executable, "ANSIBLE_NOCOLOR": "true"}
        done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
        return done.stdout + done.stderr

    return run


def test_environment_is_staged_once_and_runs_what_was_locked(play: Play, tmp_path: Path) -> None:
    assert "changed=1" in play("--check")
    assert not (tmp_path / "opt").exists()
    assert "changed=1" in play()
    python = next((tmp_path / "opt/vigil/own").glob("1.0-*/bin/python"))
    done = subprocess.run([python, "-c", "import shared, own"], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["shared 1.0", "own 1.0"]
    (tmp_path / "wheels/shared-1.0-py3-none-any.whl").unlink()  # an unchanged run needs none
    assert "changed=0" in play()


@pytest.fixture
def index(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], bool]]:
    """Have pip ask an index that never answers. A function that tells whether it was asked."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        monkeypatch.setenv("PIP_INDEX_URL", f"http://127.0.0.1:{server.getsockname()[1]}/simple")
        for name, value in {"CONFIG_FILE": os.devnull, "TIMEOUT": "1", "RETRIES": "0", "NO_CACHE_DIR": "1"}.items():
            monkeypatch.setenv(f"PIP_{name}", value)

        def asked() -> bool:
            server.settimeout(0)
            try:
                server.accept()[0].close()
            except BlockingIOError:
                return False
            return True

        yield asked


@pytest.mark.parametrize("wheels", ["wheels", None])
def test_index_is_asked_only_where_no_wheels_are_given(
    play: Play, tmp_path: Path, index: Callable[[], bool], wheels: str | None
) -> None:
    source = tmp_path / "files/source"
    source.mkdir()
    (source / "pyproject.toml").write_text(SOURCE)
    (source / "built.py").write_text("")
    printed = play(packages=["own-1.0-py3-none-any.whl", "source"], wheels=wheels)
    assert ("changed=1" in printed, index()) == (bool(wheels), not wheels), printed


def test_wheel_with_a_wrong_digest_is_named_and_leaves_what_was_staged(play: Play, tmp_path: Path) -> None:
    assert "changed=1" in play()
    before = sorted((tmp_path / "opt").rglob("*"))
    digest = hashlib.sha256((tmp_path / "wheels/shared-1.0-py3-none-any.whl").read_bytes()).hexdigest()
    make_wheel(tmp_path / "wheels", "shared", code="print('other')\n")
    printed = " ".join(play(version="2.0").split())
    assert "Cannot stage own 2.0 on localhost: Cannot install the packages" in printed
    assert "shared==1.0" in printed
    assert f"Expected sha256 {digest}" in printed
    assert sorted((tmp_path / "opt").rglob("*")) == before


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (
            {"requirements": "shared==1.0"},
            "Cannot stage own 1.0 on localhost: The requirement 'shared==1.0' has no digest",
        ),
        ({"packages": ["absent.whl"]}, "Cannot stage own 1.0 on localhost: Could not find or access 'absent.whl'"),
        ({"wheels": "files"}, "Cannot stage own 1.0 on localhost: Cannot install the packages for Python"),
        ({"inputs_sha256": "1" * 64}, "The action plugin sets inputs_sha256: remove that from the task."),
    ],
)
def test_what_cannot_be_staged_is_refused_in_a_sentence(
    play: Play, tmp_path: Path, options: dict[str, Any], sentence: str
) -> None:
    assert sentence in " ".join(play(**options).split())
    assert not (tmp_path / "opt").exists()
