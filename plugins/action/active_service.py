# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs the module on what this run has staged, with defaults from the inputs of the role."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

from ansible_collections.vigil.observability.plugins.plugin_utils._formats.same_text import plain
from ansible_collections.vigil.observability.plugins.plugin_utils._services.registry import service_of_unit, services
from ansible_collections.vigil.observability.plugins.plugin_utils._services.task_defaults import TaskDefaults

__all__ = ["ActionModule"]

# Options that are inputs of every role.
_INPUTS = ("user", "environment", "resources", "start_timeout", "listen_address", "port", "accept_irreversible")
_OWN_FILES = {"certificate": "certificate_file", "key": "key_file"}
MODULE = "vigil.observability.active_service"


class ActionModule(ActionBase):
    """The controller's side of active_service."""

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return the result of the module."""
        super().run(tmp, task_vars)
        args = _with_inputs(self._task.args, TaskDefaults(task_vars, self._templar))
        for option in ("release", "config"):
            if isinstance(staged := args.get(option), Mapping):
                args = {**_of_staged(option, staged, str(args.get("name"))), **args, option: staged["path"]}
        if "flags" in args:
            args["flags"] = plain(args["flags"])
        result: dict[str, Any] = self._execute_module(MODULE, module_args=args, task_vars=task_vars)
        return result


def _with_inputs(args: Mapping[str, Any], defaults: TaskDefaults) -> dict[str, Any]:
    """Return the options, with defaults from the inputs of the role."""
    service = service_of_unit(str(args.get("name")))
    known = {"documentation": services()[service].documentation} if service in services() else {}
    # The one that node_exporter reads, whatever the service is.
    textfiles = {**defaults.options("vigil", "textfile_dir"), **defaults.options("node_exporter", "textfile_dir")}
    found = {**known, **textfiles, **defaults.options(service, *_INPUTS), **args}
    if isinstance(health := args.get("health"), Mapping):
        also = [_with_files(each, service, defaults) for each in health.get("also") or []]
        found["health"] = _with_files(health, service, defaults) | ({"also": also} if also else {})
    return found


def _with_files(asked: Mapping[str, Any], service: str, defaults: TaskDefaults) -> dict[str, Any]:
    # A service with password authentication needs no client certificate; others present their own.
    files = {"ca_file": "authority_file"} | ({} if asked.get("username") else _OWN_FILES)
    inputs = defaults.options(service, *files.values())
    return {option: inputs[name] for option, name in files.items() if name in inputs} | dict(asked)


def _of_staged(option: str, staged: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Return the options that follow from what staged_release or staged_config has returned."""
    if "path" not in staged:
        raise AnsibleActionFail(
            f"{name} was not touched. The option {option} must refer to what this run has staged, but this "
            "run has staged nothing. Run the tasks that stage it (staged_release, staged_config) in the same run."
        )
    known = {key: staged.get(key) for key in ("version", "data_oldest_reader")} if option == "release" else {}
    return {key: value for key, value in known.items() if value is not None}
