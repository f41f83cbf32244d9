"""What the process itself uses: prometheus_client does not measure it in the multiprocess mode."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping
from typing import Any

import psutil

__all__ = ["NAMES", "ProcessUse"]

NAMES = (
    "process_cpu_seconds_total",
    "process_resident_memory_bytes",
    "process_start_time_seconds",
    "process_open_fds",
    "process_max_fds",
)


class ProcessUse:
    """Keeps the metrics of this process up to date; processes that have ended keep their CPU time.

    The start of a server with several (`shared`) processes is that of the one that starts them.
    """

    def __init__(self, metrics: Mapping[str, Any], *, shared: bool) -> None:
        self._metrics = metrics
        self._counted = 0.0
        process = psutil.Process()
        self._begin(os.getpid(), _server_start(process) if shared else process.create_time())

    def forked(self) -> None:
        """Go on as the child that this process now is, with the start of its parent."""
        self._begin(os.getpid(), self._since)

    def refresh(self) -> None:
        """Read and record what is used now."""
        with self._process.oneshot():
            used = self._process.cpu_times()
            seconds = used.user + used.system
            self._metrics["process_cpu_seconds_total"].inc(max(0.0, seconds - self._counted))
            self._counted = seconds
            self._metrics["process_resident_memory_bytes"].set(self._process.memory_info().rss)
        self._metrics["process_start_time_seconds"].set(self._since)
        with contextlib.suppress(AttributeError, OSError, psutil.Error):
            self._metrics["process_open_fds"].set(self._process.num_fds())
            self._metrics["process_max_fds"].set(self._process.rlimit(psutil.RLIMIT_NOFILE)[0])

    def _begin(self, number: int, since: float) -> None:
        self._process = psutil.Process(number)
        self._since = since
        self._counted = 0.0


def _server_start(process: psutil.Process) -> float:
    """Return when the server was started: its processes run the same Python as the one that started them."""
    with contextlib.suppress(psutil.Error, OSError):
        parent = process.parent()
        if parent and parent.exe() == process.exe():
            return float(parent.create_time())
    return float(process.create_time())
