# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The programs that the role rsyslog puts on hosts, which run with the Python of these."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

FILES = Path(__file__).parents[4] / "roles/rsyslog/files"


@pytest.fixture
def program(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Any]:
    """A function that loads one of the programs."""
    monkeypatch.syspath_prepend(str(FILES))
    return importlib.import_module


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """The directory of the data of rsyslog, with the directories that it has once it has run."""
    for name in ("positions", "queue", "refused"):
        (tmp_path / "data" / name).mkdir(parents=True)
    return tmp_path / "data"
