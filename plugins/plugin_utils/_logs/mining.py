# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Patterns of messages: masked texts that are alike become one, with a mark where they differ.

A tree leads from the service over the number of words to the words that many texts share. Below that, texts become one
when at least half of their words are the same, and only where the others are many: `accepted` and `declined` stay two
patterns, while the names of twenty users do not make twenty. The order of the texts does not matter.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

__all__ = ["ANY", "patterns_of"]

ANY = "<*>"
# As many different words at one place are a value rather than a part of the message.
_VARIANTS = 8
_ROUNDS = 6
_WORD = re.compile(r"[^\W\d_]")
_MASK = re.compile(r"<[a-z]+>|<\*>")

Words = tuple[str, ...]


def patterns_of(texts: Iterable[tuple[int, str]]) -> dict[tuple[int, str], str]:
    """Return {(service, text): pattern} of masked texts; services are numbers."""
    branches: defaultdict[tuple[int, int], dict[Words, str]] = defaultdict(dict)
    for service, text in texts:
        words = tuple(text.split(" "))
        branches[service, len(words)][words] = text
    found: dict[tuple[int, str], str] = {}
    for (service, _length), branch in branches.items():
        merged = _merged(list(branch))
        found.update(((service, text), _joined(merged.get(words, words))) for words, text in branch.items())
    return found


def _joined(words: Words) -> str:
    """Return the pattern, with one mark for several in a row."""
    return " ".join(word for word, after in zip(words, (*words[1:], ""), strict=True) if word != ANY or after != ANY)


def _merged(rows: list[Words]) -> dict[Words, Words]:
    """Return the pattern of each row that has another one than itself. All rows have the same number of words."""
    now = {row: row for row in rows}
    for _round in range(_ROUNDS):
        distinct = sorted(set(now.values()))
        if len(distinct) < _VARIANTS and not any(ANY in row for row in distinct):
            break
        step = _by_shared_words(distinct)
        step |= _by_one_word(sorted({step.get(row, row) for row in distinct}), step)
        if not step:
            break
        now = {row: step.get(then, then) for row, then in now.items()}
    return now


def _by_shared_words(rows: Sequence[Words]) -> dict[Words, Words]:
    """Return what rows become that share words with many others, at the places where those differ much."""
    frequent = [
        {word for word, count in Counter(column).items() if count >= _VARIANTS} for column in zip(*rows, strict=True)
    ]
    groups: defaultdict[Words, list[Words]] = defaultdict(list)
    for row in rows:
        key = tuple(word if word in often else ANY for word, often in zip(row, frequent, strict=True))
        if ANY in key:
            groups[key].append(row)
    step: dict[Words, Words] = {}
    for key, members in groups.items():
        if len(members) >= _VARIANTS and _alike(key):
            values = [_is_value(column) for column in zip(*members, strict=True)]
            for row in members:
                made = tuple(
                    ANY if shared == ANY and value else word
                    for word, shared, value in zip(row, key, values, strict=True)
                )
                if made != row:
                    step[row] = made
    return step


def _by_one_word(rows: Sequence[Words], before: dict[Words, Words]) -> dict[Words, Words]:
    """Return what rows become that differ in one word, with those that led to them by the step before."""
    now = {row: row for row in rows}
    for place in range(len(rows[0])):
        groups: defaultdict[Words, set[str]] = defaultdict(set)
        for row in set(now.values()):
            groups[(*row[:place], ANY, *row[place + 1 :])].add(row[place])
        many = {key for key, values in groups.items() if _is_value(values) and len(values) > 1 and _alike(key)}
        if many:
            for row, then in now.items():
                made = (*then[:place], ANY, *then[place + 1 :])
                now[row] = made if made in many else then
    step = {row: then for row, then in now.items() if row != then}
    return step | {row: step.get(then, then) for row, then in before.items()}


def _is_value(words: Iterable[str]) -> bool:
    distinct = set(words)
    return ANY in distinct or len(distinct) >= _VARIANTS


def _alike(words: Words) -> bool:
    """Whether what two texts share is enough to be the same message: half of the words, and a real one."""
    shared = [word for word in words if word != ANY]
    return 2 * len(shared) >= len(words) and any(_WORD.search(_MASK.sub("", word)) for word in shared)
