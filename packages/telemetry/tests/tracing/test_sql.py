from __future__ import annotations

import timeit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vigil_telemetry.tracing import sql

SYSTEMS = ("postgresql", "mysql", "microsoft.sql_server", "sqlite", "")
# As SQLAlchemy writes it: 255 characters.
TYPICAL = (
    "SELECT orders.id, orders.user_id, orders.total, orders.status, orders.created_at FROM orders JOIN users "
    "ON users.id = orders.user_id WHERE orders.status = 'paid' AND orders.total > {} AND users.email = %(email_1)s "
    "ORDER BY orders.created_at DESC LIMIT 20"
)


@pytest.mark.parametrize(
    ("statement", "text"),
    [
        ("SELECT * FROM a WHERE x = 'it''s' AND y > 1.5e-3", "SELECT * FROM a WHERE x = ? AND y > ?-?"),
        ("SELECT a FROM t WHERE id IN (1, 2, 3)", "SELECT a FROM t WHERE id IN (?)"),
        ("SELECT a FROM t WHERE id IN (%(id_1)s, %(id_2)s)", "SELECT a FROM t WHERE id IN (?)"),
        ("INSERT INTO t (a, b) VALUES (1, 'x'), (2, 'y')", "INSERT INTO t (a, b) VALUES (?)"),
        ("INSERT INTO t VALUES ($1, now()), ($3, now())", "INSERT INTO t VALUES (?, now())"),
        ("SELECT\n\ta -- a comment with it's\nFROM t", "SELECT a FROM t"),
        ("/* trace=1 */ SELECT a /* x */ FROM t", "SELECT a FROM t"),
        ('SELECT "a" FROM "t"', 'SELECT "a" FROM "t"'),
        ("SELECT a::text, b->>'k', c[1] FROM t", "SELECT a::text, b->>?, c[?] FROM t"),
        (r"SELECT E'it\'s' FROM t", "SELECT ? FROM t"),
        (r"SELECT a LIKE 'x' ESCAPE '\' FROM t", "SELECT a LIKE ? ESCAPE ? FROM t"),
        ("SELECT U&'d', B'1', X'ff', N'x'", "SELECT ?, ?, ?, ?"),
        ("SELECT t1.a2, 0x1F, .5, 12abc FROM t1", "SELECT t1.a2, ?, .?, ? FROM t1"),
        ("SET search_path TO tenant", "SET search_path = ?"),
    ],
)
def test_a_statement_keeps_its_shape_and_loses_its_values(statement: str, text: str) -> None:
    assert sql.without_values(statement, "postgresql").text == text


@pytest.mark.parametrize(
    ("system", "statement", "text"),
    [
        ("mysql", 'SELECT `a` FROM `t` WHERE b = "x" # c', "SELECT `a` FROM `t` WHERE b = ?"),
        ("microsoft.sql_server", "SELECT [a b] FROM [t] WHERE c = 'x'", "SELECT [a b] FROM [t] WHERE c = ?"),
        ("", 'SELECT "a" FROM t', "SELECT ? FROM t"),
        ("oracle.db", "ALTER USER u IDENTIFIED BY tiger", "ALTER USER u IDENTIFIED BY ?"),
        ("microsoft.sql_server", "EXEC login hunter2", "EXEC login ?"),
        ("redis", "SET user:1 value EX 3\nGET user:1\nGET user:2", "SET ?\nGET ?"),
    ],
)
def test_dialects_quote_in_their_own_ways(system: str, statement: str, text: str) -> None:
    assert sql.without_values(statement, system).text == text


@pytest.mark.parametrize("system", SYSTEMS)
@pytest.mark.parametrize(
    "statement",
    [
        "SELECT 'secret",
        "SELECT 1 /* secret",
        "SELECT 1 /* a /* b */ 'c */ secret'",
        "SELECT 1 /*! ' */ secret '*/",
        "SELECT $$ it's $$, 'secret'",
        "SELECT $t$ ' $T$ secret $t$",
        "SELECT $t$ secret",
        "SELECT q'[it's secret]'",
        "SELECT E'secret",
        r"SELECT E'it\'s secret', 'secret'",
        "SELECT 1 -- '\r secret '",
        "ALTER USER u IDENTIFIED BY secret",
        "SET role = secret; SELECT 1; SET a TO secret",
        "PRAGMA key = secret",
    ],
)
def test_what_does_not_end_or_has_two_readings_hides_the_rest(statement: str, system: str) -> None:
    assert "secret" not in sql.without_values(statement, system).text


@pytest.mark.parametrize(
    ("system", "statement"),
    [
        ("mysql", r"SELECT 'a\' OR 1=1 -- ', 'secret'"),
        ("", r"SELECT '\', ' secret '"),
        ("mysql", r'SELECT "a\" secret", b'),
        ("mysql", "SELECT 5--'a\n secret'"),
        ("mysql", "SELECT 1 # it's\n, 'secret'"),
        ("", "SELECT 1 # it's\n, 'secret'"),
        ("", "SELECT [it's], 'secret'"),
        ("mysql", "SELECT `secret"),
    ],
)
def test_a_quote_that_only_some_servers_take_for_one_never_turns_strings_inside_out(
    system: str, statement: str
) -> None:
    assert "secret" not in sql.without_values(statement, system).text


@settings(deadline=None)
@given(st.text("ab'\"`$\\/*-#\n []()E1,;", max_size=40), st.sampled_from(SYSTEMS))
def test_no_text_is_too_strange(statement: str, system: str) -> None:
    text = sql.without_values(statement, system).text
    assert len(text) <= 2 * len(statement) + len(" ? ...")
    assert "'" not in text or any(quote in statement for quote in '"`')


@settings(deadline=None)
@given(st.text(max_size=60), st.sampled_from(SYSTEMS))
def test_any_quoted_value_disappears(value: str, system: str) -> None:
    quoted = value.replace("'", "''")
    text = sql.without_values(f"SELECT a FROM t WHERE b = '{quoted}' AND c = 'canary'", system).text  # noqa: S608
    assert text in ("SELECT a FROM t WHERE b = ? AND c = ?", "SELECT a FROM t WHERE b = ? ...")


def test_operation_and_table_are_read() -> None:
    found = sql.without_values("/* x */ insert INTO shop.orders VALUES (1)", "postgresql")
    assert (found.operation, found.target) == ("INSERT", "shop.orders")


def test_of_a_megabyte_only_the_beginning_is_read_and_kept() -> None:
    statement = "INSERT INTO t VALUES " + ", ".join("(1, 'secret')" for _number in range(80_000))  # noqa: S608
    text = sql.without_values(statement, "postgresql").text
    assert text.startswith("INSERT INTO t VALUES (?)")
    assert text.endswith("...")
    assert len(text) < sql.LONGEST


def test_a_cached_statement_costs_5_microseconds_and_a_new_one_150() -> None:
    numbers = iter(range(10**6))
    new = min(
        timeit.repeat(lambda: sql.without_values(TYPICAL.format(next(numbers)), "postgresql"), number=20, repeat=50)
    )
    cached = min(timeit.repeat(lambda: sql.without_values(TYPICAL, "postgresql"), number=1000, repeat=20))
    assert cached / 1000 < 5e-6
    assert new / 20 < 150e-6
