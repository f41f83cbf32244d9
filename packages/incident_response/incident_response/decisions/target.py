# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""On which hosts a runbook acts for an alert: those that the inventory knows by exactly this name, or none."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from .runbook import Runbook

__all__ = ["Target", "target_of"]

# What an inventory, a shell or a URL would read as more than one name of a host.
_MORE = re.compile(r"[^A-Za-z0-9._-]")
_LONGEST = 60


@dataclass(frozen=True)
class Target:
    """Hosts, or why there are none."""

    hosts: tuple[str, ...]
    refused: str = ""


def target_of(runbook: Runbook, labels: Mapping[str, str], known: Collection[str]) -> Target:
    """Return the target of a runbook for an alert with these labels."""
    name = runbook.target_name if runbook.target == "host" else labels.get(runbook.target_name, "")
    if not name:
        return Target((), f"the alert has no label {runbook.target_name}")
    if runbook.target == "application":
        if name not in runbook.applications:
            return Target((), f"no application {_short(name)} says how it is acted on")
        hosts = runbook.applications[name].hosts
    else:
        hosts = (name,)
    for host in hosts:
        if _MORE.search(host):
            return Target((), f"{_short(host)} is not the name of one host")
        if host not in known:
            return Target((), f"{_short(host)} is no host of the inventory")
    return Target(hosts) if hosts else Target((), f"the application {_short(name)} has no hosts")


def _short(text: str) -> str:
    return repr(text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…")
