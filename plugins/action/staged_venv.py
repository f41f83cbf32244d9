# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs the module, and again with the packages for the host's Python when the host does not have them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ansible import constants
from ansible.errors import AnsibleActionFail, AnsibleError
from ansible.plugins.action import ActionBase

from ansible_collections.vigil.observability.plugins.module_utils._errors.sentence import OperatorError
from ansible_collections.vigil.observability.plugins.module_utils._staging.python_environment import Interpreter
from ansible_collections.vigil.observability.plugins.plugin_utils._python.environment_archive import (
    archive_for,
    digest_of_inputs,
    version_in,
)
from ansible_collections.vigil.observability.plugins.plugin_utils._python.requirements import locked
from ansible_collections.vigil.observability.plugins.plugin_utils._services.task_defaults import TaskDefaults
from ansible_collections.vigil.observability.plugins.plugin_utils._services.transferred import run_with_file

__all__ = ["ActionModule"]

MODULE = "vigil.observability.staged_venv"
OWN_OPTIONS = {"inputs_sha256", "transferred", "transferred_sha256"}


class ActionModule(ActionBase):
    """The controller's side of staged_venv. It leaves TRANSFERS_FILES off, as that of staged_release does."""

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return the result of the module, of its second call if there were two."""
        super().run(tmp, task_vars)
        given = self._task.args
        if own := sorted(OWN_OPTIONS & given.keys()):
            raise AnsibleActionFail(f"The action plugin sets {', '.join(own)}: remove that from the task.")
        args = {**TaskDefaults(task_vars, self._templar).options(""), **given}
        try:
            lock, packages = locked(str(args.get("requirements") or "")), self._files(args.get("packages") or [])
            args["inputs_sha256"] = digest_of_inputs(lock, packages)
            args["version"] = args.get("version") or version_in(packages)
            result: dict[str, Any] = self._execute_module(MODULE, module_args=args, task_vars=task_vars)
            needed = result.pop("archive_needed", None)
            if not needed or self._task.check_mode:
                return result
            wheels = Path(self._loader.path_dwim(args["wheels"])) if args.get("wheels") else None
            folder = Path(constants.DEFAULT_LOCAL_TMP)
            archive, digest = archive_for(Interpreter(**needed), lock, packages, wheels=wheels, folder=folder)
        except (AnsibleError, OperatorError, OSError) as error:
            host, service = (task_vars or {}).get("inventory_hostname", "this host"), given.get("service")
            named = " ".join(str(word) for word in (service, args.get("version")) if word)
            raise AnsibleActionFail(f"Cannot stage {named} on {host}: {error}") from error
        return run_with_file(self, MODULE, {**args, "transferred_sha256": digest}, archive, task_vars)

    def _files(self, names: list[str]) -> list[Path]:
        """Return files and directories, which are looked up as those of other tasks. Raises AnsibleError."""
        return [Path(self._find_needle("files", name)) for name in names]
