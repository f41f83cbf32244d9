# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a runbook does for an alert: its steps with every parameter, as people approve them and hosts get them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .runbook import Runbook, Step

__all__ = ["PlanError", "plan_of", "rollback_of"]


class PlanError(Exception):
    """A runbook cannot act for an alert, for the reason in the message."""


def plan_of(runbook: Runbook, labels: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return the steps of a runbook for an alert with these labels. Raises PlanError."""
    return [_filled(one, runbook, labels) for one in runbook.steps]


def rollback_of(runbook: Runbook, labels: Mapping[str, str]) -> dict[str, Any] | None:
    """Return the step that takes it back, None without one. Raises PlanError."""
    return _filled(runbook.rollback, runbook, labels) if runbook.rollback else None


def _filled(step: Step, runbook: Runbook, labels: Mapping[str, str]) -> dict[str, Any]:
    parameters = {key: _value(value, runbook, labels) for key, value in step.parameters.items()}
    return {"step": step.name, "parameters": parameters}


def _value(value: Any, runbook: Runbook, labels: Mapping[str, str]) -> Any:
    """Return a value, or what stands in its place: these are mappings, which no parameter is."""
    if not isinstance(value, Mapping):
        return value
    if "label" in value:
        if not labels.get(value["label"]):
            raise PlanError(f"the alert has no label {value['label']}")
        return labels[value["label"]]
    application = labels.get(runbook.target_name, "")
    return runbook.applications[application].values[value["application"]]
