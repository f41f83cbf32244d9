# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from ansible.module_utils import basic

from ansible_collections.vigil.observability.plugins.module_utils._host import selinux

MakeProgram = Callable[[str, str], Path]


@pytest.fixture
def warnings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[str]:
    found: list[str] = []
    monkeypatch.setattr(basic, "_ANSIBLE_ARGS", b'{"ANSIBLE_MODULE_ARGS": {}}')
    monkeypatch.setattr(basic, "_ANSIBLE_PROFILE", "legacy", raising=False)
    monkeypatch.setattr(basic.AnsibleModule, "warn", lambda _, warning: found.append(warning))
    monkeypatch.setattr(selinux, "ENFORCE", tmp_path / "enforce")
    return found


@pytest.mark.parametrize(("enforce", "calls"), [("1\n", ["-R /opt/vigil"]), ("0\n", []), (None, [])])
def test_labels_are_restored_only_where_selinux_enforces(
    make_program: MakeProgram, warnings: list[str], tmp_path: Path, enforce: str | None, calls: list[str]
) -> None:
    make_program("restorecon", f"echo $* >> {tmp_path}/calls")
    if enforce:
        (tmp_path / "enforce").write_text(enforce)
    selinux.restore_labels(basic.AnsibleModule({}), Path("/opt/vigil"))
    noted = tmp_path / "calls"
    assert (noted.read_text().splitlines() if noted.exists() else []) == calls
    assert warnings == []


def test_labels_that_cannot_be_restored_are_a_warning(
    make_program: MakeProgram, warnings: list[str], tmp_path: Path
) -> None:
    make_program("restorecon", "echo Operation not permitted >&2; exit 255")
    (tmp_path / "enforce").write_text("1")
    selinux.restore_labels(basic.AnsibleModule({}), Path("/opt/vigil"))
    assert warnings == [
        "The SELinux labels of /opt/vigil were not restored. restorecon failed with: Operation not permitted"
    ]
