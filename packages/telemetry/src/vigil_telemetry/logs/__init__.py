"""Structured logs: JSON lines in combined.log and error.log, or on the standard output."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path

from ..errors import TelemetryError
from ..parts import Part
from ..redaction import Redactor
from ..settings import Settings
from . import sinks
from .dropped import Dropped
from .errors import error_fields
from .events import Events, Transaction
from .files import LogFile
from .lines import LEVELS, Line, Lines
from .logger import Logger, logger, with_error
from .sinks import Sink, Stream
from .standard import Standard
from .writer import Writer

__all__ = ["Events", "Logger", "Logs", "Transaction", "logger"]

_STANDARD_OUTPUT = 1
_THRESHOLDS = {"DEBUG": 10, "INFO": 20, "WARNING": 30, "ERROR": 40, "CRITICAL": 50}


def _nobody() -> tuple[None, None]:
    return None, None


class Logs(Part):
    """The log of a process. What an application calls here never raises, and waits only for security events."""

    def __init__(
        self, settings: Settings, redactor: Redactor, ids: Callable[[], tuple[str | None, str | None]] = _nobody
    ) -> None:
        """`ids` returns the correlation id and the user of what the caller works on, each None if there is none."""
        self.redactor = redactor
        self._settings = settings
        self._threshold = _THRESHOLDS[settings.log_level]
        self._lines = Lines(settings, redactor, ids)
        self._own_lines = Lines(settings, redactor, _nobody)
        self._dropped = Dropped()
        self._sinks = self._wanted_sinks()
        self._writer = Writer(self._sinks, settings.log_queue_lines, self._dropped, self._lines.line, self._told)
        self._standard = Standard(self, self._threshold)
        self.events = Events(self)

    def start(self) -> None:
        """Open the files and listen to the standard library. Raises TelemetryError when a file cannot be written."""
        directory = self._settings.log_directory
        try:
            for sink in self._sinks:
                if isinstance(sink.target, LogFile):
                    sink.target.open()
                else:
                    os.fstat(_STANDARD_OUTPUT)
        except OSError as error:
            raise TelemetryError(_not_opened(directory, error)) from None
        self._standard.install()

    def stop(self, timeout: float) -> None:
        """Write all that waits, within these seconds; from then on, each line is written by who logs it."""
        self._standard.remove()
        self._writer.stop(timeout)

    def after_fork(self, *, child: bool) -> None:
        """Begin anew in a child; lines that wait are written by the parent."""
        if child:
            self._dropped.forget()
            self._writer.forked()

    def logger(self, name: str) -> Logger:
        """Return a logger that writes here."""
        return logger(name, lambda: self)

    def dropped(self) -> int:
        """Return how many lines this process has dropped."""
        return self._dropped.total()

    def dropped_by_reason(self) -> Mapping[str, int]:
        """Return how many lines this process has dropped: queue_full, write_failed, unreadable, stopped."""
        return self._dropped.numbers()

    def is_logged(self, level: str) -> bool:
        """Whether lines of this level are written."""
        return LEVELS[level] >= self._threshold

    def write(self, level: str, message: object, fields: Mapping[str, object]) -> None:
        """Log an event; `exc_info` among its fields becomes those of the error. Never raises."""
        kept, error = with_error(fields) if "exc_info" in fields else (fields, None)
        self.event(level, message, kept if error is None else {**kept, **error_fields(error, self.redactor)})

    def event(self, level: str, message: object, fields: Mapping[str, object], *, on_disk: bool = False) -> bool:
        """Log an event, and return whether it is on disk, if that was asked for. Never raises."""
        if not on_disk and not self.is_logged(level):
            return False
        try:
            event = self._lines.event(level, message, fields)
            if not on_disk and event.may_wait:
                self._writer.put(event)
                return False
            line = self._lines.line(event)
        except Exception:  # noqa: BLE001 - an application must not fail because of what it logs
            self._dropped.add("unreadable")
            return False
        if on_disk:
            return self._writer.put_on_disk(line)
        self._writer.put(line)
        return False

    def _told(self, numbers: Mapping[str, int]) -> Line:
        fields = {"droppedLines": numbers["now"], "sinceStart": numbers}
        return self._own_lines.line(self._own_lines.event("warn", "Log lines were dropped", fields))

    def _wanted_sinks(self) -> list[Sink]:
        settings, limit = self._settings, self._settings.log_queue_lines
        console = Sink(Stream(_STANDARD_OUTPUT), sinks.combined, limit, self._dropped)
        if settings.log_directory is None:
            return [console]
        files = [
            Sink(self._file(settings.log_directory / name), chosen, limit, self._dropped)
            for name, chosen in (("combined.log", sinks.combined), ("error.log", sinks.error))
        ]
        return [*files, console] if settings.log_console else files

    def _file(self, path: Path) -> LogFile:
        return LogFile(path, rotate_bytes=self._settings.log_rotate_bytes, rotate_files=self._settings.log_rotate_files)


def _not_opened(directory: Path | None, error: OSError) -> str:
    if directory is None:
        return "Start of telemetry: the standard output is closed: open it, or log to files with log_directory."
    return (
        f"Start of telemetry: the log directory {directory} cannot be written: {error.strerror} ({error.filename}): "
        f"create it, owned by the user of this process, or choose another one with log_directory."
    )
