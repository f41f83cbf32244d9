"""The processes that share a directory of metrics, in the multiprocess mode of prometheus_client.

Each holds a lock on a file of its own for as long as it lives, which no other process with its number can be taken for.
Whoever reads the metrics first merges the files of those that have ended: counters stay, gauges go.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from prometheus_client import values
from prometheus_client.metrics_core import Metric as Family
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from ..errors import TelemetryError
from .merging import completed, merged, process_of

__all__ = ["Group", "GroupCollector", "Held"]


class Held:
    """A lock on a file, held until it is given up or the process ends; a child of the process does not have it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: int | None = None

    def take(self) -> bool:
        """Take the lock unless another process has it; tell whether this process has it now."""
        if self._file is None:
            file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                os.close(file)
                return False
            self._file = file
        return True

    def give_up(self) -> None:
        """Let others have it."""
        if self._file is not None:
            fcntl.flock(self._file, fcntl.LOCK_UN)
            self.forget()

    def forget(self) -> None:
        """Close what was inherited from the process that has it."""
        if self._file is not None:
            os.close(self._file)
            self._file = None


class Group:
    """The processes that share a directory."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._alive: Held | None = None

    def join(self) -> None:
        """Take part from now on. Raises TelemetryError if the directory cannot be used."""
        if not getattr(values.ValueClass, "_multiprocess", False):
            raise TelemetryError(
                f"Start of telemetry: PROMETHEUS_MULTIPROC_DIR is {str(self.directory)!r}, but was not set when "
                "prometheus_client was imported; set it in the environment of the server."
            )
        try:
            self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            with self.locked():
                self._announce()
                self._sweep()
        except OSError as error:
            raise TelemetryError(
                f"Start of telemetry: PROMETHEUS_MULTIPROC_DIR is {str(self.directory)!r}, which cannot be used "
                f"({error.strerror}); set it to a directory that this user may write, such as one in /run."
            ) from None

    def leave(self) -> None:
        """Take part no longer: what this process has counted stays."""
        if self._alive:
            self._alive.give_up()
            self._alive = None

    def forked(self) -> None:
        """Take part as the child that this process now is."""
        if self._alive:
            self._alive.forget()
        self._announce()

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Let no other process merge or read meanwhile."""
        file = os.open(self.directory / "group.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield
        finally:
            # A child that was forked meanwhile may have the file open too.
            fcntl.flock(file, fcntl.LOCK_UN)
            os.close(file)

    def collected(self) -> list[Family]:
        """Return the metrics of all processes together, those that have ended included."""
        with self.locked():
            self._sweep()
            # One that is just being made is still empty.
            files = [str(file) for file in self.directory.glob("*.db") if file.stat().st_size]
            merge: Any = MultiProcessCollector.merge  # it has no types
            return list(merge(files))

    def _announce(self) -> None:
        self._alive = Held(self.directory / f"{os.getpid()}.alive")
        self._alive.take()

    def _sweep(self) -> None:
        completed(self.directory)
        numbers = {process_of(file) for file in self.directory.glob("*.db")} - {None, os.getpid()}
        numbers |= {int(file.stem) for file in self.directory.glob("*.alive")} - {os.getpid()}
        ended = {number for number in numbers if number is not None and self._has_ended(number)}
        files = [file for file in self.directory.glob("*.db") if process_of(file) in ended]
        if files:
            merged(self.directory, files)
        for number in ended:
            (self.directory / f"{number}.alive").unlink(missing_ok=True)

    def _has_ended(self, number: int) -> bool:
        alive = self.directory / f"{number}.alive"
        if alive.exists():
            held = Held(alive)
            free = held.take()
            held.give_up()
            return free
        # It uses prometheus_client without this library.
        try:
            os.kill(number, 0)
        except ProcessLookupError:
            return True
        except OSError:
            return False
        return False


class GroupCollector(Collector):
    """Collects the metrics of a group, except those whose series would be of single processes."""

    def __init__(self, group: Group) -> None:
        self._group = group

    def collect(self) -> Iterable[Family]:
        """Return the metrics of all processes together."""
        return self._group.collected()

    def describe(self) -> Iterable[Family]:
        """Return nothing, so that registering it reads nothing."""
        return ()
