# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import hashlib
import io
import os
import re
import subprocess
import sys
import tarfile
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml
from ansible.errors import AnsibleActionFail
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar

from ansible_collections.vigil.observability.plugins.action.staged_release import MODULE, ActionModule

Result = dict[str, Any]


class Host:
    """Stands in for the connection's far side: notes what reaches it, answers as the module does."""

    def __init__(self) -> None:
        self.calls: list[Any] = []
        self.options: Result = {}
        self.staged = False
        self.tmpdir: str | None = None

    def execute(self, name: str, *, module_args: Result, **_: Any) -> Result:
        self.calls.append((name, module_args.get("transferred")))
        self.options = module_args
        if self.staged or "transferred" in module_args:
            return {"changed": not self.staged}
        return {"changed": True, "archive_needed": True}


@pytest.fixture
def host() -> Host:
    return Host()


@pytest.fixture
def act(host: Host, tmp_path: Path) -> Callable[..., Result]:
    """A function that runs the action on the host with an archive below files/ on the controller."""
    (tmp_path / "files").mkdir()
    (tmp_path / "files/app.tar.gz").write_bytes(b"archive")
    usual = {"service": "app", "version": "1.0", "file": "app.tar.gz"}
    usual["sha256"] = hashlib.sha256(b"archive").hexdigest()

    def run(*, check: bool = False, variables: Result | None = None, **options: Any) -> Result:
        shell = SimpleNamespace(tmpdir=None, join_path=lambda *parts: "/".join(parts))
        task = SimpleNamespace(
            args={key: value for key, value in {**usual, **options}.items() if value is not None},
            async_val=0,
            check_mode=check,
            action=MODULE,
            get_search_path=lambda: [str(tmp_path)],
            diff=False,
            no_log=False,
        )
        templar = Templar(DataLoader(), variables=variables)
        action = ActionModule(task, SimpleNamespace(_shell=shell), SimpleNamespace(), DataLoader(), templar, None)
        action._execute_module = host.execute
        action._make_tmp_path = lambda: setattr(shell, "tmpdir", "/remote")
        action._transfer_file = lambda *paths: host.calls.append(paths)
        action._fixup_perms2 = lambda paths, execute: host.calls.append(paths)
        action._remove_tmp_path = lambda path: host.calls.append(f"removed {path}")
        return action.run(task_vars=variables)

    return run


@pytest.mark.parametrize("algorithm", ["sha256", "sha512"])
@pytest.mark.parametrize(("known", "calls"), [("itself", 0), ("another", 1), ("nothing", 1)])
def test_release_that_this_run_found_staged_is_not_looked_at_again(
    act: Callable[..., Result], host: Host, known: str, calls: int, algorithm: str
) -> None:
    digest = hashlib.new(algorithm, b"archive").hexdigest()
    path = f"/opt/vigil/app/1.0-{digest[:12]}"
    host.staged = True
    staged = {"itself": {path: digest}, "another": {path: "0" * 64}, "nothing": {}}[known]
    result = act(already_staged=staged, **{"sha256": None, algorithm: digest})
    assert (result["changed"], len(host.calls)) == (False, calls)
    if known == "itself":
        assert result["path"] == path


OF_THE_CATALOGUE = {"service": "prometheus", "version": None, "file": None, "sha256": None}
KNOWN = {"ansible_facts": {"architecture": "aarch64"}}


def test_release_without_an_archive_is_that_of_the_catalogue(act: Callable[..., Result], host: Host) -> None:
    host.staged = True
    variables = {**KNOWN, "vigil_mirror": "https://mirror.example", "vigil_lock_timeout": 7}
    result = act(variables=variables, **OF_THE_CATALOGUE)
    assert result["data_oldest_reader"] == "2.55.0"
    assert host.options["url"].startswith("https://mirror.example/prometheus/prometheus/releases/download/v")
    assert host.options["url"].endswith(f"prometheus-{host.options['version']}.linux-arm64.tar.gz")
    assert len(host.options["sha256"]) == 64
    assert host.options["lock_timeout"] == 7


def test_inventory_adds_releases_to_the_catalogue(act: Callable[..., Result], host: Host) -> None:
    host.staged = True
    own = {"prometheus": {"9.9.9": {"arm64": {"url": "http://a/b.tar.gz", "sha256": "0" * 64}}}}
    act(variables={**KNOWN, "vigil_catalogue_extra": own}, **OF_THE_CATALOGUE | {"version": "9.9.9"})
    assert (host.options["url"], host.options["sha256"]) == ("http://a/b.tar.gz", "0" * 64)


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        (KNOWN, r"There is no prometheus 9\.9\.9 in the catalogue"),
        (
            {"ansible_facts": {}},
            "Cannot choose the archive of prometheus, because the architecture of this host is not known",
        ),
        ({}, "run host_preflight or ansible.builtin.setup first"),
    ],
)
def test_release_that_the_catalogue_cannot_name_is_refused(
    act: Callable[..., Result], host: Host, variables: Result, message: str
) -> None:
    with pytest.raises(AnsibleActionFail, match=message):
        act(variables=variables, **OF_THE_CATALOGUE | {"version": "9.9.9"})
    assert host.calls == []


