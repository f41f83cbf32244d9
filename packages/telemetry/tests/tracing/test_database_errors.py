from __future__ import annotations

import traceback

import pytest

from vigil_telemetry.database_errors import is_of_database, stacktrace_without_values, without_rows, without_values


@pytest.mark.parametrize(
    ("message", "kept"),
    [
        (
            'duplicate key value violates unique constraint "users_email_key"\nDETAIL:  Key (email)=(s) exists.',
            'duplicate key value violates unique constraint "users_email_key"',
        ),
        (
            '(psycopg.errors.UndefinedTable) relation "orders" does not exist\nLINE 1: s\n[SQL: s]\n[parameters: s]',
            '(psycopg.errors.UndefinedTable) relation "orders" does not exist',
        ),
        ('invalid input syntax for type integer: "it"s secret"', "invalid input syntax for type integer: ?"),
        ('invalid input syntax for type integer: "a\nsecret"', "invalid input syntax for type integer: ?"),
        ("(1062, \"Duplicate entry 'secret' for key 'users.email'\")", "1062: Duplicate entry ?"),
        (
            "(sqlite3.IntegrityError) UNIQUE constraint failed: u.email",
            "(sqlite3.IntegrityError) UNIQUE constraint failed: u.email",
        ),
        ("value 123456789 is out of range", "value ? is out of range"),
        ("Key (email)=(secret) is there", "Key ?"),
        ("one line [SQL: SELECT secret]", "one line"),
        (
            "Command # 2 (LPUSH a secret) of pipeline caused error: no",
            "Command # 2 (LPUSH ?) of pipeline caused error: no",
        ),
        ("(psycopg.errors.RaiseException) the secret is locked", "(psycopg.errors.RaiseException) ?"),
        ("(1644, 'the secret is locked')", "1644: ?"),
    ],
)
def test_a_message_keeps_what_is_no_value(message: str, kept: str) -> None:
    assert without_values(message) == kept


def test_what_code_in_the_server_raises_is_no_message_of_the_server() -> None:
    assert without_values("the secret is locked", "psycopg.errors.RaiseException") == "?"


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("failed: syntax error at or near \"secret\"\nLINE 1: 'secret'", 'failed: syntax error at or near "?'),
        ("SyntaxError('no\\nLINE 12: secret')", "SyntaxError('no\\nLINE 12: ?"),
        ("the right syntax to use near 'secret' at line 1", "the right syntax to use near '?"),
        ("(1366, \"Incorrect integer value: 'secret' for\")", '(1366, "Incorrect integer value: ?'),
        ("(1062, \"Duplicate entry \\'secret\\' for key\")", "(1062, \"Duplicate entry \\'?"),
        ('value "99999" is out of range for type integer', 'value "?'),
        ('malformed array literal: "secret"', "malformed array literal: ?"),
        ("unknown command 'A', with args beginning with: 'secret'", "unknown command 'A', with args beginning with: ?"),
        ("Command # 1 (SET a secret) of pipeline caused error: x", "Command # 1 (SET ?) of pipeline caused error: x"),
        ("The courier is near the door, LINE 7 is late, as a literal: it is out of range", None),
        ("An incorrect total of value 3", None),
    ],
)
def test_a_text_that_quotes_the_error_of_a_database_ends_before_the_value(text: str, kept: str | None) -> None:
    assert without_rows(text) == (kept or text)


@pytest.mark.parametrize(
    ("kind", "message", "expected"),
    [
        ("psycopg.errors.UniqueViolation", "", True),
        ("sqlalchemy.exc.IntegrityError", "", True),
        ("redis.exceptions.ResponseError", "", True),
        ("shop.OrderFailed", "it failed: (1062, \"Duplicate entry 'x' for key 'y'\")", True),
        ("shop.OrderFailed", "Key (a)=(b)", True),
        ("ValueError", "no such order", False),
        ("mysqlike.Error", "no", False),
    ],
)
def test_errors_of_databases_are_known_by_type_or_by_what_only_they_write(
    kind: str, message: str, expected: bool
) -> None:
    assert is_of_database(kind, message) is expected


def test_a_stack_trace_keeps_frames_and_types_but_no_message() -> None:
    def fail() -> None:
        try:
            raise KeyError("secret\n  with lines\nsecret: x")  # noqa: TRY301 - the trace of two errors
        except KeyError as error:
            raise ValueError("secret") from error

    with pytest.raises(ValueError) as raised:  # noqa: PT011 - its text is what the test is about
        fail()
    text = stacktrace_without_values("".join(traceback.format_exception(None, raised.value, raised.tb)))
    assert "secret" not in text
    assert text.count("  File ") == 3
    assert "\nKeyError\n" in text
    assert text.endswith("ValueError")
