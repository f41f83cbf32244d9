# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A module that needs a file of the controller on its host."""

from __future__ import annotations

from pathlib import Path
from typing import Any

__all__ = ["run_with_file"]


def run_with_file(
    action: Any, module: str, args: dict[str, Any], file: Path | str, variables: dict[str, Any] | None
) -> dict[str, Any]:
    """Return what the module answers with the file on its host, which its option `transferred` names."""
    shell = action._connection._shell
    # Without pipelining, an earlier call of the action has made one, which would be left behind.
    if shell.tmpdir is None:
        action._make_tmp_path()
    try:
        remote = shell.join_path(shell.tmpdir, "archive")
        action._transfer_file(str(file), remote)
        action._fixup_perms2((shell.tmpdir, remote), execute=False)
        given = {**args, "transferred": remote}
        result: dict[str, Any] = action._execute_module(module, module_args=given, task_vars=variables)
        return result
    finally:
        action._remove_tmp_path(shell.tmpdir)
