"""A program that uses PostgreSQL, MySQL and Redis with many secrets, and prints what the library records of it.

databases.py HOST NAME FOLDER <SECRETS: name and password are those of a user and its database, and the password is the
first of the secrets. "§" in a statement or a parameter is a new secret, "¶" the one that is in the table already.
"""

from __future__ import annotations

import asyncio
import json
import logging
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import psycopg
import pymysql
import redis
import redis.asyncio
import sqlalchemy
from psycopg import errors
from pymysql import err

import vigil_telemetry as telemetry
from tracing.collectors import collector


class Refused(NamedTuple):
    """A statement that a server refuses. What code within the server raises is recognized by the error's type only."""

    error: type[Exception]
    statement: str
    parameters: Any = None
    by_code: bool = False


INSERT = "INSERT INTO users (email) VALUES (%s)"
POSTGRESQL: Sequence[tuple[str, Any]] = (
    ("CREATE TABLE users (id serial, email text UNIQUE, age int CHECK (age < 200))", None),
    ("INSERT INTO users (email) VALUES ('¶') -- §", None),
    ("SELECT * FROM users /* § */ WHERE email = E'it\\'s §' OR email = $a$it's §$a$", None),
    ("SELECT 1 AS \"it's\" WHERE 'a''§' = U&'§' OR 'a\\' = '§'", None),
    (INSERT, ("§",)),
    ("INSERT INTO users (email) VALUES (%(email)s)", {"email": "it's § \\"}),
    ("SET my.token TO §", None),
)
POSTGRESQL_REFUSES = (
    Refused(errors.UniqueViolation, INSERT, ("¶",)),
    Refused(errors.CheckViolation, "INSERT INTO users (email, age) VALUES (%s, 999)", ("§",)),
    Refused(errors.InvalidTextRepresentation, "SELECT * FROM users WHERE id = '§'"),
    Refused(errors.InvalidTextRepresentation, "SELECT * FROM users WHERE id = %s::int", ("§",)),
    Refused(errors.InvalidTextRepresentation, "SELECT %s::int[]", ("§",)),
    Refused(errors.InvalidDatetimeFormat, "SELECT %s::date", ("§",)),
    Refused(errors.SyntaxError, "SELEC '§'"),
    Refused(errors.SyntaxError, "SELECT 1 FROM users WHERE = '§'"),
    Refused(errors.SyntaxError, "SELECT '§ FROM users"),
    Refused(errors.RaiseException, "DO $$ BEGIN RAISE 'user § is locked' USING DETAIL = '§'; END $$", by_code=True),
)
MYSQL: Sequence[tuple[str, Any]] = (
    ("CREATE TABLE users (id int AUTO_INCREMENT PRIMARY KEY, email varchar(80) UNIQUE, age int)", None),
    ("INSERT INTO users (email) VALUES ('¶') # §", None),
    ("SELECT `email` FROM users WHERE email = 'it\\'s §' OR email = \"§\" -- §", None),
    ("SELECT 'a\\\\', \"it's §\", 'say \\\"§\\\"', n'§', _utf8'§' FROM users", None),
    ("SELECT /*! '§' , */ 1 /* § */ FROM users", None),
    ("SELECT * FROM users WHERE email = %s", ("§",)),
    ("SELECT * FROM users WHERE email = %(email)s", {"email": "it's \\ §"}),
    ("PREPARE found FROM 'SELECT * FROM users WHERE email = ?'", None),
    ("SET @email = '§'", None),
    ("EXECUTE found USING @email", None),
    ("CREATE USER other IDENTIFIED BY '§'", None),
    ("SET PASSWORD FOR other = PASSWORD('§')", None),
    ("DROP USER other", None),
)
MYSQL_REFUSES = (
    Refused(err.IntegrityError, INSERT, ("¶",)),
    Refused(err.DataError, "INSERT INTO users (age) VALUES (%s)", ("§",)),
    Refused(err.ProgrammingError, "SELEC '§' FROM users"),
    Refused(err.ProgrammingError, "SELECT 'it\\' § FROM users"),
    Refused(err.OperationalError, "SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'user § is locked'", by_code=True),
)
REDIS: Sequence[tuple[str, ...]] = (
    ("SET", "¶", "§"),
    ("HSET", "§", "§", "§"),
    ("GET", "session:§"),
    ("EVAL", "return ARGV[1]", "1", "§", "§"),
    ("ACL", "SETUSER", "other", "on", ">§"),
    ("CONFIG", "SET", "masterauth", "§"),
)
REDIS_REFUSES: Sequence[tuple[type[Exception], tuple[str, ...]]] = (
    (redis.ResponseError, ("LPUSH", "¶", "§")),
    (redis.ResponseError, ("HACK", "§", "§")),
    (redis.AuthenticationError, ("AUTH", "§")),
)


