# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which directories belong to the system, so that no service may own them; judged by their names alone."""

from __future__ import annotations

import posixpath
import re

__all__ = ["normal_path", "overlap", "system_directory", "unfit_data_directory", "unfit_path", "unfit_shared_directory"]

_SYSTEM = "belongs to the system"
# With everything below: programs and configuration of the system, kernel interfaces, state of package managers.
_TREES = [
    "/bin",
    "/boot",
    "/dev",
    "/etc",
    "/lib",
    "/lib32",
    "/lib64",
    "/libx32",
    "/lost+found",
    "/proc",
    "/root",
    "/sbin",
    "/snap",
    "/sys",
    "/usr",
    "/var/lib/apt",
    "/var/lib/containerd",
    "/var/lib/containers",
    "/var/lib/dbus",
    "/var/lib/dnf",
    "/var/lib/docker",
    "/var/lib/dpkg",
    "/var/lib/kubelet",
    "/var/lib/pacman",
    "/var/lib/private",
    "/var/lib/rpm",
    "/var/lib/snapd",
    "/var/lib/systemd",
    "/var/lib/zypp",
    "/var/log/journal",
    "/var/spool/cron",
]
# Themselves only: what the Filesystem Hierarchy Standard, or a distribution, puts directly below /var.
_VAR = [
    "account",
    "adm",
    "backups",
    "cache",
    "crash",
    "db",
    "empty",
    "ftp",
    "games",
    "lib",
    "local",
    "lock",
    "log",
    "mail",
    "nis",
    "opt",
    "preserve",
    "run",
    "snap",
    "spool",
    "tmp",
    "www",
    "yp",
]
_OURS = ("/opt/vigil", "/var/lib/vigil")
_SHARED = "/var/lib/vigil/textfile"
# A service could own these without harm to the system, but would lose or never see the files in them.
_USELESS = {
    "/home": "is not visible to hardened services",
    "/run": "is emptied when the host restarts",
    "/tmp": "is emptied when the host restarts",  # noqa: S108 - looked for, not written to
    "/var/lock": "is emptied when the host restarts",
    "/var/run": "is emptied when the host restarts",
    "/var/tmp": "is regularly cleaned by the system",  # noqa: S108 - looked for, not written to
}


def normal_path(path: str) -> str:
    """Return the absolute path as it is written shortest; links are not followed."""
    return posixpath.normpath("/" + path.lstrip("/"))


def unfit_path(path: str) -> str | None:
    """Return why this cannot be the path of something on a host, as the end of a sentence."""
    if not path.startswith("/"):
        return "is not an absolute path: start it with /."
    if re.search(r"[\x00-\x1f\x7f]", path):
        return "contains a control character: remove it."
    # Modules expand these from their environment on the host.
    return "contains a $: write the full path." if "$" in path else None


def system_directory(path: str) -> str | None:
    """Return why a directory belongs to the system or this collection, None if it does not.

    Judged by its name: a caller on a host must resolve links first.
    """
    path = normal_path(path)
    parent, name = posixpath.split(path)
    if any(_is_below(path, tree) for tree in _OURS):
        return "is used by this collection for releases, records and copies"
    itself = parent == "/" or (parent == "/var" and name in _VAR) or path in ("/var/lib/misc", "/var/log/private")
    return _SYSTEM if itself or any(_is_below(path, tree) for tree in _TREES) else None


def unfit_data_directory(path: str) -> str | None:
    """Return why no service can keep its data there, None when one can."""
    path = normal_path(path)
    useless = (reason for tree, reason in _USELESS.items() if _is_below(path, tree))
    return system_directory(path) or next(useless, None)


def unfit_shared_directory(path: str) -> str | None:
    """Return why others cannot leave files for a service there, None when they can."""
    return None if _is_below(normal_path(path), _SHARED) else system_directory(path)


def overlap(one: str, other: str) -> bool:
    """Return whether one of the directories is the other, or lies in it."""
    one, other = normal_path(one), normal_path(other)
    return _is_below(one, other) or _is_below(other, one)


def _is_below(path: str, tree: str) -> bool:
    return path == tree or path.startswith(f"{tree}/")
