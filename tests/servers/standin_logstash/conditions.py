"""Conditions of pipelines, as a function of an event."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from lscl import lang

from .errors import ConfigurationError
from .event import Event

__all__ = ["condition"]

Test = Callable[[Event], bool]
# What Ruby's expressions mean otherwise than Python's, or Python's do not have.
_RUBY = re.compile(r"\\[hHGRXKpPz]|\(\?(?!:|i\))|\[\[:|\$|(?<!\[)\^")


def condition(parsed: Any) -> Test:
    """Return what tells whether an event fulfils a condition; raise ConfigurationError for one that is not executed."""
    if isinstance(parsed, lang.LsclSelector):
        return lambda event: _truth(event.get(_reference(parsed)))
    if isinstance(parsed, lang.LsclNot):
        inner = condition(parsed.condition)
        return lambda event: not inner(event)
    if isinstance(parsed, (lang.LsclAnd, lang.LsclOr)):
        tests = [condition(each) for each in parsed.conditions]
        whole = all if isinstance(parsed, lang.LsclAnd) else any
        return lambda event: whole(test(event) for test in tests)
    if isinstance(parsed, (lang.LsclMatch, lang.LsclNotMatch)):
        return _matching(parsed)
    if isinstance(parsed, (lang.LsclEqualTo, lang.LsclNotEqualTo)):
        return _equality(parsed)
    if isinstance(parsed, (lang.LsclIn, lang.LsclNotIn)):
        test, wanted = _membership(parsed), isinstance(parsed, lang.LsclIn)
        return lambda event: test(event) is wanted
    raise ConfigurationError(f"the stand-in does not execute the condition {parsed!r}")


def _reference(selector: Any) -> str:
    if not isinstance(selector, lang.LsclSelector):
        raise ConfigurationError(f"the stand-in executes conditions on fields only, not on {selector!r}")
    return "".join(f"[{name}]" for name in selector.names)


def _truth(value: Any) -> bool:
    """Upstream looks at the text of a value, which only these have none of."""
    return value not in (None, "", False) or (value == 0 and value is not False)


def _matching(parsed: Any) -> Test:
    pattern = getattr(parsed.pattern, "pattern", parsed.pattern)
    if _RUBY.search(pattern):
        raise ConfigurationError(f"the stand-in does not execute the pattern {pattern}: Ruby reads it otherwise")
    # Ruby's also matches before a last line break.
    compiled = re.compile(pattern.replace(r"\Z", r"(?=\n?\Z)"))
    reference, wanted = _reference(parsed.value), isinstance(parsed, lang.LsclMatch)

    def test(event: Event) -> bool:
        value = event.get(reference)
        return (isinstance(value, str) and compiled.search(value) is not None) is wanted

    return test


def _equality(parsed: Any) -> Test:
    first, equal = _reference(parsed.first), isinstance(parsed, lang.LsclEqualTo)
    if isinstance(parsed.second, str):
        return lambda event: (event.get(first) == parsed.second) is equal
    second = _reference(parsed.second)
    return lambda event: (event.get(first) == event.get(second)) is equal


def _membership(parsed: Any) -> Test:
    if isinstance(parsed.needle, str):
        field = _reference(parsed.haystack)
        return lambda event: parsed.needle in (event.get(field) or ())
    values, field = parsed.haystack, _reference(parsed.needle)
    # Upstream takes a list with one value for that value, and looks for a part of it.
    if not isinstance(values, list) or len(values) < 2 or not all(isinstance(value, str) for value in values):
        raise ConfigurationError(f"the stand-in executes `in` with two texts or more, not with {values}")
    return lambda event: event.get(field) in values
