"""The running telemetry of a process: starts its parts in order, and stops them however the process ends.

A normal end and `sys.exit` stop it at exit; so does the end of a process of `multiprocessing`, which skips `atexit`.
SIGTERM stops it, unless the program handles that signal itself; the process then ends by the signal, as without us.
A server that has taken SIGTERM over before it imported the application, as uvicorn does, ends by the signal without
`atexit`: there it stops when the server has ended the application.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import signal
import threading
import time
from multiprocessing import util
from types import FrameType
from typing import TYPE_CHECKING

from .carriers import carry_context
from .errors import TelemetryError
from .parts import Part
from .requests.observed import Observers
from .settings import Settings

if TYPE_CHECKING:
    from .logs import Logs
    from .metrics import Metrics

__all__ = ["SECONDS_TO_STOP", "Telemetry", "running", "start", "stop", "stop_with_server"]

SECONDS_TO_STOP = 4.5  # the interpreter needs the rest of the five that are promised


class Telemetry:
    """The telemetry of this process: its settings, its parts in the order of their start, what observes requests."""

    logs: Logs | None = None
    metrics: Metrics | None = None

    def __init__(self, settings: Settings, parts: tuple[Part, ...] = (), observers: Observers | None = None) -> None:
        self.settings = settings
        self.observers = observers
        self._parts = parts
        self._stopping = threading.Lock()
        self._stopped = False

    def start(self) -> None:
        """Start all parts; when one cannot, stop those before it and raise its TelemetryError."""
        with contextlib.ExitStack() as begun:
            for part in self._parts:
                part.start()
                begun.callback(part.stop, 1.0)
            begun.pop_all()

    def stop(self, timeout: float = SECONDS_TO_STOP) -> None:
        """Write and send all that waits, the parts in reverse order, within these seconds in all; once."""
        ends = time.monotonic() + timeout
        if not self._stopping.acquire(timeout=max(0.0, timeout)):
            return
        try:
            if self._stopped:
                return
            self._stopped = True
            for left, part in zip(range(len(self._parts), 0, -1), reversed(self._parts)):
                # The log comes last, and must have time even when a collector hangs.
                remaining = max(0.0, ends - time.monotonic())
                part.stop(remaining if left == 1 else remaining * 0.6)
        finally:
            self._stopping.release()

    def before_fork(self) -> None:
        """Prepare all parts for a fork."""
        for part in reversed(self._parts):
            part.before_fork()

    def after_fork(self, *, child: bool) -> None:
        """Go on after a fork, in the parent or in the child."""
        if child:
            self._stopping = threading.Lock()
        for part in self._parts:
            part.after_fork(child=child)


class _Process:
    """What this process runs. Hooks of the interpreter, which cannot be removed, are set once and ask it."""

    telemetry: Telemetry | None = None
    stopping: Telemetry | None = None
    hooked = False
    served = False  # by a server that has taken SIGTERM over


def running() -> Telemetry | None:
    """Return the telemetry that was started, or None."""
    return _Process.telemetry


def start(telemetry: Telemetry) -> Telemetry:
    """Start the telemetry of this process. Raises TelemetryError when it runs already, with other settings."""
    if _Process.telemetry is not None:
        if _Process.telemetry.settings == telemetry.settings:
            return _Process.telemetry
        raise TelemetryError("Start of telemetry: it was started with other settings; start it once, or stop() first.")
    telemetry.start()
    carry_context()
    _Process.telemetry = telemetry
    if not _Process.hooked:
        _Process.hooked = True
        _hook()
    _handle_sigterm()
    return telemetry


def stop(timeout: float = SECONDS_TO_STOP) -> None:
    """Stop the telemetry of this process, if it runs: returns within the timeout, in seconds, and never raises.

    While another thread stops it, as after SIGTERM, this waits for that one: the process must not end before.
    """
    if _Process.telemetry is not None:
        _Process.telemetry, _Process.stopping = None, _Process.telemetry
    if _Process.stopping is not None:
        _Process.stopping.stop(timeout)


def stop_with_server() -> None:
    """Stop it if the server that has ended its application had taken SIGTERM over, as `stop` does."""
    if _Process.served:
        stop()


def _hook() -> None:
    atexit.register(stop)
    _stop_with_multiprocessing()
    os.register_at_fork(
        before=_before_fork,
        after_in_parent=lambda: _after_fork(child=False),
        after_in_child=lambda: _after_fork(child=True),
    )
    # A child of multiprocessing forgets what it inherited, and leaves without `atexit`.
    util.register_after_fork(_Process, lambda _process: _stop_with_multiprocessing())


def _stop_with_multiprocessing() -> None:
    util.Finalize(None, stop, exitpriority=0)


def _before_fork() -> None:
    if _Process.telemetry is not None:
        _Process.telemetry.before_fork()


def _after_fork(*, child: bool) -> None:
    if child:
        _Process.stopping = None  # its lock may be held by a thread that there is not
    if _Process.telemetry is not None:
        _Process.telemetry.after_fork(child=child)


def _handle_sigterm() -> None:
    handler = signal.getsignal(signal.SIGTERM)
    _Process.served = callable(handler) and handler is not _terminated
    in_main_thread = threading.current_thread() is threading.main_thread()
    if in_main_thread and handler is signal.SIG_DFL:
        signal.signal(signal.SIGTERM, _terminated)


def _terminated(_number: int, _frame: FrameType | None) -> None:
    """Stop in another thread, because the main one may hold any lock; then end as the signal ends a process."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    threading.Thread(target=_stop_and_die, name="telemetry-stop", daemon=True).start()


def _stop_and_die() -> None:
    stop()
    os.kill(os.getpid(), signal.SIGTERM)
