"""What the runtime asks of its parts: logs, metrics, traces."""

from __future__ import annotations

__all__ = ["Part"]


class Part:
    """A part of the library. Each method does nothing unless the part has something to do."""

    def start(self) -> None:
        """Begin; raise TelemetryError when that is impossible."""

    def stop(self, timeout: float) -> None:
        """Write or send all that waits, within these seconds; never raise."""

    def before_fork(self) -> None:
        """Hold what a child must not inherit halfway, such as a lock."""

    def after_fork(self, *, child: bool) -> None:
        """Let go again; in the child, begin anew: with own threads, without what waits in the parent."""
