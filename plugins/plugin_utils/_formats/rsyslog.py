# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The configuration of rsyslog, in its language RainerScript."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.vigil.observability.plugins.module_utils._errors.sentence import OperatorError

__all__ = ["rsyslog_text"]

_INDENT = "  "


def rsyslog_text(parts: Iterable[str | Mapping[str, Any]], indent: str = "") -> str:
    """Return the text of a configuration; a part is a text or one object, {kind: {parameter: value}}.

    A value {environment: NAME} is that of an environment variable. An object with `do` holds the objects of this list.
    Raises OperatorError for a value that no text can hold.
    """
    return "".join(part if isinstance(part, str) else _object(part, indent) for part in parts)


def _object(part: Mapping[str, Any], indent: str) -> str:
    ((kind, parameters),) = ((key, value) for key, value in part.items() if key != "do")
    words = " ".join(f"{name}={_value(name, value)}" for name, value in parameters.items() if value is not None)
    body = f" {{\n{rsyslog_text(part['do'], indent + _INDENT)}{indent}}}" if "do" in part else ""
    return f"{indent}{kind}({words}){body}\n"


def _value(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return '"on"' if value else '"off"'
    if isinstance(value, Mapping):
        return f"`echo ${value['environment']}`"
    if isinstance(value, list):
        return f"[{', '.join(_value(name, each) for each in value)}]"
    text = str(value)
    if not text.isprintable():
        raise OperatorError(f"The parameter {name} of rsyslog contains a control character: remove it.")
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
