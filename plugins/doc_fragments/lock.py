# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options for the lock of modules that write for a service on a host."""

from __future__ import annotations


class ModuleDocFragment:
    """Options of plugins/module_utils/_deployment/lock.py."""

    DOCUMENTATION = r"""
options:
  lock_timeout:
    description:
      - Seconds to wait for another run that changes the same service on the host. After that, the task fails and names
        the process that holds the lock, who started it, and since when.
      - The inventory variable C(vigil_lock_timeout) replaces the default in the roles.
      - In check mode the module writes nothing and does not wait.
    type: int
    default: 300
  locks_dir:
    description: Directory of the locks. It is in memory and empty after a boot, so an unchanged run writes to no disk.
    type: path
    default: /run/vigil
"""
