# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where documents keep what is analysed: the names of fields, those of the structured logger first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.vigil.observability.plugins.module_utils._errors.sentence import OperatorError

__all__ = ["FIELDS", "Places", "field_names", "value_at"]

FIELDS: Mapping[str, Sequence[str]] = {
    "time": ("@timestamp", "timestamp"),
    "level": ("level", "log.level"),
    "service": ("service", "service.name"),
    "message": ("message",),
    "detail": ("errorMessage", "error.message"),
    "error_name": ("errorName", "error.name", "error.type"),
    "response_time": ("responseTime", "durationMs"),
    "user": ("userId", "user.id", "context.userId"),
    "correlation": ("correlationId", "trace.id", "requestId", "context.requestId"),
}
"""What is read from a document, and the fields in which it may be; the first that a document has counts."""

# The names of a field with the keys that lead to it, where it may be in a nested object.
Places = tuple[tuple[str, tuple[str, ...]], ...]


def field_names(chosen: Mapping[str, Sequence[str] | None]) -> dict[str, Places]:
    """Return the places of every field, those that the user chose first. Raises OperatorError for an empty name."""
    names = {field: tuple(chosen.get(field) or known) for field, known in FIELDS.items()}
    for field, given in names.items():
        if not all(name.strip() for name in given):
            raise OperatorError(f"fields.{field} holds an empty name: list the names of fields in documents.")
    return {
        field: tuple((name, tuple(name.split(".")) if "." in name else ()) for name in given)
        for field, given in names.items()
    }


def value_at(document: Mapping[str, Any], places: Places) -> Any:
    """Return the value of the first place that a document has, or None."""
    for name, keys in places:
        value = document.get(name)
        if value is None and keys:
            value = _nested(document, keys)
        if value is not None:
            return value
    return None


def _nested(document: Mapping[str, Any], keys: Sequence[str]) -> Any:
    value: Any = document
    for key in keys:
        if not isinstance(value, dict):
            return None
        value = value.get(key)
    return value
