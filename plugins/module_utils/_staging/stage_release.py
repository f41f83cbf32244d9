# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Staging of a release: compared, unpacked, marked; the same for archives and for Python environments."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from .._host.selinux import restore_labels
from .directory import remove_leftovers
from .foreign import foreign_files, told
from .prune import claim
from .release import Release, found_at, stage, wanted

__all__ = ["outcome"]


def outcome(
    module: AnsibleModule, release: Release, *, timeout: int = 0, finish: Callable[[Path], None] | None = None
) -> dict[str, Any]:
    """Stage the release unless it exists, and return the result of the module.

    That is `archive_needed`, and nothing is staged, when its archive has to be transferred first. `finish` completes
    what was unpacked. Raises OperatorError; nothing of the release is left behind then.
    """
    before, after = found_at(release), wanted(release)
    result = {"changed": before != after, "path": str(release.path), "downloaded": False}
    result.update({"version": release.version, release.algorithm: release.digest})
    if module._diff:
        headers = {"before_header": str(release.path), "after_header": str(release.path)}
        result["diff"] = {**headers, "before": before, "after": after}
    if not module.check_mode:
        remove_leftovers(release.path.parent)
    if before == after:
        if not module.check_mode:
            claim(release.path, release.active)
        return result
    if release.archive is None and not release.url:
        return {**result, "archive_needed": True}
    if foreign := foreign_files(release.path):
        module.warn(told(release.path, foreign, release.local, "they are moved to"))
    if not module.check_mode:
        stage(release, timeout=timeout, finish=finish)
        restore_labels(module, release.path)
        result["downloaded"] = bool(release.url)
    return result
