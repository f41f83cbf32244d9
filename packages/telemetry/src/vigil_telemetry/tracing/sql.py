"""SQL without its values, by the lexer of sqlparse with rules of ours.

The rules that come with sqlparse read `'\'` as the beginning of a string, which it is in MySQL but not in PostgreSQL: a
reading that is not the server's takes what is outside of strings for what is inside. Where readings differ and the
dialect is not known, the statement ends at that place, with "? ...".
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, NamedTuple

from sqlparse import tokens
from sqlparse.lexer import Lexer

__all__ = ["LONGEST", "Statement", "without_values"]

LONGEST = 4096
"""Characters of a statement that are read; "..." stands for the rest."""

_CACHED = 512
_END = "? ..."
_POSTGRESQL = frozenset({"postgresql", "cockroachdb", "redshift", "aws.redshift"})
_MYSQL = frozenset({"mysql", "mariadb"})

_VALUE, _KEPT, _COMMENT, _UNSURE = (
    tokens.Literal,
    tokens.Name,
    tokens.Comment,
    tokens.Error,
)
_SPACE = tokens.Whitespace
_STRING = r"(?:[nbx]|u&)?'(?:[^']|'')*'"
_BEFORE = [
    # Most of a statement: words that are not the prefix of a string, with what is between them, as one token.
    (r"(?:[^\W\d][\w$]*(?![\w$'&])|[ ,.()=*])+", _KEPT),
    (r"\s+", _SPACE),
    (r"n?q'[\s\S]*", _UNSURE),  # Oracle's q'[it's]'
]
_WORDS = [
    (r"@{0,2}[^\W\d][\w$]*", _KEPT),
    (r"\d[\w.]*|\.\d\w*", _VALUE),
    (r"::", _KEPT),
    (r"%s|%\(\w+\)[a-z]|\?\d*|:\w+|\$\d+(?!\w)", _VALUE),
    (r"/\*[\s\S]*?\*/", _COMMENT),
]
_AFTER = [
    # What does not end, and what only some dialects quote: $tag$...$tag$, /* of a comment */.
    (r"(?:['\"`$\\]|/\*|--)[\s\S]*", _UNSURE),
    (r"[(),;.=<>!+\-*/%^&|~@:{}]", _KEPT),
]
_RULES: dict[str, list[tuple[str, Any]]] = {
    "postgresql": [
        *_BEFORE,
        (r"e'(?:[^'\\]|''|\\[\s\S])*'", _VALUE),
        (r"e'[\s\S]*", _UNSURE),
        (_STRING, _VALUE),
        (r'"(?:[^"]|"")*"', _KEPT),
        *_WORDS,
        (r"--[^\n]*", _COMMENT),
        (r"[\[\]#`]", _KEPT),
        *_AFTER,
    ],
    "mysql": [
        *_BEFORE,
        (_STRING, _VALUE),
        (r'"(?:[^"]|"")*"', _VALUE),
        (r"`(?:[^`]|``)*`", _KEPT),
        *_WORDS,
        (r"(?:--(?=\s|\Z)|#)[^\n]*", _COMMENT),
        *_AFTER,
    ],
    "other": [
        *_BEFORE,
        (_STRING, _VALUE),
        (r'"(?:[^"]|"")*"|`(?:[^`]|``)*`', _VALUE),
        *_WORDS,
        (r"\[[^\W\d][\w .$-]*\]", _KEPT),
        (r"--(?=\s|\Z)[^\n]*", _COMMENT),
        (r"[\[#][\s\S]*", _UNSURE),
        *_AFTER,
    ],
}
# Lists of values, and rows of them, have one shape however long they are.
_LIST = re.compile(r"\(\?(?: ?, ?\?)+\)")
_ROWS = re.compile(r"(\((?:[^()]|\([^()]{0,64}\)){1,2048}\))(?: ?, ?\1)+")
# Values that need no quotes: SET search_path TO x, Oracle's IDENTIFIED BY x, and the arguments of EXEC.
_SETTING = re.compile(r"((?:^|; ?)(?:set|pragma)\b[^=(;]*?)(?: ?=| to\b|\()[^;]*", re.IGNORECASE)
_PASSWORD = re.compile(r"\b(identified (?:with \S+ )?(?:by|as)(?: password)?|password) [^\s?;]+", re.IGNORECASE)
_CALL = re.compile(r"((?:^|; ?)(?:exec|execute) [\w.@]+)[^;]*", re.IGNORECASE)
_OPERATION = re.compile(r"\W*([A-Za-z]+)")
_TARGET = re.compile(r"\b(?:from|into|update|table|call)\s+([\w.\"`$]+)", re.IGNORECASE)


class Statement(NamedTuple):
    """A statement without values: its text, its operation in upper case and its first table, both "" if unknown."""

    text: str
    operation: str
    target: str


def _lexer(rules: list[tuple[str, Any]]) -> Any:
    lexer: Any = Lexer()
    lexer.clear()
    lexer.set_SQL_REGEX(rules)
    return lexer


_LEXERS: dict[str, Any] = {dialect: _lexer(rules) for dialect, rules in _RULES.items()}


def without_values(statement: str, system: str = "") -> Statement:
    """Return a statement without values and comments; the system is OpenTelemetry's name of it, such as postgresql."""
    if len(statement) > LONGEST:
        # What is kept in the cache must not be the megabytes of an INSERT.
        return _read(statement[: LONGEST + 1], system)
    return _read(statement, system)


