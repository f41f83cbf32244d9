# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Label matchers, as PromQL writes them: which requests of an application count, with examples for tests."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ansible_collections.vigil.observability.plugins.module_utils._prometheus.application_queries import quoted

__all__ = ["Matcher", "MatcherError", "counted_labels", "faults_of_matchers", "left_out_labels", "matcher"]

_WRITTEN = re.compile(
    r"""\s*([a-zA-Z_][a-zA-Z0-9_]*)\s*(=~|!~|!=|=)\s*("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`)\s*"""
)
# Parts of a regular expression, and what each may match.
_SIMPLER = (
    (r"\((?:\?:)?([^|()]*)(?:\|[^()]*)?\)", r"\1"),
    (r"\.\*|[*?^$]", ""),
    (r"(?:\.|\[[^\]]*\]|\\[dw])\+?", "1"),
    (r"\\(.)", r"\1"),
)


class MatcherError(Exception):
    """What is no label matcher; the text is the end of a sentence."""


@dataclass(frozen=True)
class Matcher:
    """A label with what its value has to be; a label that is not there has an empty value."""

    label: str
    operator: str
    value: str

    def __str__(self) -> str:
        return f"{self.label}{self.operator}{quoted(self.value)}"

    def matches(self, value: str) -> bool:
        """Return whether a series with this value of the label is among those that match."""
        same = bool(re.fullmatch(self.value, value)) if "~" in self.operator else value == self.value
        return same != self.operator.startswith("!")


def matcher(text: str) -> Matcher:
    """Return the matcher of a text such as route!~"/healthz|/metrics". Raises MatcherError."""
    found = _WRITTEN.fullmatch(text)
    if not found:
        raise MatcherError('must be a label matcher such as route!~"/healthz|/metrics"')
    label, operator, written = found.groups()
    value = written[1:-1]
    try:
        if written[0] != "`":
            value = json.loads(f'"{value}"' if written[0] == '"' else '"' + value.replace('"', '\\"') + '"')
        if "~" in operator:
            re.compile(value)
    except json.JSONDecodeError as error:
        raise MatcherError("has an unknown escape: write \\\\ for \\, or the text between `") from error
    except re.error as error:
        raise MatcherError(f"has an invalid regular expression ({error})") from error
    if "{{" in value or not (value.isprintable() or not value):
        raise MatcherError("must be one line of text without {{")
    return Matcher(label, operator, value)


def faults_of_matchers(texts: Sequence[str], taken: Sequence[str]) -> Iterator[str]:
    """Yield what is wrong with matchers that hold together, as ends of sentences; `taken` labels are said elsewhere."""
    found = []
    for text in texts:
        try:
            found.append(matcher(text))
        except MatcherError as error:
            yield f"the matcher {text!r} {error}."
    for one in (one for one in found if one.label in taken):
        yield f"the matcher {str(one)!r} is on {one.label}, which cannot select requests."
    if len(found) < len(texts):
        return
    for label, values in _examples(found).items():
        written = ", ".join(str(one) for one in found if one.label == label)
        if values[0] is None:
            yield f"no value of {label} was found for {written}: simplify it, for example to a|b, or remove a matcher."
        if values[1] is None:
            yield f"{written} excludes no value that could be found: simplify it, for example to a|b, or remove it."


def counted_labels(matchers: Sequence[Matcher]) -> dict[str, str]:
    """Return labels of a series that all of them match."""
    return {label: counted for label, (counted, _out) in _examples(matchers).items() if counted}


def left_out_labels(matchers: Sequence[Matcher]) -> list[dict[str, str]]:
    """Return labels of series of which each fails to match one label alone."""
    counted = counted_labels(matchers)
    outside = {label: out for label, (_counted, out) in _examples(matchers).items() if out is not None}
    return [{name: value for name, value in {**counted, label: out}.items() if value} for label, out in outside.items()]


def _examples(matchers: Sequence[Matcher]) -> dict[str, tuple[str | None, str | None]]:
    """Return for each label a value that matches and one that does not, None where none is found."""
    found: dict[str, tuple[str | None, str | None]] = {}
    for label in {one.label: None for one in matchers}:
        own = [one for one in matchers if one.label == label]
        values = {value: all(one.matches(value) for one in own) for value in ["", *_values(own), "/", "x", "1"]}
        counted = next((value for value, matched in values.items() if matched), None)
        # What a matcher names is a better example than what is not there.
        outside = [value for value, matched in values.items() if not matched]
        found[label] = counted, next((value for value in outside if value), next(iter(outside), None))
    return found


def _values(matchers: Sequence[Matcher]) -> Iterator[str]:
    for one in matchers:
        if "~" not in one.operator:
            yield one.value
            continue
        for part in (re.sub(*_SIMPLER[0], one.value), *one.value.split("|")):
            for alternative in part.split("|"):
                text = alternative
                for pattern, instead in _SIMPLER:
                    text = re.sub(pattern, instead, text)
                yield text
