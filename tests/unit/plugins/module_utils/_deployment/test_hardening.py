# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.vigil.observability.plugins.module_utils._deployment.hardening import BASELINE, hardened
from ansible_collections.vigil.observability.plugins.module_utils._deployment.unit import Unit, render

WHY = "as a test"
# What the services of this collection need beyond the baseline, as far as the exposure depends on it.
PROBER = {"CapabilityBoundingSet": "CAP_NET_RAW", "AmbientCapabilities": "CAP_NET_RAW"}
MESH = {"RestrictAddressFamilies": "AF_INET AF_INET6 AF_NETLINK"}
HOST_METRICS = {
    "ProtectClock": "false",
    "ProtectHome": "false",
    "ProtectHostname": "false",
    "ProtectProc": "default",
    "ProtectSystem": "false",
    "PrivateTmp": "false",
    "RestrictAddressFamilies": "AF_INET AF_INET6 AF_NETLINK AF_UNIX",
    "SystemCallFilter": ["@system-service", "~@privileged @resources", "adjtimex"],
}


def exposure(tmp_path: Path, exceptions: dict[str, Any]) -> float:
    """Return how exposed systemd finds the unit, from 0 to 10."""
    laid = {key: {"value": value, "reason": WHY} for key, value in exceptions.items()}
    path = tmp_path / "demo.service"
    path.write_text(render(Unit(name="demo", user="demo", command=["/bin/true"], hardening_overrides=laid)))
    command = ["systemd-analyze", "security", "--offline=yes", "--no-pager", str(path)]
    found = subprocess.run(command, capture_output=True, text=True, check=True)
    level = re.search(r"Overall exposure level for demo.service: (\S+)", found.stdout)
    assert level
    return float(level[1])


def test_exception_comes_with_its_reason_and_the_rest_without() -> None:
    laid = {key: (value, reason) for key, value, reason in hardened({"UMask": {"value": "0027", "reason": WHY}})}
    assert laid["UMask"] == ("0027", WHY)
    assert laid["ProtectHome"] == ("true", None)
    assert laid.keys() == BASELINE.keys()


def test_user_namespaces_stay_off() -> None:
    assert BASELINE["PrivateUsers"] == "false"


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="needs systemd-analyze, which rates units")
@pytest.mark.parametrize(
    ("exceptions", "most"),
    [({}, 1.5), (PROBER, 1.5), (MESH, 1.5), (HOST_METRICS, 2.5)],
    ids=["plain", "prober", "mesh", "host metrics"],
)
def test_exposure_is_low(tmp_path: Path, exceptions: dict[str, Any], most: float) -> None:
    assert exposure(tmp_path, exceptions) <= most
