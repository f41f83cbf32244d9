# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What host_preflight saw and what staged_config is to stage, compared on the controller."""

from __future__ import annotations

import grp
import json
import os
import pwd
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ansible import constants

from ansible_collections.vigil.observability.plugins.action import host_preflight as preflight_action
from ansible_collections.vigil.observability.plugins.action import staged_config as action
from ansible_collections.vigil.observability.plugins.module_utils._deployment import host_checks
from ansible_collections.vigil.observability.plugins.module_utils._host.tree import MARKER
from ansible_collections.vigil.observability.plugins.modules import host_preflight, staged_config

Result = dict[str, Any]
Run = Callable[..., Any]

ME = pwd.getpwuid(os.geteuid()).pw_name
SECRET = "correct horse battery-staple"
FILES: list[Result] = [
    {"path": "app.yml", "content": "interval: 15s\n"},
    {"path": "rules/cpu.yml", "content": "groups: []\n", "mode": "0440"},
    {"path": "passwords/admin", "secret_content": SECRET},
]
TRUE = ["/bin/true", "{dir}/app.yml"]


class Host:
    """A host that runs the modules in this process, and counts the calls of staged_config."""

    def __init__(self, root: Path, run_module: Run) -> None:
        self.root, self.run_module, self.calls = root, run_module, 0
        self.active = root / "etc/app"
        self.options = {"service": "app", "user": ME, "files": FILES, "validate": [TRUE]}
        self.options["configurations_dir"] = str(root / "etc/vigil")

    def execute(self, name: str, *, module_args: Result, **_: Any) -> Result:
        if name == preflight_action.MODULE:
            return dict(self.run_module(host_preflight, **module_args))
        self.calls += 1
        return dict(self.run_module(staged_config, **module_args, locks_dir=str(self.root / "locks")))

    def act(self, plugin: Any, options: Result) -> Result:
        task = SimpleNamespace(args=options, async_val=0, check_mode=False, diff=False, no_log=False, action="")
        one = plugin.ActionModule(task, SimpleNamespace(_shell=SimpleNamespace(tmpdir=None)), None, None, None, None)
        one._execute_module = self.execute
        return dict(one.run(task_vars={}))

    def seen(self) -> Result:
        """Return what the preflight answers."""
        places = {"root": str(self.root), "unit_dirs": [], "records_dir": str(self.root / "records")}
        return self.act(preflight_action, {"services": [{"name": "app", "user": ME}], **places})

    def stage(self, **options: Any) -> Result:
        """Stage as a run does, after its preflight; with it, the configuration becomes the active one."""
        staged = self.seen()["configurations"]
        self.calls = 0
        result = self.act(action, {**self.options, **options, "already_staged": staged})
        self.active.unlink(missing_ok=True)
        self.active.symlink_to(result["path"])
        return result


@pytest.fixture
def host(tmp_path: Path, run_module: Run, monkeypatch: pytest.MonkeyPatch) -> Host:
    for folder in ("run/systemd/system", "etc", "opt", "tmp"):
        (tmp_path / folder).mkdir(parents=True)
    found, mine = grp.getgrnam, grp.struct_group((ME, "x", os.getegid(), []))
    monkeypatch.setattr(grp, "getgrnam", lambda name: mine if name == ME else found(name))
    monkeypatch.setattr(action, "OWNER", ME)
    monkeypatch.setattr(constants, "DEFAULT_LOCAL_TMP", str(tmp_path / "tmp"))
    monkeypatch.setattr(host_checks.Host, "problems", lambda _: ())
    return Host(tmp_path, run_module)


def test_a_configuration_that_the_host_has_is_not_sent_and_the_answer_is_the_same(host: Host) -> None:
    first, second = host.stage(), host.stage()
    assert host.calls == 0
    assert (first["changed"], second["changed"]) == (True, False)
    assert {key: first[key] for key in ("path", "digest", "validated")} == {
        key: second[key] for key in ("path", "digest", "validated")
    }