class Program:
    """What an application does with its databases."""

    def __init__(self, host: str, name: str, password: str, secrets: Iterator[str]) -> None:
        self._host, self._name, self._password, self._secrets = host, name, password, secrets
        self._first = next(secrets)
        self.refused = 0

    def postgresql(self) -> None:
        """Use PostgreSQL by psycopg, in every way that it has, and by SQLAlchemy."""
        url = f"postgresql://{self._name}:{self._password}@{self._host}/{self._name}"
        connection: Any = psycopg.connect(url, autocommit=True)
        for statement, parameters in self._filled(POSTGRESQL):
            connection.execute(statement, parameters, prepare=parameters is not None)
        with connection.cursor().copy("COPY users (email) FROM STDIN") as copy:
            copy.write_row(self._filled(("§",)))
        for cursor in (psycopg.ClientCursor(connection), connection.cursor(name="on_the_server", withhold=True)):
            cursor.execute("SELECT %s::text", self._filled(("§",)))
        self._many(connection.cursor(), errors.UniqueViolation)
        for one in POSTGRESQL_REFUSES:
            with self._expected(one.error, by_code=one.by_code):
                connection.execute(*self._filled((one.statement, one.parameters)))
        with self._expected(psycopg.OperationalError):
            psycopg.connect(url.replace(self._password, self._filled("§")))
        asyncio.run(self._asynchronous_postgresql(url))
        self._by_sqlalchemy(url.replace("://", "+psycopg://"))

    async def _asynchronous_postgresql(self, url: str) -> None:
        connection = await psycopg.AsyncConnection.connect(url)
        await connection.execute("SELECT %s", self._filled(("§",)))
        with self._expected(errors.UniqueViolation):
            await connection.execute(INSERT, (self._first,))
        await connection.close()

    def mysql(self) -> None:
        """Use MySQL by PyMySQL, and by SQLAlchemy."""
        given: dict[str, Any] = {"host": self._host, "user": self._name, "database": self._name, "autocommit": True}
        cursor: Any = pymysql.connect(**given, password=self._password).cursor()
        for statement, parameters in self._filled(MYSQL):
            cursor.execute(statement, parameters)
        self._many(cursor, err.IntegrityError)
        for one in MYSQL_REFUSES:
            with self._expected(one.error, by_code=one.by_code):
                cursor.execute(*self._filled((one.statement, one.parameters)))
        with self._expected(err.OperationalError):
            pymysql.connect(**given, password=self._filled("§"))
        self._by_sqlalchemy(f"mysql+pymysql://{self._name}:{self._password}@{self._host}/{self._name}")

    def redis(self) -> None:
        """Use Redis, also in pipelines."""
        url = f"redis://:{self._password}@{self._host}/0"
        connection: Any = redis.Redis.from_url(url)
        for command in self._filled(REDIS):
            connection.execute_command(*command)
        with connection.pipeline() as pipeline:
            pipeline.set(*self._filled(("§", "§"))).incr(self._filled("§")).execute()
        with self._expected(redis.ResponseError), connection.pipeline() as pipeline:
            pipeline.set(*self._filled(("§", "§"))).lpush(*self._filled(("¶", "§"))).execute()
        for error, command in REDIS_REFUSES:
            with self._expected(error):
                connection.execute_command(*self._filled(command))
        with self._expected(redis.AuthenticationError):
            redis.Redis.from_url(url.replace(self._password, self._filled("§"))).ping()
        asyncio.run(self._asynchronous_redis(url))

    async def _asynchronous_redis(self, url: str) -> None:
        connection: Any = redis.asyncio.Redis.from_url(url)
        with self._expected(redis.ResponseError):
            await connection.lpush(*self._filled(("¶", "§")))
        await connection.connection_pool.disconnect()

    def _many(self, cursor: Any, error: type[Exception]) -> None:
        cursor.executemany(INSERT, self._filled([("§",), ("it's § \\'",)]))
        with self._expected(error):
            cursor.executemany(INSERT, self._filled([("§",), ("¶",)]))

    def _by_sqlalchemy(self, url: str) -> None:
        with sqlalchemy.create_engine(url).connect() as connection:
            statement = sqlalchemy.text("SELECT * FROM users WHERE email = :email")
            connection.execute(statement, self._filled({"email": "§"}))
            with self._expected(sqlalchemy.exc.IntegrityError):
                inserted = sqlalchemy.text("INSERT INTO users (email) VALUES (:email)")
                connection.execute(inserted, self._filled([{"email": "§"}, {"email": "¶"}]))

    @contextmanager
    def _expected(self, error: type[Exception], *, by_code: bool = False) -> Iterator[None]:
        """Record the error of the block in every way that an application has; without one, end the program."""
        log, plain = telemetry.logger("shop"), logging.getLogger("plain")
        try:
            with telemetry.trace_business_process("refused"):
                yield
        except error as found:
            self.refused += 1
            log.exception("It failed")
            telemetry.log_error(found, operation="refused")
            if not by_code:
                log.warning("It failed", error=str(found), detail=found)
                plain.exception("It failed: %s", found)
                plain.warning("It failed: %r", found)
            return
        raise SystemExit(f"no {error.__name__}")

    def _filled(self, value: Any) -> Any:
        """Return a value with secrets in the places of their signs."""
        if isinstance(value, str):
            first, *others = value.replace("¶", self._first).split("§")
            return first + "".join(next(self._secrets) + other for other in others)
        if isinstance(value, dict):
            return {key: self._filled(item) for key, item in value.items()}
        return type(value)(map(self._filled, value)) if isinstance(value, (list, tuple)) else value


def main() -> None:
    host, name, folder = sys.argv[1:]
    password, *secrets = json.load(sys.stdin)
    program = Program(host, name, password, iter(secrets))
    with collector() as server:
        telemetry.start(service="shop", environment="live", log_directory=folder, otlp_endpoint=server.url)
        for part in (program.postgresql, program.mysql, program.redis):
            part()
        telemetry.stop()
        spans = server.spans()
    attributes = [{one.key: one.value.string_value for one in span.attributes} for span in spans]
    statements = {(found.get("db.system.name"), found.get("db.query.text")) for found in attributes}
    lines = (Path(folder) / "combined.log").read_text(encoding="utf-8").splitlines()
    texts = sorted(f"{system}: {text}" for system, text in statements if system)
    print(json.dumps({"refused": program.refused, "statements": texts, "spans": [*map(str, spans)], "lines": lines}))


if __name__ == "__main__":
    main()
