# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Changing single values in a YAML text, so that comments, order and every other byte stay as a person wrote them."""

from __future__ import annotations

import json
from typing import Any

import yaml

from ansible_collections.vigil.observability.plugins.module_utils._errors.sentence import OperatorError

__all__ = ["TextError", "values_of", "with_value", "without_key"]

_INDENT = "  "


class TextError(OperatorError):
    """A YAML text that cannot be read or changed; the text is a sentence that holds none of its values."""


def values_of(text: str) -> dict[str, Any]:
    """Return the keys and values of a YAML text, none for an empty one. Raises TextError."""
    try:
        values = yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        # Neither the error nor its cause: both quote the line.
        raise TextError(f"It is not plain YAML{f', see line {mark.line + 1}' if mark else ''}.") from None
    if values is None:
        return {}
    if not isinstance(values, dict):
        raise TextError("It is not a mapping of variables to values.")
    return values


def with_value(text: str, path: tuple[str, ...], value: str) -> str:
    """Return the text with the value at a path of one or two keys, which is added where it is missing.

    Raises TextError.
    """
    expected = values_of(text)
    _set(expected, path, value)
    return _verified(_with_value(text, path, value), expected, path)


def without_key(text: str, key: str) -> str:
    """Return the text without a key of the top level. Raises TextError."""
    expected = {other: value for other, value in values_of(text).items() if other != key}
    found = _child(_root(text), key)
    if found is None:
        return text
    name, value = found
    end = value.end_mark.index
    if not text[:end].endswith("\n"):
        end = (text + "\n").index("\n", end) + 1
    return _verified(text[: name.start_mark.index] + text[end:], expected, (key,))


def _set(values: dict[str, Any], path: tuple[str, ...], value: str) -> None:
    *parents, last = path
    for parent in parents:
        values = values.setdefault(parent, {})
        if not isinstance(values, dict):
            raise TextError(f"{parent} is not a mapping of names to passwords.")
    values[last] = value


def _verified(text: str, expected: dict[str, Any], path: tuple[str, ...]) -> str:
    """Return the text if nothing but the asked-for value differs from before."""
    try:
        if yaml.safe_load(text) == expected:
            return text
    except yaml.YAMLError:
        pass  # for the same sentence, without the lines that the error quotes
    raise TextError(
        f"{'.'.join(path)} cannot be changed the way it is written there: put each key on a line of its own."
    )


def _with_value(text: str, path: tuple[str, ...], value: str) -> str:
    found = _child(_root(text), path[0])
    if found is None:
        return _appended(text, path, value)
    if len(path) == 1:
        return _replaced(text, found[1], value)
    member = _child(found[1], path[1])
    if member is not None:
        return _replaced(text, member[1], value)
    return _inserted(text, found[1], path[1], value)


def _root(text: str) -> yaml.Node | None:
    return yaml.compose(text, Loader=yaml.SafeLoader)


def _child(node: yaml.Node | None, key: str) -> tuple[yaml.Node, yaml.Node] | None:
    pairs = node.value if isinstance(node, yaml.MappingNode) else []
    return next(((name, value) for name, value in pairs if name.value == key), None)


def _appended(text: str, path: tuple[str, ...], value: str) -> str:
    if text and not text.endswith("\n"):
        text += "\n"
    if len(path) == 1:
        return f"{text}{path[0]}: {_block(value, _INDENT)}"
    return f"{text}{path[0]}:\n{_INDENT}{path[1]}: {_block(value, _INDENT * 2)}"


def _replaced(text: str, node: yaml.Node, value: str) -> str:
    start, end = node.start_mark.index, node.end_mark.index
    new = json.dumps(value)
    if text[start:end].endswith("\n"):
        new = _block(value, _INDENT)
    return text[:start] + new + text[end:]


def _inserted(text: str, mapping: yaml.Node, key: str, value: str) -> str:
    start = mapping.start_mark.index
    if text[start] == "{":
        return f"{text[: start + 1]}{key}: {json.dumps(value)}, {text[start + 1 :]}"
    indent = " " * mapping.start_mark.column
    return f"{text[:start]}{key}: {_block(value, indent + _INDENT)}{indent}{text[start:]}"


def _block(value: str, indent: str) -> str:
    """Return the value as it stands after a key, with the line break after it: several lines as a literal block."""
    if not value.endswith("\n") or len(value.splitlines()) == 1:
        return json.dumps(value) + "\n"
    return "|\n" + "".join(f"{indent}{line}\n" for line in value.splitlines())
