# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Stagings of releases, environments and configurations, killed before each of their writes, and then repeated."""

from __future__ import annotations

import grp
import hashlib
import io
import json
import os
import pwd
import shutil
import signal
import sys
import tarfile
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from ansible.module_utils import basic

from ansible_collections.vigil.observability.plugins.module_utils._host.tree import staging_token
from ansible_collections.vigil.observability.plugins.modules import staged_config, staged_release, staged_venv

RunModule = Callable[..., Any]

ME = pwd.getpwuid(os.geteuid()).pw_name
CONTENTS = {"app.yml": "interval: 15s\n", "rules/cpu.yml": "groups: []\n"}
WRITES = {"os.rename", "os.mkdir", "os.chmod", "os.chown", "os.remove", "os.rmdir", "ctypes.call_function"}


@pytest.fixture(autouse=True)
def group_of_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever runs the tests has a group of the same name, as the users have that the module makes."""
    found = grp.getgrnam
    mine = grp.struct_group((ME, "x", os.getegid(), []))
    monkeypatch.setattr(grp, "getgrnam", lambda name: mine if name == ME else found(name))


def release(root: Path, top: str = "app-1.0/") -> dict[str, Any]:
    """Return the options that stage a release below root, of an archive with this directory at its top."""
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        for name, text in CONTENTS.items():
            info = tarfile.TarInfo(f"{top}{name}")
            info.size = len(text)
            tar.addfile(info, io.BytesIO(text.encode()))
    (root.parent / "archive").write_bytes(archive.getvalue())
    sha256 = hashlib.sha256(archive.getvalue()).hexdigest()
    url = (root.parent / "archive").as_uri()
    return {
        "service": "app",
        "version": "1.0",
        "url": url,
        "sha256": sha256,
        "releases_dir": str(root),
        "locks_dir": str(root.parent / "locks"),
    }


def environment(root: Path) -> dict[str, Any]:
    """Return the options that stage a Python environment below root, of packages that were transferred."""
    packages = release(root, top="")
    return {
        **{name: packages[name] for name in ("service", "version", "releases_dir", "locks_dir")},
        "requirements": "app==1.0",
        "inputs_sha256": "1" * 64,
        "python": sys.executable,
        "transferred": str(root.parent / "archive"),
        "transferred_sha256": packages["sha256"],
    }


def configuration(root: Path) -> dict[str, Any]:
    """Return the options that stage a configuration below root."""
    files = [{"path": name, "content": text} for name, text in CONTENTS.items()]
    return {
        "service": "app",
        "user": ME,
        "files": files,
        "configurations_dir": str(root),
        "locks_dir": str(root.parent / "locks"),
    }


def killed_before(step: int, module: ModuleType, options: dict[str, Any], root: Path) -> bool:
    """Run the module in a process that is killed before its n-th write below root. Return whether it was killed."""
    child = os.fork()
    if child == 0:
        try:
            _run_until(step, module, options, root)
        finally:
            os._exit(0)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])


def _run_until(step: int, module: ModuleType, options: dict[str, Any], root: Path) -> None:
    count = 0

    def on_event(event: str, arguments: tuple[Any, ...]) -> None:
        nonlocal count
        opens = event == "open" and isinstance(arguments[2], int) and arguments[2] & os.O_WRONLY
        if event == "ctypes.call_function" or ((event in WRITES or opens) and str(arguments[0]).startswith(str(root))):
            count += 1
            if count == step:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(on_event)
    basic._ANSIBLE_ARGS = json.dumps(
        {"ANSIBLE_MODULE_ARGS": {**options, "_ansible_remote_tmp": str(root.parent)}}
    ).encode()
    basic._ANSIBLE_PROFILE = "legacy"
    with Path(os.devnull).open("w") as nowhere:
        sys.stdout = nowhere
        module.main()


@pytest.mark.every_step
@pytest.mark.parametrize("edited", [False, True], ids=["first", "edited on the host"])
@pytest.mark.parametrize(
    ("module", "options_below"),
    [(staged_release, release), (staged_venv, environment), (staged_config, configuration)],
)
def test_staging_killed_at_any_point_leaves_no_half_and_converges_when_it_is_repeated(
    tmp_path: Path, run_module: RunModule, module: ModuleType, options_below: Callable[..., Any], edited: bool
) -> None:
    root = tmp_path / "root"
    options = options_below(root)
    path = Path(run_module(module, **options)["path"])
    whole = sorted(path.rglob("*"))
    for step in range(1, 200):
        shutil.rmtree(root, ignore_errors=True)
        old = None
        if edited:
            run_module(module, **options)
            (path / "app.yml").write_text("interval: 7s\n")
            old = staging_token(path)
        if not killed_before(step, module, options, root):
            break
        # What is marked as staged is whole; what was there before stays until all of the new is there.
        assert path.exists() or not edited
        if path.exists() and staging_token(path) != old:
            assert {name: (path / name).read_text() for name in CONTENTS} == CONTENTS
            assert sorted(path.rglob("*")) == whole
        assert not run_module(module, **options)["failed"], f"killed before step {step}"
        assert {name: (path / name).read_text() for name in CONTENTS} == CONTENTS
        assert [entry.name for entry in path.parent.iterdir()] == [path.name]
        assert not run_module(module, **options)["changed"]
    assert step > 10