@pytest.mark.parametrize(
    "changed",
    [
        {"files": [*FILES[:2], {"path": "passwords/admin", "secret_content": "another secret"}]},
        {"files": [{"path": "app.yml", "content": "interval: 30s\n"}, *FILES[1:]]},
        {"files": [*FILES[:1], {**FILES[1], "mode": "0400"}, *FILES[2:]]},
        {"files": FILES[:2]},
        {"files": [*FILES[:2], {**FILES[0], "path": "web.yml"}]},
        {"validate": [["/bin/true"]]},
        {"validate": [TRUE], "files": [*FILES[:1], {**FILES[1], "tests": []}, *FILES[2:]], "test": ["/bin/true"]},
        {"active": "/etc/other"},
    ],
)
def test_whatever_changes_reaches_the_host(host: Host, changed: Result) -> None:
    host.stage()
    host.stage(**changed)
    assert host.calls == 1


@pytest.mark.parametrize(
    "edit",
    [
        lambda path: (path / "app.yml").write_text("interval: 1s\n"),
        lambda path: (path / "passwords/admin").write_text("guessed"),
        lambda path: (path / "app.yml").chmod(0o644),
        lambda path: path.chmod(0o755),
        lambda path: (path / "app.yml").unlink(),
        lambda path: (path / "rules/other.yml").write_text("groups: []\n"),
        lambda path: (path / "empty").mkdir(),
        lambda path: (path / MARKER).unlink(),
        lambda path: (path.parent / ".unpack-killed").mkdir(),
    ],
)
def test_what_was_edited_on_the_host_is_found_and_put_right(host: Host, edit: Callable[[Path], object]) -> None:
    path = Path(host.stage()["path"])
    edit(path)
    assert Path(host.stage()["path"]) == path
    assert host.calls == 1
    assert (path / "app.yml").read_text() == "interval: 15s\n"
    host.stage()
    assert host.calls == 0


def test_file_of_the_host_is_read_in_every_run(host: Host) -> None:
    certificate = host.root / "tls.crt"
    files = [*FILES, {"path": "tls.crt", "host_file": str(certificate)}]
    certificate.write_text("one")
    assert host.stage(files=files)["changed"]
    assert (host.stage(files=files)["changed"], host.calls) == (False, 1)
    certificate.write_text("renewed")
    assert host.stage(files=files)["changed"]


def test_a_configuration_in_use_by_nobody_is_asked_for_so_that_no_other_run_prunes_it(host: Host) -> None:
    first = host.stage()
    host.stage(files=FILES[:2])
    assert host.stage()["path"] == first["path"]
    assert host.calls == 1


def test_a_user_with_another_uid_than_the_inventory_has_is_left_to_the_module(host: Host) -> None:
    host.stage()
    services = [{"name": "app", "user": ME, "uid": os.geteuid() + 1}]
    seen = host.act(preflight_action, {"services": services, "root": str(host.root), "unit_dirs": []})
    assert seen["configurations"] == {}


@pytest.mark.parametrize("files", [[{"path": "../app.yml", "content": ""}], [{"content": ""}], ["app.yml"]])
def test_files_that_the_module_refuses_are_refused_by_it(host: Host, files: Any) -> None:
    host.stage()
    host.calls = 0
    assert host.act(action, {**host.options, "files": files, "already_staged": {"app": "seal"}})["failed"]
    assert host.calls == 1


def test_a_seal_is_of_no_use_without_the_key_of_its_run_which_is_shown_nowhere(
    host: Host, run_module: Run, tmp_path: Path
) -> None:
    host.stage()
    seen = host.seen()
    key = (tmp_path / "tmp/vigil-run-key").read_text()
    assert len(bytes.fromhex(key)) == 32
    assert key not in json.dumps(seen)
    (tmp_path / "tmp/vigil-run-key").unlink()
    assert host.seen()["configurations"]["app"] != seen["configurations"]["app"]
    without = run_module(host_preflight, services=[{"name": "app", "user": ME}], root=str(tmp_path), unit_dirs=[])
    assert without["configurations"] == {}
