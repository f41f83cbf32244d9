# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sections of keys and values as ini, as Go's most used reader takes it: a value that it would cut is quoted."""

from __future__ import annotations

import configparser
import io
import re
from collections.abc import Mapping
from typing import Any

from ansible_collections.vigil.observability.plugins.module_utils._errors.sentence import OperatorError

__all__ = ["ini_text"]

_NAME = re.compile(r"[A-Za-z0-9_][^=:\[\]#;\"`\r\n]*")
# A comment may begin anywhere in a line, a backslash at its end goes on with the next line, and a pair of quotes goes.
_CUT = re.compile(r"[#;]|^[\s\"'`]|[\s\\]$")


def ini_text(sections: Mapping[str, Any]) -> str:
    """Return {section: {key: text, number, truth or None}} as ini, without the keys whose value is None.

    The section DEFAULT is what stands above all sections. Raises OperatorError.
    """
    parser = configparser.RawConfigParser(interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]  # upper case letters stay
    for section, keys in sections.items():
        if not isinstance(keys, Mapping):
            raise OperatorError(f"The section {section} has to be a mapping of keys to values.")
        read = {_named(key, section): _value(value, f"{section}.{key}") for key, value in keys.items()}
        parser[_named(section, section)] = {key: value for key, value in read.items() if value is not None}
    written = io.StringIO()
    parser.write(written)
    return f"{written.getvalue().rstrip()}\n"


def _named(name: str, section: str) -> str:
    if not _NAME.fullmatch(str(name)):
        raise OperatorError(f"{name!r} in the section {section} cannot be a name in an ini file.")
    return str(name)


def _value(value: Any, place: str) -> str | None:
    if value is None:
        return None
    if isinstance(value, Mapping | list | tuple):
        raise OperatorError(f"{place} has to be a single text, number or boolean: write several as upstream does.")
    text = str(value).lower() if isinstance(value, bool) else str(value)
    if "\n" in text or "\r" in text:
        raise OperatorError(f"{place} has to be one line.")
    if not _CUT.search(text):
        return text
    quote = next((quote for quote in ("`", '"""') if quote not in text), None)
    if quote is None:
        raise OperatorError(f'{place} contains both quotes of an ini file, ` and """, so it cannot be written.')
    return f"{quote}{text}{quote}"
