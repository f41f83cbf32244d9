"""Writes what AWX shows of each result of a task, a line of JSON each."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: job_events
type: notification
short_description: Results of tasks as events of a job
description: Adds them to the file in the environment variable JOB_EVENTS.
"""


class CallbackModule(CallbackBase):  # type: ignore[misc]  # Ansible publishes no types
    """An event for each result."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "job_events"
    CALLBACK_NEEDS_ENABLED = True

    def _add(self, event: str, result: Any, **more: bool) -> None:
        host, task = result._host.get_name(), result._task.get_name()
        res = json.loads(self._dump_results(result._result))
        data = {"host": host, "task": task, "res": res, **more}
        told = {"event": event, "host_name": host, "task": task, "failed": event != "runner_on_ok", "event_data": data}
        with Path(os.environ["JOB_EVENTS"]).open("a", encoding="utf-8") as file:
            file.write(json.dumps({**told, "changed": bool(res.get("changed"))}) + "\n")

    def v2_runner_on_ok(self, result: Any) -> None:
        self._add("runner_on_ok", result)

    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:
        self._add("runner_on_failed", result, ignore_errors=ignore_errors)

    def v2_runner_on_unreachable(self, result: Any) -> None:
        self._add("runner_on_unreachable", result)
