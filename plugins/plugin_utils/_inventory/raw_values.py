# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Values as an inventory holds them: texts that are templates, encrypted ones, and what a template names."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

__all__ = ["PLAIN", "is_encrypted", "is_plain", "named_facts"]

PLAIN = str | int | float | None
_TEMPLATE_MARKS = ("{{", "{%", "{#", "#jinja2:")
_WORD = re.compile(r"[A-Za-z_]\w*")
# Names of a connection: a template that names one which is not there is wrong, with facts as without.
_CONNECTION = ("ansible_host", "ansible_port", "ansible_user")


def walked(value: Any) -> Iterator[Any]:
    """Yield everything in a value that is neither list nor mapping."""
    if isinstance(value, dict):
        for each in value.values():
            yield from walked(each)
    elif isinstance(value, list):
        for each in value:
            yield from walked(each)
    else:
        yield value


def is_encrypted(raw: Any) -> bool:
    """Return whether something in a value is no text yet, as it is encrypted with a vault password."""
    return any(not isinstance(each, PLAIN) for each in walked(raw))


def is_plain(raw: Any) -> bool:
    """Return whether a value is what it says, with no template and nothing encrypted in it."""
    texts = (each for each in walked(raw) if isinstance(each, str))
    return not is_encrypted(raw) and not any(mark in text for text in texts for mark in _TEMPLATE_MARKS)


def _is_template(value: Any) -> bool:
    return isinstance(value, str) and any(mark in value for mark in _TEMPLATE_MARKS)


def named_facts(raw: Any, variables: Mapping[str, Any], known: Collection[str]) -> set[str]:
    """Return whose facts a value is made of: "own", "others", or neither. Other variables lead there too.

    Args:
        raw: The value.
        variables: All variables of the host; facts of earlier runs can be among them.
        known: What else a template can name, which is no fact.
    """
    cached = variables.get("ansible_facts", {})
    said = {name for name in variables if name.removeprefix("ansible_") not in cached and name != "ansible_facts"}
    found: set[str] = set()
    seen: set[str] = set()
    waiting = [raw]
    while waiting:
        for text in filter(_is_template, walked(waiting.pop())):
            words = set(_WORD.findall(text))
            if any(_is_fact(word, said, known) for word in words):
                found.add("others" if "hostvars" in words else "own")
            waiting += [variables[word] for word in words & said - seen]
            seen |= words
    return found


def _is_fact(word: str, said: Collection[str], known: Collection[str]) -> bool:
    return word == "ansible_facts" or (
        word.startswith("ansible_") and word not in _CONNECTION and word not in said and word not in known
    )
