"""Messages of databases' errors without the values of rows and statements, which servers and drivers quote in them."""

from __future__ import annotations

import re

__all__ = ["is_of_database", "stacktrace_without_values", "without_rows", "without_values"]

LONGEST = 512
"""Characters of a message that are kept."""

_MODULES = re.compile(
    r"(?:sqlalchemy|psycopg2?|psycopg_pool|pg8000|asyncpg|aiopg|sqlite3|aiosqlite|pymysql|aiomysql|asyncmy|MySQLdb|mysql"
    r"|mariadb|oracledb|cx_Oracle|pyodbc|pymssql|duckdb|redis|django\.db)\b"
)
# What only they write, also within the message of another error.
_MARKS = re.compile(
    r"\[SQL: |\[parameters: |\b(?:DETAIL|CONTEXT|QUERY|STATEMENT):  |\bKey \(.*\)=\(|\bDuplicate entry '"
    r"|\bFailing row contains|\binvalid input (?:syntax|value) for|\bIncorrect \w+ value: '|\bLINE \d+: "
    r"|\b(?:at or )?near \"|\) of pipeline caused error",
    re.DOTALL,
)
# Names of what a database has, which are no values, and where it is.
_NAME = (
    r"(?:constraint|relation|column|table|index|function|type|role|user|database|schema|sequence|at|host|server) "
    r"(?:\"[\w.:-]{1,63}\"|'[\w.:-]{1,63}')"
)
_QUOTED = re.compile(rf"{_NAME}|(?P<value>['\"`].*)", re.DOTALL)
_PAIRS = re.compile(r"\(.*\)=\(.*")
_NUMBER = re.compile(r"(?<![\w.])\d{5,}(?![\w.])")
_NUMBERED = re.compile(r"\((\d{1,5}), [b]?(['\"])(.*)\2\)\s*", re.DOTALL)

# Messages that an application's own procedures and triggers raise, in PostgreSQL and in MySQL: any text.
_RAISED_BY_CODE = re.compile(r"\(?(?:\w+\.)*RaiseException\)?:?|1644:")
_PIPELINE = re.compile(r"(Command # \d+ \(\w+) .*\) of pipeline caused error", re.DOTALL)

_BEGINS = (
    *("[SQL: ", "[parameters: ", "DETAIL:  ", ")=(", "Duplicate entry ", "Failing row contains", "invalid input "),
    *("LINE ", "near ", "ncorrect ", "out of range", " literal: ", "of pipeline caused", "args beginning with: "),
)
# Within the representation of an error, quotes have backslashes.
_ROW = re.compile(
    r"(\[SQL: |\[parameters: |DETAIL:  |Key \([^()\n]{1,256}\)=\(|Duplicate entry \\*'|Failing row contains "
    r"|invalid input (?:syntax|value) for [\w ]{1,64}: |LINE \d+: |\bnear \\*[\"']|\b[Ii]ncorrect \w+ value: "
    r"|\bvalue \\*\"(?=[^\"\n]*\" is out of range)|value out of range: |malformed \w+ literal: "
    r"|args beginning with: ).*",
    re.DOTALL,
)

_FRAME = re.compile(r'  File "[^"\n]{1,512}", line \d+(?:, in [\w.<>]+)?')
_RAISED = re.compile(r"((?:[^\W\d]\w*\.)*[A-Z]\w*)(?::|\Z)")
_SENTENCES = frozenset(
    {
        "Traceback (most recent call last):",
        "The above exception was the direct cause of the following exception:",
        "During handling of the above exception, another exception occurred:",
    }
)


def is_of_database(kind: str, message: str) -> bool:
    """Whether an error of this type, with its module, or the message of another error may have values of a database."""
    return _MODULES.match(kind) is not None or _MARKS.search(message) is not None


def without_values(message: str, kind: str = "") -> str:
    """Return the first line of the message of an error of this type with "?" for all that may be a value.

    Names of constraints, tables and columns are kept. A value may have quotes of its own, so everything from the first
    quote to the last is one.
    """
    numbered = _NUMBERED.fullmatch(message)
    text = f"{numbered[1]}: {numbered[3]}" if numbered else message
    raised = _RAISED_BY_CODE.match(text)
    if raised or kind.endswith("RaiseException"):
        return f"{raised[0]} ?" if raised else "?"
    line = _PIPELINE.sub(r"\1 ?) of pipeline caused error", text)
    line = line.lstrip().partition("\n")[0].partition("\r")[0]
    line = line.partition("[SQL: ")[0].partition("[parameters: ")[0].partition("DETAIL: ")[0]
    line = _PAIRS.sub("?", _QUOTED.sub(_masked, line))
    return _NUMBER.sub("?", line).strip()[:LONGEST]


def without_rows(text: str) -> str:
    """Return any text up to where it quotes a row or a statement, as errors of databases do; "?" for the rest."""
    for begin in _BEGINS:
        if begin in text:
            return _ROW.sub(r"\1?", _PIPELINE.sub(r"\1 ?) of pipeline caused error", text))
    return text


def stacktrace_without_values(text: str) -> str:
    """Return the frames of a formatted stack trace, with the types of its errors but without their messages."""
    kept: list[str] = []
    after_frame = False
    for line in text.splitlines():
        if _FRAME.fullmatch(line) or line in _SENTENCES:
            kept.append(line)
            after_frame = line.startswith("  File")
        elif after_frame and (raised := _RAISED.match(line)):
            # A message may have any number of lines; the next frame ends it.
            kept.append(raised[1])
            after_frame = False
    return "\n".join(kept)


def _masked(found: re.Match[str]) -> str:
    value = found["value"]
    if value is None:
        return found[0]
    end = max(value.rfind(quote) for quote in "'\"`")
    # Without another quote, nothing shows where the value ends.
    return "?" + (value[end + 1 :] if end > 0 else "")
