# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The administrator's password, set by a command that stands for Grafana's, at a server that knows it from a file."""

from __future__ import annotations

import base64
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.vigil.observability.plugins.modules import grafana_admin_password

WANTED = "correct-horse-battery"
Set = Callable[..., Any]


class Grafana(ThreadingHTTPServer):
    """Lets the administrator in whose password is in a file, and keeps what was tried."""

    def __init__(self, known: Path) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.known, self.status = known, 200
        self.tried: list[tuple[str, bool]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    server: Grafana

    def do_GET(self) -> None:
        word = self.headers["Authorization"].removeprefix("Basic ")
        right = base64.b64decode(word).decode() == f"admin:{self.server.known.read_text()}"
        self.server.tried.append((self.path, right))
        self.send_response(self.server.status if right else 401)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Keep the output of the tests clean."""


@pytest.fixture
def grafana(tmp_path: Path) -> Iterator[Grafana]:
    """A Grafana whose administrator has the password before."""
    known = tmp_path / "known"
    known.write_text("the one before")
    with Grafana(known) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def command(tmp_path: Path, make_program: Callable[[str, str], Path], grafana: Grafana) -> Callable[[str], None]:
    """A function that says what Grafana's command does with what it is told."""
    make_program(
        "setpriv", 'echo "$*" > "$(dirname "$0")/asked"\nwhile [ "$1" != -- ]; do shift; done; shift\nexec "$@"'
    )
    program = tmp_path / "opt/bin/grafana"
    program.parent.mkdir(parents=True)

    def does(script: str = f"tr -d '\\n' > {grafana.known}") -> None:
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)

    does()
    return does


@pytest.fixture
def set_password(run_module: Callable[..., Any], tmp_path: Path, grafana: Grafana, command: Any) -> Set:
    """A function that runs the module for the wanted password."""
    (tmp_path / "admin").write_text(WANTED)

    def run(**options: Any) -> Any:
        usual = {
            "url": f"{grafana.url}/",
            "password_file": str(tmp_path / "admin"),
            "homepath": str(tmp_path / "opt"),
            "config": "/etc/grafana/grafana.ini",
        }
        return run_module(grafana_admin_password, **{**usual, **options})

    return run


def test_password_that_lets_in_is_left_alone_by_one_request(set_password: Set, grafana: Grafana) -> None:
    grafana.known.write_text(WANTED)
    assert (set_password()["changed"], grafana.tried) == (False, [("/api/user", True)])


def test_password_that_is_refused_once_is_set_through_the_input_of_the_command(
    set_password: Set, grafana: Grafana, tmp_path: Path
) -> None:
    assert set_password()["changed"]
    assert grafana.known.read_text().strip() == WANTED
    assert [right for _path, right in grafana.tried] == [False, True]
    asked = (tmp_path / "programs/asked").read_text()
    assert asked.startswith("--reuid=grafana --regid=grafana --init-groups -- ")
    assert asked.endswith("--config=/etc/grafana/grafana.ini admin reset-admin-password --password-from-stdin\n")
    assert WANTED not in asked
    assert not set_password()["changed"]


def test_check_tries_the_password_and_sets_nothing(set_password: Set, grafana: Grafana) -> None:
    assert set_password(check=True)["changed"]
    assert grafana.known.read_text() == "the one before"


def test_check_passes_over_a_grafana_that_is_not_there_yet(set_password: Set) -> None:
    assert not set_password(check=True, url="http://127.0.0.1:1")["changed"]
    assert set_password(url="http://127.0.0.1:1")["failed"]


def test_command_that_fails_is_quoted_without_the_password(set_password: Set, command: Callable[[str], None]) -> None:
    command("read word; echo cannot use $word; echo database is locked >&2; exit 3")
    result = set_password()
    assert "failed with exit code 3:\ncannot use ********\ndatabase is locked" in result["msg"]
    assert WANTED not in str(result)


def test_password_that_is_refused_after_it_was_set_is_tried_no_more(
    set_password: Set, grafana: Grafana, command: Callable[[str], None]
) -> None:
    command("cat > /dev/null")
    assert "five failed logins have locked the user" in set_password()["msg"]
    assert len(grafana.tried) == 2


def test_other_answer_is_an_error(set_password: Set, grafana: Grafana) -> None:
    grafana.known.write_text(WANTED)
    grafana.status = 500
    assert "/api/user returns HTTP 500" in set_password()["msg"]


def test_missing_password_file_is_named(set_password: Set) -> None:
    assert "No such file or directory: '/nowhere/admin'" in set_password(password_file="/nowhere/admin")["msg"]
