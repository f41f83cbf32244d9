# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runbooks as the filter `runbooks` writes them for the engine."""

from __future__ import annotations

from typing import Any

from ansible_collections.vigil.observability.packages.incident_response.incident_response.decisions.runbook import (
    Runbook,
    runbooks,
)

__all__ = ["ROOTED", "known", "runbook"]

# What a runbook has besides, whose step is a playbook of the operator that becomes root.
ROOTED: dict[str, Any] = {
    "steps": [{"step": "mend", "parameters": {}}],
    "playbooks": {"mend": {"content": "[]", "root": True}},
    "root": True,
}

_UP = ["up{job=", {"label": "job"}, ", instance=", {"label": "instance"}, "}"]


def runbook(**changed: Any) -> dict[str, Any]:
    """Return a runbook that restarts what does not answer."""
    return {
        "name": "exporter_down",
        "summary": "An exporter does not answer",
        "owner": "monitoring",
        "level": "observe",
        "matchers": [{"label": "alertname", "operator": "=", "value": "TargetDown"}],
        "target": {"kind": "label", "name": "host"},
        "delay": 300,
        "by_hand": 900,
        "idempotent": True,
        "executor": "service",
        "limit": {"cooldown": 1800, "attempts": 3, "within": 86400, "at_once": 1, "run": 300},
        "precheck": None,
        "steps": [{"step": "restart_service", "parameters": {"unit": {"label": "job"}}}],
        "manual": None,
        "verification": {"kind": "promql", "text": _UP, "within": 180, "stable": 60, "samples": 3},
        "rollback": None,
        "nothing_to_roll_back": "a restart leaves nothing behind",
        "applications": {},
        **changed,
    }


def known(**changed: Any) -> Runbook:
    """Return that runbook as the engine knows it."""
    return runbooks([runbook(**changed)])[0]
