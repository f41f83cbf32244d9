# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Events of a job as those of a step are written beside the service."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..redacting.redaction import Redactor

__all__ = ["event_of"]

_NAMES = {"runner_on_ok": "ok", "runner_on_failed": "failed", "runner_on_unreachable": "unreachable"}
# As a step leaves it out of its events: it is long, and what the module was called with is in the job.
_LEFT_OUT = ("invocation", "ansible_facts")


def event_of(told: Mapping[str, Any], redactor: Redactor) -> dict[str, Any]:
    """Return an event of a job, without secrets: its `event`, `task`, and the `result` of a module, if it has one."""
    data = told.get("event_data")
    data = data if isinstance(data, Mapping) else {}
    name = _NAMES.get(str(told.get("event")), "")
    if name == "failed" and data.get("ignore_errors"):
        name = "ignored"
    found = data.get("res")
    result = {key: one for key, one in found.items() if key not in _LEFT_OUT} if isinstance(found, Mapping) else {}
    return {"event": name, "task": redactor.text(str(told.get("task", ""))), "result": redactor.value(result)}
