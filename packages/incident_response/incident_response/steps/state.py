# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an attempt's directory says of it, whoever asks, and after whatever end."""

from __future__ import annotations

import fcntl
import os
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from .spec import StepError

__all__ = ["Kind", "State", "cancel", "cancelled", "claim", "finish", "is_cancelled", "keep_names", "state_of"]

_STARTED, _CODE = "started", "rc"
_CANCEL, _CANCELLED = "cancel", "cancelled"


class Kind(StrEnum):
    """What is known of an attempt."""

    NEVER_STARTED = "never started"
    RUNNING = "running"
    FINISHED = "finished"
    UNKNOWN = "unknown"  # it was started, does not run, and left no exit code: it was killed


@dataclass(frozen=True)
class State:
    """What is known of an attempt, with the exit code of one that is finished, and a reason where more is known.

    `cancelled` is whether it ended because the engine, or a person by hand, had it end.
    """

    kind: Kind
    code: int | None = None
    reason: str = ""
    cancelled: bool = False


def state_of(folder: Path) -> State:
    """Return the state of the attempt in a directory. Raises OSError, StepError."""
    try:
        with (folder / _STARTED).open("rb") as started:
            runs = not _is_free(started.fileno())
    except FileNotFoundError:
        return State(Kind.NEVER_STARTED)
    # It is written before the lock is given up, so it is read after that was asked.
    try:
        text = (folder / _CODE).read_text(encoding="ascii")
    except FileNotFoundError:
        return State(Kind.RUNNING) if runs else _killed(folder)
    try:
        return State(Kind.FINISHED, int(text))
    except ValueError as error:
        raise StepError(f"{folder / _CODE} has no exit code: {error}") from error


def cancel(folder: Path) -> None:
    """Have the runner of an attempt end it, or not start it. Raises OSError."""
    (folder / _CANCEL).touch(mode=0o600)


def is_cancelled(folder: Path) -> bool:
    """Return whether an attempt has to end."""
    return (folder / _CANCEL).exists()


def cancelled(folder: Path, reason: str) -> None:
    """Write that an attempt was ended because it had to. Raises OSError."""
    _write_whole(folder, _CANCELLED, reason)


def _killed(folder: Path) -> State:
    """Return the state of an attempt that runs no more, and left no exit code."""
    try:
        reason = (folder / _CANCELLED).read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return State(Kind.UNKNOWN)
    return State(Kind.UNKNOWN, reason=reason, cancelled=True)


def claim(folder: Path) -> int:
    """Return the lock of an attempt that starts now, a descriptor. Raises StepError if it has started before.

    The file appears under its name with its lock held, so that nobody ever sees a started attempt as ended.
    """
    descriptor, own = tempfile.mkstemp(dir=folder, prefix=f".{_STARTED}-")
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        os.link(own, folder / _STARTED)
    except FileExistsError:
        os.close(descriptor)
        raise StepError(f"The attempt {folder.name} has already started.") from None
    finally:
        Path(own).unlink()
    keep_names(folder)
    return descriptor


def finish(folder: Path, code: int) -> None:
    """Write the exit code, all of it or nothing. Raises OSError."""
    _write_whole(folder, _CODE, str(code))


def _write_whole(folder: Path, name: str, text: str) -> None:
    unfinished = folder / f".{name}"
    with unfinished.open("w", encoding="utf-8") as file:
        file.write(f"{text}\n")
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(folder / name)
    keep_names(folder)


def _is_free(descriptor: int) -> bool:
    with suppress(BlockingIOError):
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        return True
    return False


def keep_names(folder: Path) -> None:
    """Put the names in a directory on the disk, so that they are there after a loss of power."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
