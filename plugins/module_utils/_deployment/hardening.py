# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The hardening that every unit gets, and overrides of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["BASELINE", "hardened"]

# PrivateUsers stays off: it takes the raw socket from a prober, and kernels without user namespaces refuse it.
# ProcSubset stays "all": without /proc/stat no process can say when it started (process_start_time_seconds).
# A denied system call fails with EPERM: killing would turn an optional call of a new release into an outage.
BASELINE: dict[str, Any] = {
    "NoNewPrivileges": "true",
    "CapabilityBoundingSet": "",
    "AmbientCapabilities": "",
    "ProtectSystem": "strict",
    "ProtectHome": "true",
    "ProtectClock": "true",
    "ProtectControlGroups": "true",
    "ProtectHostname": "true",
    "ProtectKernelLogs": "true",
    "ProtectKernelModules": "true",
    "ProtectKernelTunables": "true",
    "ProtectProc": "invisible",
    "ProcSubset": "all",
    "PrivateDevices": "true",
    "PrivateMounts": "true",
    "PrivateTmp": "true",
    "PrivateUsers": "false",
    "DevicePolicy": "closed",
    "KeyringMode": "private",
    "LockPersonality": "true",
    "MemoryDenyWriteExecute": "true",
    "RemoveIPC": "true",
    "RestrictAddressFamilies": "AF_INET AF_INET6",
    "RestrictNamespaces": "true",
    "RestrictRealtime": "true",
    "RestrictSUIDSGID": "true",
    "SystemCallArchitectures": "native",
    "SystemCallErrorNumber": "EPERM",
    "SystemCallFilter": ["@system-service", "~@privileged @resources"],
    "UMask": "0077",
}


def hardened(overrides: Mapping[str, Mapping[str, Any]]) -> list[tuple[str, Any, str | None]]:
    """Return (key, value, reason) of every hardening key, sorted by key; reason only where an override gave the value.

    An override is {"value": what systemd gets, a list for a key that repeats, "reason": why}.
    """
    laid = {key: (value, None) for key, value in BASELINE.items()}
    for key, override in overrides.items():
        laid[key] = (override["value"], override["reason"])
    return [(key, *laid[key]) for key in sorted(laid)]
