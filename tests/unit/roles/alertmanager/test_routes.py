# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where the role's own routes take an alert of each severity, as the real amtool reads them."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.vigil.observability.tests.runner.jobs import CACHE
from ansible_collections.vigil.observability.tests.unit.playbooks.expressions import COLLECTION

ROUTE = yaml.safe_load((COLLECTION / "roles/alertmanager/vars/main.yml").read_text())["__alertmanager_config"]["route"]
SOONER = {"critical": "1h", "high": "1h", "warning": "4h", "info": "4h"}


@pytest.fixture(scope="module")
def amtool() -> str:
    """The path of the newest amtool."""
    command = [str(COLLECTION / ".venv/bin/python"), str(COLLECTION / "tests/servers/assemble.py"), "amtool"]
    return subprocess.check_output(command, text=True, env={**os.environ, "VIGIL_CACHE": str(CACHE)}).strip()


@pytest.mark.parametrize("severity", SOONER)
def test_high_is_repeated_as_often_as_critical(amtool: str, tmp_path: Path, severity: str) -> None:
    # Each route has a receiver of its own, by which it is known.
    routes = [{**one, "receiver": str(number)} for number, one in enumerate(ROUTE["routes"])]
    config: dict[str, Any] = {"route": {**ROUTE, "receiver": "first", "routes": routes}}
    config["receivers"] = [{"name": name} for name in ("first", *(one["receiver"] for one in routes))]
    (tmp_path / "alertmanager.yml").write_text(json.dumps(config))
    command = [amtool, "config", "routes", "test", f"--config.file={tmp_path}/alertmanager.yml", f"severity={severity}"]
    taken = subprocess.check_output(command, text=True).strip()
    repeated = {"first": ROUTE, **{one["receiver"]: {**ROUTE, **one} for one in routes}}
    assert repeated[taken]["repeat_interval"] == SOONER[severity]
