# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import stat
import subprocess
import sys
from pathlib import Path

import pytest
from ansible import constants

from ansible_collections.vigil.observability.plugins.plugin_utils._secrets.run_key import run_key

# A process of a run is started anew: a fork of this one, which has threads, can wait for ever on a lock of theirs.
PROCESS = f"""
import sys
from ansible import constants
from {run_key.__module__} import run_key
constants.DEFAULT_LOCAL_TMP = sys.argv[1]
print(run_key())
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The temporary directory of a run."""
    monkeypatch.setattr(constants, "DEFAULT_LOCAL_TMP", str(tmp_path))
    return tmp_path


def test_all_processes_of_a_run_have_the_same_key_and_no_other_user_reads_it(folder: Path) -> None:
    command = [sys.executable, "-c", PROCESS, str(folder)]
    processes = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _process in range(8)]
    keys = {process.communicate()[0] for process in processes}
    assert keys == {f"{run_key()}\n"}
    (file,) = folder.iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_another_run_has_another_key(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = run_key()
    (folder / "other").mkdir()
    monkeypatch.setattr(constants, "DEFAULT_LOCAL_TMP", str(folder / "other"))
    assert run_key() != first