@lru_cache(maxsize=_CACHED)
def _read(statement: str, system: str) -> Statement:
    if system == "redis":
        return _command(statement)
    dialect = "postgresql" if system in _POSTGRESQL else "mysql" if system in _MYSQL else "other"
    text = _settled(_masked(statement[:LONGEST], dialect))
    if len(statement) > LONGEST and not text.endswith("..."):
        text = f"{text} ..."
    operation = _OPERATION.match(text)
    target = _TARGET.search(text)
    return Statement(text, operation[1].upper() if operation else "", target[1].strip('"`') if target else "")


def _masked(statement: str, dialect: str) -> str:
    """Return the statement with "?" for each value, without comments, with single spaces."""
    parts: list[str] = []
    for kind, text in _LEXERS[dialect].get_tokens(statement):
        if kind is _KEPT:
            parts.append(text)
        elif kind is _SPACE:
            parts.append(" ")
        elif _unsure(kind, text, dialect):
            parts.append(_END)
            break
        else:
            parts.append(" " if kind in _COMMENT else "?")
    return " ".join("".join(parts).split())


def _unsure(kind: Any, text: str, dialect: str) -> bool:
    """Whether servers read what follows in different ways: nested and executable comments, a backslash and a quote."""
    if kind in _COMMENT:
        if text.startswith("/*"):
            return "/*" in text[2:] or text[2:3] in "!M"
        return "\r" in text.rstrip("\r")
    # The lexer of newer releases finds $tag$...$tag$ before our rules do.
    if kind is _UNSURE or (text.startswith("$") and not text[1:].isdigit()):
        return len(text) > 1 or text in "'\"`$\\[#"
    return dialect != "postgresql" and ("\\'" in text or '\\"' in text)


def _settled(text: str) -> str:
    text = _ROWS.sub(r"\1", _LIST.sub("(?)", text))
    text = _SETTING.sub(r"\1 = ?", text)
    text = _CALL.sub(r"\1 ?", text)
    return _PASSWORD.sub(r"\1 ?", text)


def _command(commands: str) -> Statement:
    """Return the commands of Redis, one a line, without their keys and values."""
    read = []
    for line in commands[:LONGEST].splitlines():
        name, *rest = line.split(maxsplit=1)[:2] or [""]
        known = re.fullmatch(r"[A-Za-z][A-Za-z._]{0,31}", name)
        read.append((name.upper() if known else "?") + (" ?" if rest else ""))
    text = "\n".join(dict.fromkeys(read))
    return Statement(text, read[0].partition(" ")[0].strip("?") if read else "", "")
