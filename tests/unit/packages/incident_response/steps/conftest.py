# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What tests of steps share."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from ansible_collections.vigil.observability.packages.incident_response.incident_response.steps import runner
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.steps.place import Place


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    """A data directory with a target."""
    measured = {name: value for name, value in os.environ.items() if name.startswith("COVERAGE_")}
    monkeypatch.setattr(runner, "_SETTINGS", {**runner._SETTINGS, **measured})
    with Place(tmp_path) as found:
        yield found
