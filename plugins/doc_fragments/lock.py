# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What every module that writes for a service on a host says of its lock."""

from __future__ import annotations


class ModuleDocFragment:
    """Options of plugins/module_utils/_deployment/lock.py."""

    DOCUMENTATION = r"""
options:
  lock_timeout:
    description:
      - Seconds to wait for another run that works on the same service of the host. After that, the task fails and names
        the process that holds the lock, who started it, and since when.
      - The variable C(vigil_lock_timeout) of the inventory replaces the default for what deploys services.
      - Check mode writes nothing and does not wait.
    type: int
    default: 300
  locks_dir:
    description: Where the locks of services lie. A boot empties it, and an unchanged run writes to no disk.
    type: path
    default: /run/vigil
"""
