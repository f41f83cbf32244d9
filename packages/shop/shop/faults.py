# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Faults on demand: each is off until it is switched on, and ends by itself."""

from __future__ import annotations

import contextlib
import os
import random
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import Engine

__all__ = ["NAMES", "Fault", "Faults", "InjectedError"]

# What each fault does, with the meaning of its amount.
NAMES: Mapping[str, str] = {
    "errors": "this share of requests fails",
    "latency": "each request takes this many seconds longer",
    "n_plus_one": "the report asks the database for each order by itself",
    "pool": "this many connections to the database are not given back",
    "memory": "this many bytes of memory are used",
    "disk": "this many bytes of the disk of the logs are filled, or what is left of it",
    "payment": "payments are refused as by a service that is down",
}
_DEFAULTS = {"errors": 0.2, "latency": 0.5, "pool": 1000.0, "memory": 100e6, "disk": 1e9}
_MOST = {"errors": 1.0, "latency": 60.0, "pool": 1000.0, "memory": 4e9, "disk": 100e9}
_CHUNK = 1 << 20


class InjectedError(Exception):
    """A request fails because the fault `errors` is on."""


@dataclass(frozen=True)
class Fault:
    """A fault that is on until this time of time.monotonic()."""

    amount: float
    until: float
    undo: Callable[[], None] = field(default=lambda: None, compare=False)


class Faults:
    """The faults of a process."""

    def __init__(self, ballast: Path, engine: Engine | None = None) -> None:
        self._ballast, self._engine = ballast, engine
        self._lock = threading.Lock()
        self._on: dict[str, Fault] = {}
        self._chance = random.Random()  # noqa: S311 - decides which requests fail
        # What a process that was killed has left.
        ballast.unlink(missing_ok=True)

    def on(self, name: str, amount: float | None, seconds: float) -> None:
        """Switch a fault on for so many seconds. Raises ValueError, with a sentence, for what there is not."""
        if name not in NAMES:
            raise ValueError(f"There is no fault {name}: the faults are {', '.join(NAMES)}.")
        amount = _DEFAULTS.get(name, 1.0) if amount is None else amount
        most = _MOST.get(name, 1.0)
        if not 0 < amount <= most:
            raise ValueError(f"The amount of {name} is {amount:g}: it has to be more than 0 and at most {most:g}.")
        self.off(name)
        undo = {"pool": self._hold, "memory": _fill_memory, "disk": self._fill_disk}.get(name, _nothing)(amount)
        with self._lock:
            self._on[name] = Fault(amount, time.monotonic() + seconds, undo)
        timer = threading.Timer(seconds, self._expire, [name])
        timer.daemon = True
        timer.start()

    def off(self, name: str) -> None:
        """Switch a fault off; nothing happens if it is not on."""
        with self._lock:
            fault = self._on.pop(name, None)
        if fault:
            fault.undo()

    def end(self) -> None:
        """Switch every fault off."""
        for name in NAMES:
            self.off(name)

    def amount(self, name: str) -> float:
        """Return the amount of a fault that is on, or 0."""
        fault = self._on.get(name)
        return fault.amount if fault and fault.until > time.monotonic() else 0.0

    def remaining(self) -> dict[str, float]:
        """Return for how many seconds each fault that is on stays on."""
        now = time.monotonic()
        with self._lock:
            return {name: round(fault.until - now, 1) for name, fault in self._on.items() if fault.until > now}

    def strike(self) -> None:
        """Delay a request and have it fail, as the faults that are on demand. Raises InjectedError."""
        if delay := self.amount("latency"):
            time.sleep(delay)
        if self._chance.random() < self.amount("errors"):
            raise InjectedError("This request fails because the fault `errors` is on.")

    def _expire(self, name: str) -> None:
        fault = self._on.get(name)
        if fault and fault.until <= time.monotonic():
            self.off(name)

    def _hold(self, amount: float) -> Callable[[], None]:
        """Take connections out of the pool, as many as it gives without a wait for those in use."""
        if self._engine is None:
            return _nothing(amount)
        with contextlib.ExitStack() as stack:
            pool = self._engine.pool
            size = getattr(pool, "size", lambda: 1)()
            with contextlib.suppress(Exception):  # what others use now cannot be taken
                for _number in range(min(int(amount), size)):
                    stack.enter_context(self._engine.connect())
            return stack.pop_all().close

    def _fill_disk(self, amount: float) -> Callable[[], None]:
        """Write until the disk is full or so many bytes are used."""
        with contextlib.suppress(OSError), self._ballast.open("wb", buffering=0) as file:
            left = int(amount)
            while left > 0:
                written = file.write(b"\0" * min(left, _CHUNK))
                left -= written
                os.fsync(file.fileno())
        return lambda: self._ballast.unlink(missing_ok=True)


def _fill_memory(amount: float) -> Callable[[], None]:
    # Not of zeros, which the kernel would not need memory for.
    ballast = bytearray(os.urandom(_CHUNK) * (int(amount) // _CHUNK or 1))
    return ballast.clear


def _nothing(_amount: float) -> Callable[[], None]:
    return lambda: None
