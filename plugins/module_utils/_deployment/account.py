# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether an existing account can run a service, or belongs to a person or another program."""

from __future__ import annotations

import pwd
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from .._host.processes import name_of, processes_of, units_of
from .._host.system_paths import overlap, system_directory
from .unmanaged import is_our_unit

__all__ = ["Wanted", "unfit_account", "unfit_uid"]

_LOCKED = ("!", "*")  # what a password that nobody can give begins with
_NO_LOGIN = ("/nologin", "/false", "/true", "/sync")
_OWN_BY_THE_SYSTEM = 100  # below it, distributions assign UIDs to their own accounts
_NOBODY = (65534, 65535)
_FIRST_PERSON = 1000


@dataclass(frozen=True)
class Wanted:
    """The account to run a service as: its name, and its UID if one is set."""

    service: str
    user: str
    uid: int | None
    data_dir: str | None


def unfit_uid(wanted: Wanted) -> str | None:
    """Return a sentence if the account cannot have the requested UID."""
    found, uid = _entry(wanted.user), wanted.uid
    option = f"{wanted.service}_uid"
    if found and uid not in (None, found.pw_uid):
        return (
            f"The user {wanted.user} exists with UID {found.pw_uid}, but {option} is {uid}. Set it to {found.pw_uid} "
            f"or remove it, or stop what runs as {wanted.user} and change the UID of the user and its files to {uid}."
        )
    other = _name_of(uid) if uid is not None and not found else None
    return f"The UID {uid} in {option} belongs to {other}. Choose another one." if other else None


def unfit_account(wanted: Wanted, unit_dirs: Iterable[Path], root: Path = Path("/")) -> str | None:
    """Return a sentence if the account exists and is not only for this service, None if it can be used.

    A locked account of no person and no other program is used; neither it nor its home is changed.
    """
    entry = _entry(wanted.user)
    if entry is None:
        return None
    reason = (
        _of_the_system(entry)
        or _of_a_person(entry, root)
        or _home_in_use(entry, wanted, root)
        or _of_another_program(entry, list(unit_dirs), root)
    )
    if reason is None:
        return None
    return (
        f"The user {entry.pw_name} (UID {entry.pw_uid}, home {entry.pw_dir}, shell {entry.pw_shell or 'none'}) cannot "
        f"run {wanted.service}: {reason} {wanted.service}_user to another name."
    )


# The following return why, and what to do, up to the words "set <service>_user to another name".


def _of_the_system(entry: pwd.struct_passwd) -> str | None:
    if entry.pw_uid == 0:
        return "it is root. Set"
    fixed = entry.pw_uid < _OWN_BY_THE_SYSTEM or entry.pw_uid in _NOBODY
    if fixed or entry.pw_name.startswith("systemd-"):
        return "it is an account of the operating system. Set"
    return None


def _of_a_person(entry: pwd.struct_passwd, root: Path) -> str | None:
    password = _password(entry.pw_name, root)
    has_shell = bool(entry.pw_shell) and not entry.pw_shell.endswith(_NO_LOGIN)
    lock = f"If only this service uses it, lock it (usermod --lock --shell /usr/sbin/nologin {entry.pw_name}), or set"
    if password is not None and not password.startswith(_LOCKED):
        return f"it has a password to log in with. {lock}"
    if has_shell and password is None:
        return (
            "it comes from a directory service and has a login shell. Change its shell there to "
            "/usr/sbin/nologin, or set"
        )
    if has_shell and entry.pw_uid >= _first_person(root):
        return f"it has a login shell and a UID in the range for people. {lock}"
    return None


def _home_in_use(entry: pwd.struct_passwd, wanted: Wanted, root: Path) -> str | None:
    home = entry.pw_dir
    own = [path for path in (wanted.data_dir, f"/var/lib/{wanted.service}") if path]
    if system_directory(home) or any(overlap(home, path) for path in own):
        return None
    try:
        belongs = Path(home).stat().st_uid == entry.pw_uid
    except OSError:
        return None
    used = sorted(_names_in(Path(home)) - _names_in(root / "etc/skel"))
    if not (belongs and used):
        return None
    return f"its home directory is in use ({', '.join(used[:3])}). Remove the files if nobody needs them, or set"


def _of_another_program(entry: pwd.struct_passwd, unit_dirs: Sequence[Path], root: Path) -> str | None:
    for process in processes_of(entry.pw_uid, root / "proc"):
        units = units_of(process)
        if not any(is_our_unit(folder / unit) for unit in units for folder in unit_dirs):
            unit = f" of {units[-1]}" if units else ""
            return (
                f"{name_of(process)} (pid {process.name}{unit}) runs as this user. Stop it if nobody needs it, or set"
            )
    return None


def _password(user: str, root: Path) -> str | None:
    """Return the hash of the password of a user of this host, None for one of a directory."""
    try:
        lines = (root / "etc/shadow").read_text(errors="replace").splitlines()
    except OSError:
        return None
    found = [fields[1] for fields in (line.split(":") for line in lines) if fields[0] == user and fields[1:]]
    return found[0] if found else None


def _first_person(root: Path) -> int:
    try:
        lines = (root / "etc/login.defs").read_text(errors="replace").splitlines()
    except OSError:
        return _FIRST_PERSON
    found = [words[1] for words in map(str.split, lines) if words[:1] == ["UID_MIN"] and words[1:]]
    return int(found[-1]) if found and found[-1].isdigit() else _FIRST_PERSON


def _names_in(folder: Path) -> set[str]:
    try:
        return {path.name for path in folder.iterdir()}
    except OSError:
        return set()


def _entry(user: str) -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(user)
    except KeyError:
        return None


def _name_of(uid: int) -> str | None:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return None
