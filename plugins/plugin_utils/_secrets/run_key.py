# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A secret key that lives as long as one run of Ansible."""

from __future__ import annotations

import contextlib
import os
import secrets
from pathlib import Path

from ansible import constants

__all__ = ["run_key"]


def run_key() -> str:
    """Return the key of this run, the same in all its processes.

    It lies in the run's own temporary directory, which only this user may enter and which goes with the run.
    """
    path = Path(constants.DEFAULT_LOCAL_TMP, "vigil-run-key")
    if not path.exists():
        made = path.with_name(f"{path.name}-{os.getpid()}")
        made.touch(mode=0o600)
        made.write_text(secrets.token_hex(32))
        # Of processes that make one at the same time, the first one's counts.
        with contextlib.suppress(FileExistsError):
            path.hardlink_to(made)
        made.unlink()
    return path.read_text()
