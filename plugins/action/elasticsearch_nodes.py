# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs the module again and again while it waits for shards, and shows in between how many are left."""

from __future__ import annotations

import time
from typing import Any

from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from ansible_collections.vigil.observability.plugins.module_utils._elasticsearch.nodes.task import OPTIONS

__all__ = ["ActionModule"]

MODULE = "vigil.observability.elasticsearch_nodes"
_ROUND = 10.0  # seconds between two lines


class ActionModule(ActionBase):
    """The controller's side of elasticsearch_nodes."""

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return the result of the last run of the module, changed if any of them has changed something."""
        super().run(tmp, task_vars)
        args = dict(self._task.args)
        until = time.monotonic() + float(args.get("shards_timeout") or OPTIONS["shards_timeout"]["default"])
        changed = False
        while True:
            args["shards_timeout"] = max(0.0, min(_ROUND, left := until - time.monotonic()))
            result: dict[str, Any] = self._execute_module(MODULE, module_args=args, task_vars=task_vars)
            changed = changed or result.get("changed", False)
            if "progress" not in result or left <= _ROUND:
                return {**result, "changed": changed}
            Display().display(f"{self._task.get_name()}: {result['progress']}")
