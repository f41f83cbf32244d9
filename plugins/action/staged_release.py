# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs the module unless its result is known; transfers an archive, and runs it again, only if the host needs it."""

from __future__ import annotations

import hashlib
from functools import partial
from typing import Any

from ansible.errors import AnsibleActionFail, AnsibleError
from ansible.plugins.action import ActionBase
from ansible.utils.hashing import secure_hash

from ansible_collections.vigil.observability.plugins.module_utils._errors.sentence import OperatorError
from ansible_collections.vigil.observability.plugins.plugin_utils._services.task_defaults import TaskDefaults
from ansible_collections.vigil.observability.plugins.plugin_utils._services.transferred import run_with_file

__all__ = ["ActionModule"]

MODULE = "vigil.observability.staged_release"


class ActionModule(ActionBase):
    """The controller's side of staged_release.

    It leaves TRANSFERS_FILES off: that would make a temporary directory on the host in every unchanged run.
    """

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return the result of the module, of its second call if there were two."""
        super().run(tmp, task_vars)
        if "transferred" in self._task.args:
            raise AnsibleActionFail("The option transferred is set by the action plugin: give url or file.")
        data = self._complete(TaskDefaults(task_vars, self._templar))
        result = self._already_staged() or self._execute_module(
            MODULE, module_args=self._task.args, task_vars=task_vars
        )
        if result.pop("archive_needed", False):
            archive = self._verified_archive()
            if not self._task.check_mode:
                result = run_with_file(self, MODULE, self._task.args, archive, task_vars)
        return {**result, **data}

    def _complete(self, defaults: TaskDefaults) -> dict[str, Any]:
        """Complete the options from the catalogue and the inventory; return what the release does to its data."""
        args = {**defaults.options(""), **self._task.args}
        data: dict[str, Any] = {}
        if not args.get("url") and not args.get("file"):
            args = {**defaults.options(args["service"], "version"), **args}
            try:
                release = defaults.release(args["service"], args.get("version"))
            except OperatorError as error:
                raise AnsibleActionFail(str(error)) from error
            data = {"data_oldest_reader": release.pop("data_oldest_reader")}
            args |= release
        self._task.args = args
        return data

    def _already_staged(self) -> dict[str, Any] | None:
        """Return what the result of the module would be if the release is among those already staged."""
        args = self._task.args
        staged = args.pop("already_staged", None) or {}
        version, (algorithm, digest) = args.get("version"), self._digest()
        path = f"{args.get('releases_dir', '/opt/vigil')}/{args.get('service')}/{version}-{digest[:12]}"
        if staged.get(path) != digest:
            return None
        return {"changed": False, "path": path, "version": version, algorithm: digest, "downloaded": False}

    def _digest(self) -> tuple[str, str]:
        """Return which digest is asked for, and that digest."""
        algorithm = "sha512" if self._task.args.get("sha512") else "sha256"
        return algorithm, str(self._task.args.get(algorithm)).lower()

    def _verified_archive(self) -> str:
        """Return the path of the archive on the controller: a wrong one is found here, in check mode too."""
        args = self._task.args
        release = f"{args['service']} {args['version']}"
        try:
            archive: str = self._loader.get_real_file(self._find_needle("files", args["file"]), decrypt=False)
        except AnsibleError as error:
            raise AnsibleActionFail(f"Cannot stage {release}: {error}") from error
        algorithm, digest = self._digest()
        found = secure_hash(archive, partial(hashlib.new, algorithm))
        if found != digest:
            raise AnsibleActionFail(
                f"Cannot stage {release}: the archive {archive} has the wrong digest: expected {algorithm} "
                f"{digest}, found {found}. Nothing was transferred."
            )
        return archive
