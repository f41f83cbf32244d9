# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs the module; what the task leaves out, the inputs of the role say."""

from __future__ import annotations

from typing import Any

from ansible.plugins.action import ActionBase

from ansible_collections.vigil.observability.plugins.plugin_utils._services.task_defaults import TaskDefaults

__all__ = ["ActionModule"]

MODULE = "vigil.observability.staged_config"


class ActionModule(ActionBase):
    """The controller's side of staged_config."""

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return what the module answers."""
        super().run(tmp, task_vars)
        args, defaults = self._task.args, TaskDefaults(task_vars, self._templar)
        args = {**defaults.options(str(args.get("service")), "user", "uid"), **args}
        result: dict[str, Any] = self._execute_module(MODULE, module_args=args, task_vars=task_vars)
        return result
