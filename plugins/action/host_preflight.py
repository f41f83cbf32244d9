# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs the module with the key of this run, so that its answer can be compared later with what is to be staged."""

from __future__ import annotations

from typing import Any

from ansible.plugins.action import ActionBase

from ansible_collections.vigil.observability.plugins.plugin_utils._secrets.run_key import run_key

__all__ = ["ActionModule"]

MODULE = "vigil.observability.host_preflight"


class ActionModule(ActionBase):
    """The controller's side of host_preflight."""

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return the result of the module."""
        super().run(tmp, task_vars)
        args = {**self._task.args, "key": run_key()}
        result: dict[str, Any] = self._execute_module(MODULE, module_args=args, task_vars=task_vars)
        return result
