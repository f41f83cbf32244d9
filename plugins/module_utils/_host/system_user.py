# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The system user of a service, and its group of the same name. A new one has no home and no login."""

from __future__ import annotations

import grp
import pwd
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule

from .._errors.sentence import OperatorError

__all__ = ["ensure", "gid_of", "is_missing", "uid_of"]


def is_missing(user: str, uid: int | None = None) -> bool:
    """Return whether the user or its group is missing. Raises OperatorError when the user has another UID."""
    found = uid_of(user)
    if found is not None and uid is not None and found != uid:
        raise OperatorError(
            f"The user {user} exists with UID {found}, but UID {uid} was requested. Request UID {found}, or stop what "
            f"runs as {user}, change the UID of the user and its files to {uid}, and run again."
        )
    return found is None or gid_of(user) is None


def ensure(module: AnsibleModule, user: str, uid: int | None = None) -> bool:
    """Create the system user and group of that name if they are missing. Return whether they were.

    Check mode creates nothing. Raises OperatorError if the user has another UID, or cannot be created.
    """
    if not is_missing(user, uid):
        return False
    if module.check_mode:
        return True
    missing_group = gid_of(user) is None
    if uid_of(user) is None:
        _run(module, user, _useradd(user, uid, missing_group=missing_group))
    else:
        # The user is not changed: units and validation name the group, so it need not be a member.
        _run(module, user, ["groupadd", "--system", user])
    return True


def uid_of(user: str) -> int | None:
    """Return the UID of the user, None when there is no such user."""
    try:
        return pwd.getpwnam(user).pw_uid
    except KeyError:
        return None


def gid_of(group: str) -> int | None:
    """Return the GID of the group, None when there is no such group."""
    try:
        return grp.getgrnam(group).gr_gid
    except KeyError:
        return None


def _useradd(user: str, uid: int | None, *, missing_group: bool) -> list[str]:
    shell = next((path for path in ("/usr/sbin/nologin", "/sbin/nologin") if Path(path).exists()), "/bin/false")
    command = ["useradd", "--system", "--no-create-home", "--home-dir", "/nonexistent", "--shell", shell]
    command += ["--user-group"] if missing_group else ["--gid", user]
    command += [] if uid is None else ["--uid", str(uid)]
    return [*command, user]


def _run(module: AnsibleModule, user: str, command: list[str]) -> None:
    program = module.get_bin_path(command[0])
    if program is None:
        raise OperatorError(
            f"Cannot create the system user {user}: this host has no {command[0]}. Install the package that contains "
            f"it (passwd on Debian, shadow-utils on RHEL), or create the user {user}."
        )
    code, out, err = module.run_command([program, *command[1:]])
    if code:
        raise OperatorError(f"Cannot create the system user {user}. {command[0]} failed with: {(err or out).strip()}")
