"""What Python and libraries report: standard-library logging, warnings, and exceptions that nobody catches."""

from __future__ import annotations

import logging
import sys
import threading
import warnings
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from ..redaction import Redactor
from .errors import error_fields
from .lines import LEVELS
from .logger import formatted

__all__ = ["Standard"]

_KNOWN = frozenset((*vars(logging.makeLogRecord({})), "message", "asctime", "taskName"))
_SEEN = "_vigil_telemetry"


class _Output(Protocol):
    redactor: Redactor

    def is_logged(self, level: str) -> bool: ...
    def write(self, level: str, message: object, fields: Mapping[str, object]) -> None: ...


class Standard:
    """Takes over the hooks of the interpreter while it is installed, and calls those that were there before."""

    def __init__(self, output: _Output, threshold: int) -> None:
        self._output, self._threshold = output, threshold
        self._handler = _Handler(output)
        self._loggers: list[logging.Logger] = []
        self._root_level: int | None = None
        self._before: dict[str, Any] = {}

    def install(self) -> None:
        """Take over. Loggers that keep their records to themselves, such as uvicorn's, are listened to as well."""
        root = logging.getLogger()
        if root.level > self._threshold:
            self._root_level = root.level
            root.setLevel(self._threshold)
        known = [found for found in root.manager.loggerDict.values() if isinstance(found, logging.Logger)]
        self._loggers = [root, *(found for found in known if not found.propagate)]
        for each in self._loggers:
            each.addHandler(self._handler)
        self._hook(sys, "excepthook", self._uncaught)
        self._hook(sys, "unraisablehook", self._unraisable)
        self._hook(threading, "excepthook", self._uncaught_in_thread)
        self._hook(warnings, "showwarning", self._warned)

    def remove(self) -> None:
        """Give back what was taken over, unless somebody else has taken it since."""
        for each in self._loggers:
            each.removeHandler(self._handler)
        if self._root_level is not None and logging.getLogger().level == self._threshold:
            logging.getLogger().setLevel(self._root_level)
        for place, name, own in (
            (sys, "excepthook", self._uncaught),
            (sys, "unraisablehook", self._unraisable),
            (threading, "excepthook", self._uncaught_in_thread),
            (warnings, "showwarning", self._warned),
        ):
            if getattr(place, name) == own:
                setattr(place, name, self._before[f"{place.__name__}.{name}"])

    def _hook(self, place: Any, name: str, own: Callable[..., None]) -> None:
        self._before[f"{place.__name__}.{name}"] = getattr(place, name)
        setattr(place, name, own)

    def _uncaught(self, kind: type[BaseException], error: BaseException, traceback: Any) -> None:
        if not issubclass(kind, KeyboardInterrupt):
            self._log("fatal", "Uncaught exception", error, {})
        self._before["sys.excepthook"](kind, error, traceback)

    def _uncaught_in_thread(self, found: threading.ExceptHookArgs) -> None:
        if found.exc_value is not None and not isinstance(found.exc_value, SystemExit):
            name = found.thread.name if found.thread is not None else ""
            self._log("error", "Uncaught exception in a thread", found.exc_value, {"thread": name})
        self._before["threading.excepthook"](found)

    def _unraisable(self, found: Any) -> None:
        if found.exc_value is not None:
            self._log("error", found.err_msg or "Exception that could not be raised", found.exc_value, {})
        self._before["sys.unraisablehook"](found)

    def _warned(self, message: Any, category: type[Warning], filename: str, lineno: int, *file_and_line: Any) -> None:
        if file_and_line and file_and_line[0] is not None:
            self._before["warnings.showwarning"](message, category, filename, lineno, *file_and_line)
        else:
            fields = {"logger": "py.warnings", "category": category.__name__, "file": filename, "line": lineno}
            self._output.write("warn", message, fields)

    def _log(self, level: str, message: str, error: BaseException, fields: Mapping[str, object]) -> None:
        self._output.write(level, message, {**fields, **error_fields(error, self._output.redactor)})


class _Handler(logging.Handler):
    """Makes events of records. It needs no lock, so none is inherited locked by a child."""

    def __init__(self, output: _Output) -> None:
        super().__init__()
        self._output = output

    def handle(self, record: logging.LogRecord) -> bool:
        """Log a record, once, however many loggers it passes."""
        if not vars(record).get(_SEEN):
            setattr(record, _SEEN, True)
            self.emit(record)
        return True

    def emit(self, record: logging.LogRecord) -> None:
        """Log a record with its own fields and its error. Never raises."""
        level = _level(record.levelno)
        try:
            if self._output.is_logged(level):
                arguments = record.args if isinstance(record.args, tuple) else (record.args,)
                message = formatted(record.msg, arguments if record.args else ())
                self._output.write(level, message, self._fields(record))
        except Exception:  # noqa: BLE001 - an application must not fail because of what it logs
            return

    def _fields(self, record: logging.LogRecord) -> dict[str, object]:
        fields: dict[str, object] = {"logger": record.name}
        fields.update((name, value) for name, value in vars(record).items() if name not in _KNOWN and name != _SEEN)
        if record.exc_info and record.exc_info[1] is not None:
            fields.update(error_fields(record.exc_info[1], self._output.redactor))
        if record.stack_info:
            fields["stack"] = record.stack_info
        return fields


def _level(number: int) -> str:
    found = "debug"
    for level, least in LEVELS.items():
        if number >= least:
            found = level
    return found
