from __future__ import annotations

import traceback

import pytest

from vigil_telemetry.database_errors import is_of_database, stacktrace_without_values, without_values


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
    ],
)
def test_a_message_keeps_what_is_no_value(message: str, kept: str) -> None:
    assert without_values(message) == kept


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
