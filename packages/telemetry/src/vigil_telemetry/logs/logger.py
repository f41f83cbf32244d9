"""The logger of applications: structlog's, which never raises and never waits."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Mapping
from typing import Any, Protocol

import structlog

from ..plain_values import shown
from .lines import LEVELS

__all__ = ["Logger", "Output", "logger"]

_NUMBERS = {number: level for level, number in LEVELS.items()}


class Output(Protocol):
    """What events are given to."""

    def is_logged(self, level: str) -> bool: ...
    def write(self, level: str, message: object, fields: Mapping[str, object]) -> None: ...


class Logger(structlog.BoundLoggerBase):
    """Logs a message with fields: `log.info("Order placed", orderNumber=1)`; `bind()` adds fields to all that follow.

    Arguments by position are formatted into the message with `%`, as the standard library's loggers do.
    """

    def debug(self, message: object = "", /, *arguments: object, **fields: object) -> None:
        """Log at the level debug."""
        self._write("debug", message, arguments, fields)

    def info(self, message: object = "", /, *arguments: object, **fields: object) -> None:
        """Log at the level info."""
        self._write("info", message, arguments, fields)

    def warning(self, message: object = "", /, *arguments: object, **fields: object) -> None:
        """Log at the level warn."""
        self._write("warn", message, arguments, fields)

    warn = warning

    def error(self, message: object = "", /, *arguments: object, **fields: object) -> None:
        """Log at the level error; with `exc_info=True` or an error, its name, message and stack."""
        self._write("error", message, arguments, fields)

    def exception(self, message: object = "", /, *arguments: object, **fields: object) -> None:
        """Log the error that is being handled, at the level error."""
        self._write("error", message, arguments, {"exc_info": True, **fields})

    def critical(self, message: object = "", /, *arguments: object, **fields: object) -> None:
        """Log at the level fatal."""
        self._write("fatal", message, arguments, fields)

    fatal = critical

    def log(self, level: int, message: object = "", /, *arguments: object, **fields: object) -> None:
        """Log at one of the standard library's levels."""
        self._write(_NUMBERS.get(level, "info"), message, arguments, fields)

    def _write(self, level: str, message: object, arguments: tuple[object, ...], fields: Mapping[str, object]) -> None:
        try:
            name, current = self._logger
            output = current()
            if output is None:
                logging.getLogger(name).log(LEVELS[level], "%s", formatted(message, arguments))
            elif output.is_logged(level):
                every = {"logger": name, **structlog.contextvars.get_contextvars(), **self._context, **fields}
                output.write(level, formatted(message, arguments), every)
        except Exception:  # noqa: BLE001 - an application must not fail because of what it logs
            return


def logger(name: str, current: Callable[[], Output | None]) -> Logger:
    """Return a logger that writes to the current output; while there is none, to the standard library's logging."""
    return Logger((name, current), [], {})


def formatted(message: object, arguments: tuple[object, ...]) -> object:
    """Return a message with its arguments; of those that do not fit, both as they are."""
    if not arguments:
        return message
    try:
        return str(message) % arguments
    except KeyboardInterrupt:
        raise
    except BaseException:  # noqa: BLE001 - a wrong format is logged rather than raised, and SystemExit in a __str__
        return " ".join([shown(message), *map(shown, arguments)])


def with_error(fields: Mapping[str, object]) -> tuple[dict[str, Any], BaseException | None]:
    """Return the fields without exc_info, and the error that it stands for."""
    kept = dict(fields)
    given = kept.pop("exc_info", None)
    if isinstance(given, tuple) and len(given) > 1:
        given = given[1]
    if given and not isinstance(given, BaseException):
        given = sys.exc_info()[1]
    return kept, given if isinstance(given, BaseException) else None
