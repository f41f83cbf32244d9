"""The fields of an error."""

from __future__ import annotations

import contextlib
import traceback
from typing import Any

from .. import database_errors
from ..plain_values import shown
from ..redaction import Redactor

__all__ = ["error_fields", "stack_of"]

_CODES = ("code", "sqlstate", "pgcode", "errno")
_STATUSES = ("status_code", "statusCode", "status")
_LONGEST_CODE = 256
_LONGEST_CHAIN = 20


def error_fields(error: BaseException, redactor: Redactor) -> dict[str, object]:
    """Return errorName, errorMessage and errorStack, and errorCode and httpStatus of errors that have them."""
    fields: dict[str, object] = {
        "errorName": type(error).__name__,
        "errorMessage": _message(error),
        "errorStack": stack_of(error, redactor),
    }
    code = _first(error, _CODES, (str, int))
    if code is not None:
        fields["errorCode"] = shown(code)[:_LONGEST_CODE]
    status = _first(error, _STATUSES, (int,))
    if isinstance(status, int) and 100 <= status <= 599:  # noqa: PLR2004 - the statuses of HTTP
        fields["httpStatus"] = int(status)
    return fields


def stack_of(error: BaseException, redactor: Redactor) -> str:
    """Return the stack trace with the errors that caused this one, redacted and bounded."""
    try:
        lines = traceback.format_exception(type(error), error, error.__traceback__)
    except KeyboardInterrupt:
        raise
    except BaseException:  # noqa: BLE001 - an error whose attributes raise
        return type(error).__name__
    stack = "".join(lines)
    if any(_of_database(one) for one in _chain(error)):
        # Messages of databases quote rows, wherever they are in the chain.
        stack = f"{database_errors.stacktrace_without_values(stack)}: {_message(error)}"
    return redactor.stack(stack)


def _message(error: BaseException) -> str:
    message = shown(error)
    return database_errors.without_values(message, type(error).__name__) if _of_database(error) else message


def _of_database(error: BaseException) -> bool:
    kind = type(error)
    return database_errors.is_of_database(f"{kind.__module__}.{kind.__qualname__}", shown(error))


def _chain(error: BaseException) -> list[BaseException]:
    """Return the error and those that caused it."""
    found: list[BaseException] = []
    next_one: BaseException | None = error
    while next_one is not None and next_one not in found and len(found) < _LONGEST_CHAIN:
        found.append(next_one)
        next_one = next_one.__cause__ or next_one.__context__
    return found


def _first(error: BaseException, names: tuple[str, ...], kinds: tuple[type, ...]) -> Any:
    for name in names:
        with contextlib.suppress(Exception):
            value = getattr(error, name, None)
            if isinstance(value, kinds) and not isinstance(value, bool):
                return value
    return None