def test_unchanged_run_is_one_module_call_without_a_transfer(act: Callable[..., Result], host: Host) -> None:
    host.staged = True
    assert act() == {"changed": False}
    assert host.calls == [(MODULE, None)]


def test_archive_on_the_controller_need_not_be_there_when_the_host_does_not_need_it(
    act: Callable[..., Result], host: Host
) -> None:
    host.staged = True
    assert act(file="gone.tar.gz") == {"changed": False}


def test_archive_is_transferred_when_the_host_needs_it_and_the_copy_removed(
    act: Callable[..., Result], host: Host, tmp_path: Path
) -> None:
    assert act() == {"changed": True}
    assert host.calls == [
        (MODULE, None),
        (str(tmp_path / "files/app.tar.gz"), "/remote/archive"),
        ("/remote", "/remote/archive"),
        (MODULE, "/remote/archive"),
        "removed /remote",
    ]


def test_check_mode_transfers_nothing(act: Callable[..., Result], host: Host) -> None:
    assert act(check=True) == {"changed": True}
    assert host.calls == [(MODULE, None)]


@pytest.mark.parametrize("check", [False, True])
@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"sha256": "0" * 64},
            r"^Cannot stage app 1.0: the archive .*app.tar.gz has the wrong digest: expected sha256 0+, found",
        ),
        ({"file": "gone.tar.gz"}, "^Cannot stage app 1.0: Could not find or access 'gone.tar.gz'"),
    ],
)
def test_archive_that_is_wrong_or_missing_on_the_controller_is_refused_before_a_transfer(
    act: Callable[..., Result], host: Host, options: Result, message: str, check: bool
) -> None:
    with pytest.raises(AnsibleActionFail, match=message):
        act(check=check, **options)
    assert host.calls == [(MODULE, None)]


def test_option_of_the_plugin_itself_is_refused(act: Callable[..., Result], host: Host) -> None:
    with pytest.raises(AnsibleActionFail, match="transferred is set by the action plugin"):
        act(transferred="/tmp/archive")
    assert host.calls == []


def test_playbook_stages_a_file_of_the_controller_once(tmp_path: Path) -> None:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        info = tarfile.TarInfo("app-1.0/app")
        info.size = 3
        tar.addfile(info, io.BytesIO(b"app"))
    (tmp_path / "files").mkdir()
    (tmp_path / "files/app.tar.gz").write_bytes(packed.getvalue())
    options = {"service": "app", "version": "1.0", "file": "app.tar.gz", "releases_dir": str(tmp_path / "opt")}
    options["sha256"] = hashlib.sha256(packed.getvalue()).hexdigest()
    play = {"hosts": "localhost", "connection": "local", "gather_facts": False, "tasks": [{MODULE: options}]}
    (tmp_path / "play.yml").write_text(yaml.safe_dump([play]))

    first, second = _run_playbook(tmp_path), _run_playbook(tmp_path)

    assert (tmp_path / f"opt/app/1.0-{options['sha256'][:12]}/app").read_text() == "app"
    assert [_transfers(output) for output in (first, second)] == [
        ["AnsiballZ_staged_release.py", "archive", "AnsiballZ_staged_release.py"],
        ["AnsiballZ_staged_release.py"],
    ]
    assert "changed=1" in first
    assert "changed=0" in second
    assert [path for path in (tmp_path / "remote").rglob("*") if path.is_file()] == []


def _run_playbook(folder: Path) -> str:
    collections = next(parent for parent in Path(MODULE_FILE).parents if parent.name == "ansible_collections").parent
    environment = {**os.environ, "HOME": str(folder), "ANSIBLE_COLLECTIONS_PATH": str(collections)}
    environment |= {"ANSIBLE_PIPELINING": "false", "ANSIBLE_LOCALHOST_WARNING": "false", "ANSIBLE_NOCOLOR": "true"}
    environment["ANSIBLE_REMOTE_TMP"] = str(folder / "remote")
    python = f"ansible_python_interpreter={sys.executable}"
    command = [
        str(Path(sys.executable).with_name("ansible-playbook")),
        "-i",
        "localhost,",
        "-e",
        python,
        "-vvv",
        "play.yml",
    ]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def _transfers(output: str) -> list[str]:
    """Return the names of the files that were put on the host, in order."""
    return re.findall(r"PUT \S+ TO \S*/(\S+)$", output, flags=re.MULTILINE)


MODULE_FILE = sys.modules[ActionModule.__module__].__file__ or ""
