"""Kills the run that it watches, with SIGKILL, right before the first task of the module that KILL_BEFORE names."""

from __future__ import annotations

import os
import signal
from typing import Any

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: kill_before
type: aggregate
short_description: Kill the run before a task
description: Kills the run right before the first task of the module that the environment names.
"""


class CallbackModule(CallbackBase):  # type: ignore[misc]  # Ansible publishes no types
    """Waits for the task."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "kill_before"
    CALLBACK_NEEDS_ENABLED = True

    def v2_playbook_on_task_start(self, task: Any, **_: Any) -> None:
        """Kill this process: no host has heard of the task yet."""
        if task.action.endswith(os.environ["KILL_BEFORE"]):
            os.kill(os.getpid(), signal.SIGKILL)
