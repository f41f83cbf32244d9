# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writes what a playbook does as lines of JSON, without secrets."""

from __future__ import annotations

import json
import os
import time
from typing import Any

from ansible.plugins.callback import CallbackBase
from incident_response.steps.redacting.redaction import Redactor

DOCUMENTATION = """
name: step_events
type: stdout
short_description: Events of a step, as lines of JSON without secrets
description: Adds them to the file in the environment variable STEP_EVENTS, and prints nothing.
"""
# What a module was called with, and what is found out of the host: the first is in the attempt's other files. Lines
# say again what is in the whole text, and each by itself does not show that it is one of a private key.
_LEFT_OUT = ("invocation", "ansible_facts", "stdout_lines", "stderr_lines")


class CallbackModule(CallbackBase):
    """An event for each task, each result of it, and the end."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "stdout"
    CALLBACK_NAME = "step_events"

    def __init__(self) -> None:
        super().__init__()
        self._redactor = Redactor()
        self._file = open(os.environ["STEP_EVENTS"], "a", encoding="utf-8")  # noqa: PTH123, SIM115 - until the end

    def _write(self, event: str, **told: Any) -> None:
        plain = {name: self._redactor.value(value) for name, value in told.items()}
        self._file.write(json.dumps({"at": time.time(), "event": event, **plain}, ensure_ascii=False) + "\n")
        self._file.flush()

    def _result(self, event: str, result: Any) -> None:
        self._write(event, host=result.host.get_name(), task=result.task.get_name(), result=_kept(result.result))

    def v2_playbook_on_task_start(self, task: Any, is_conditional: bool) -> None:  # noqa: ARG002 - Ansible's own
        self._write("task", task=task.get_name())

    def v2_runner_on_ok(self, result: Any) -> None:
        self._result("ok", result)

    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:
        self._result("ignored" if ignore_errors else "failed", result)

    def v2_runner_on_skipped(self, result: Any) -> None:
        self._result("skipped", result)

    def v2_runner_on_unreachable(self, result: Any) -> None:
        self._result("unreachable", result)

    def v2_playbook_on_stats(self, stats: Any) -> None:
        self._write("end", hosts={host: stats.summarize(host) for host in sorted(stats.processed)})


def _kept(result: Any) -> Any:
    """Return what events have of a result, and of those of its loop."""
    if not isinstance(result, dict):
        return result
    kept = {key: value for key, value in result.items() if key not in _LEFT_OUT and not key.startswith("_")}
    if isinstance(kept.get("results"), list):
        kept["results"] = [_kept(one) for one in kept["results"]]
    return kept
