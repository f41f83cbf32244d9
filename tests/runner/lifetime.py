"""Work that leaves no process behind, whatever ends it.

Two processes share it: one watches, the other works, in a session of its own. Each adopts what processes below it leave
behind. A signal that can be caught ends the work, and so does the death of whoever started the watcher. When one of the
two is killed, the other ends what is left and cleans up.

    lifetime.py COMMAND [ARGUMENT ...]   runs a command so
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path

__all__ = ["descendants", "guarded"]

GRACE = 3
ENDING = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
# The container engine outlives the run that started it, and the processes of containers are the engine's.
ENGINE = ("dockerd", "containerd")
# Of linux/prctl.h.
_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36


def guarded(work: Callable[[], int], clean: Callable[[], None]) -> int:
    """Do the work, then clean up, also after a signal or a kill; return the exit code."""
    starter = os.getppid()
    _depend_on(starter)
    signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)
    watcher = os.getpid()
    worker = os.fork()
    if worker == 0:
        os.setsid()
        _depend_on(watcher)
        os._exit(_worked(work, clean))

    def pass_on(number: int, *_: object) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(worker, number)

    for number in ENDING:
        signal.signal(number, pass_on)
    _watch_make(starter, pass_on)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDING)
    code = os.waitstatus_to_exitcode(os.waitpid(worker, 0)[1])
    signal.setitimer(signal.ITIMER_REAL, 0)
    if code < 0:
        _leave_nothing(clean)
    return code if code >= 0 else 128 - code


def _depend_on(parent: int) -> None:
    """Adopt orphans, and get SIGTERM when the parent ends, or has ended by now."""
    system = ctypes.CDLL(None)
    system.prctl(_PR_SET_CHILD_SUBREAPER, 1)
    system.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:
        os.kill(os.getpid(), signal.SIGTERM)


def _watch_make(starter: int, pass_on: Callable[[int], None]) -> None:
    """Pass on an interrupt that comes to the make above alone: make keeps it to itself and waits."""

    def status(process: int) -> dict[str, str]:
        with contextlib.suppress(OSError):
            lines = Path(f"/proc/{process}/status").read_text().splitlines()
            return dict(line.split(":\t", 1) for line in lines if ":\t" in line)
        return {}

    def catches(process: int) -> bool:
        return bool(int(status(process).get("SigCgt", "0"), 16) & 1 << signal.SIGINT - 1)

    make = starter
    while make and status(make).get("Name") != "make":
        make = int(status(make).get("PPid", 0))
    if catches(make):
        signal.signal(signal.SIGALRM, lambda *_: None if catches(make) else pass_on(signal.SIGINT))
        signal.setitimer(signal.ITIMER_REAL, 1, 1)


def _worked(work: Callable[[], int], clean: Callable[[], None]) -> int:
    """Do the work until it ends or a signal ends it, then leave nothing of it; return the exit code."""
    working = True

    def leave(number: int, *_: object) -> None:
        nonlocal working
        if working:
            working = False
            sys.exit(128 + number)

    for number in ENDING:
        signal.signal(number, leave)
    code = 1
    try:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDING)
        code = work()
        working = False
    except SystemExit as ended:
        code = int(ended.code or 0)
    except BaseException:  # noqa: BLE001 - whatever it was, what is left has to go
        traceback.print_exc()
    working = False
    with contextlib.suppress(BrokenPipeError):
        sys.stdout.flush()
    _leave_nothing(clean)
    return code


def _leave_nothing(clean: Callable[[], None]) -> None:
    """End all processes below this one and clean up."""
    _end_descendants()
    clean()
    _end_descendants()


def _end_descendants() -> None:
    """End all processes below this one: those that do not heed a signal in time are killed."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        until = time.monotonic() + GRACE
        told: set[int] = set()
        while (left := descendants(os.getpid())) and time.monotonic() < until:
            for process in left - told:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(process, number)
            told = left
            time.sleep(0.05)


def descendants(of: int) -> set[int]:
    """Return the processes below this one that have not ended, without the container engine and what it runs."""
    children: dict[int, list[tuple[int, str]]] = {}
    for status in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            head, tail = status.read_text(errors="replace").rsplit(")", 1)
            state, parent = tail.split()[:2]
            number, name = head.split(" (", 1)
            if not name.startswith(ENGINE):
                children.setdefault(int(parent), []).append((int(number), state))
    found: set[int] = set()
    waiting = [of]
    while waiting:
        for process, state in children.get(waiting.pop(), []):
            waiting.append(process)
            if state not in "ZX":
                found.add(process)
    return found


if __name__ == "__main__":
    sys.exit(guarded(lambda: subprocess.run(sys.argv[1:], check=False).returncode, lambda: None))
