# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs the module unless the host has the configuration, with defaults from the inputs of the role."""

from __future__ import annotations

from typing import Any

from ansible.plugins.action import ActionBase

from ansible_collections.vigil.observability.plugins.module_utils._errors.sentence import OperatorError
from ansible_collections.vigil.observability.plugins.module_utils._staging.configuration import Configuration
from ansible_collections.vigil.observability.plugins.module_utils._staging.passed_tests import commands_of
from ansible_collections.vigil.observability.plugins.module_utils._staging.seal import seal
from ansible_collections.vigil.observability.plugins.plugin_utils._secrets.run_key import run_key
from ansible_collections.vigil.observability.plugins.plugin_utils._services.registry import service_of_unit
from ansible_collections.vigil.observability.plugins.plugin_utils._services.task_defaults import TaskDefaults

__all__ = ["ActionModule"]

MODULE = "vigil.observability.staged_config"
# Who owns what the module stages, where it runs as tasks of this collection do.
OWNER = "root"
OPTIONAL = {"content": None, "secret_content": None, "mode": "0640"}


class ActionModule(ActionBase):
    """The controller's side of staged_config."""

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return the result of the module, or what it would be."""
        super().run(tmp, task_vars)
        args, defaults = self._task.args, TaskDefaults(task_vars, self._templar)
        args = {**defaults.options(service_of_unit(str(args.get("service"))), "user", "uid"), **args}
        result = self._already_staged(args) or self._execute_module(MODULE, module_args=args, task_vars=task_vars)
        return dict(result)

    def _already_staged(self, args: dict[str, Any]) -> dict[str, Any] | None:
        """Return what the result of the module would be if the configuration is among those already staged."""
        staged = args.pop("already_staged", None)
        # What lies on the host may have changed since it was read.
        if not staged or "active" in args or any("host_file" in file for file in args["files"]):
            return None
        try:
            files = [{**OPTIONAL, **file} for file in args["files"]]
            configuration = Configuration.from_parameters({**args, "files": files})
            commands = commands_of(configuration, args)
        except (OperatorError, AttributeError, KeyError, TypeError, ValueError):
            return None  # The module refuses it, with a sentence.
        digest = configuration.digest_of(OWNER)
        path = f"{args.get('configurations_dir', '/etc/vigil')}/{configuration.service}/{digest[:12]}"
        if staged.get(configuration.service) != seal(path, digest, commands, run_key()):
            return None
        return {"changed": False, "path": path, "digest": digest, "validated": bool(commands)}
