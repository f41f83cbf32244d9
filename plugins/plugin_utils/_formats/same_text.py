# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Values of Ansible in Python's own types, so that a text is the same one in every file, on every ansible-core.

Ansible marks texts by types of its own: those that are no template (`!unsafe`, lookups, results), those that know their
place in a file, those that are encrypted, and from 2.19 on numbers, lists and mappings too. Serialisers refuse some of
them, and write others down encrypted.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, KeysView, Mapping, ValuesView
from collections.abc import Set as AbstractSet
from typing import Any, ParamSpec, TypeVar

from ansible.utils import unsafe_proxy

__all__ = ["plain", "same_text"]

_Options = ParamSpec("_Options")
_Made = TypeVar("_Made")
_EXACT = frozenset((str, int, float, bool, type(None)))
# Releases before 2.19 take every text that holds one of these for a template, unless it is of this type.
_MARKS = ("{{", "{%", "{#")
_Unsafe = getattr(unsafe_proxy, "AnsibleUnsafeText", None)


def plain(value: Any) -> Any:
    """Return the value in Python's own types, with everything in it decrypted and evaluated.

    Mappings become dictionaries with texts as keys, whatever else holds values a list, and what is no number a text.
    """
    if type(value) in _EXACT:
        return value
    if isinstance(value, str):
        # Not str(value): to that, ansible-core 2.18 answers with the marked text.
        return str.__str__(value)
    if isinstance(value, Mapping):
        return {str(plain(key)): plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple | AbstractSet | Iterator | KeysView | ValuesView):
        return [plain(each) for each in value]
    if isinstance(value, bytes):
        return plain(value.decode())
    kind = next((kind for kind in (int, float) if isinstance(value, kind)), None)
    return kind(value) if kind else plain(str(value))


def same_text(made_by: Callable[_Options, _Made]) -> Callable[_Options, _Made]:
    """Return a filter that is given plain values, and of whose result no release makes templates."""

    @functools.wraps(made_by)
    def kept(*given: _Options.args, **named: _Options.kwargs) -> _Made:
        made = made_by(*map(plain, given), **plain(named))
        return made if _Unsafe is None else _no_template(made)

    return kept


def _no_template(value: Any) -> Any:
    """Return the value with a mark on every text in which legends, annotations and the like look like templates."""
    if isinstance(value, dict):
        return {key: _no_template(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_no_template(each) for each in value]
    if _Unsafe and isinstance(value, str) and any(mark in value for mark in _MARKS):
        return _Unsafe(value)
    return value
