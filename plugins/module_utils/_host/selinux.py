# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""SELinux labels of the files that modules write."""

from __future__ import annotations

from pathlib import Path

from ansible.module_utils.basic import AnsibleModule

__all__ = ["restore_labels"]

ENFORCE = Path("/sys/fs/selinux/enforce")


def restore_labels(module: AnsibleModule, path: Path) -> None:
    """Give path and all below it the labels of the host's policy where SELinux enforces; warn when that fails."""
    try:
        enforces = ENFORCE.read_text().strip() == "1"
    except OSError:
        return
    program = module.get_bin_path("restorecon") if enforces else None
    if program is None:
        return
    code, out, err = module.run_command([program, "-R", str(path)])
    if code:
        module.warn(f"The SELinux labels of {path} were not restored. restorecon failed with: {(err or out).strip()}")
