"""Questions to the services of the stack, asked on the host that has all of them."""

from __future__ import annotations

import json
import shlex
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest

PATIENCE = 150.0
CERTIFICATES = "/etc/vigil/certificates"


@pytest.fixture
def prometheus(ask: Any, secrets: Any) -> Callable[..., Any]:
    """Return a function that asks the API of Prometheus and returns the data."""

    def asked(path: str, **query: str) -> Any:
        url = f"https://localhost:9090/api/v1/{path}{'?' if query else ''}{urlencode(query)}"
        return ask(url, user="admin", password=secrets["prometheus_passwords"]["admin"]).json()["data"]

    return asked


@pytest.fixture
def answered(host: Any, secrets: Any) -> Callable[[list[str]], list[bool]]:
    """Return a function that sends many queries to Prometheus at once and returns whether each result has data."""

    def asked(queries: list[str]) -> list[bool]:
        login = f"admin:{secrets['prometheus_passwords']['admin']}"
        words = ["curl", "-sS", "--cacert", f"{CERTIFICATES}/authorities.crt", "-u", login, "-w", r"\n"]
        urls = [f"https://localhost:9090/api/v1/query?{urlencode({'query': query})}" for query in queries]
        # One word of a command must not become longer than a kernel takes.
        commands = [""]
        for url in map(shlex.quote, urls):
            if len(commands[-1]) + len(url) > 60000:
                commands.append("")
            commands[-1] += f" {url}"
        answers = [host.run(f"{shlex.join(words)} {command}") for command in commands]
        assert [answer.stderr for answer in answers if answer.rc] == []
        said = [json.loads(line) for answer in answers for line in answer.stdout.splitlines()]
        wrong = [(query, one["error"]) for query, one in zip(queries, said, strict=True) if one["status"] == "error"]
        assert not wrong
        return [bool(one["data"]["result"]) for one in said]

    return asked


@pytest.fixture
def grafana(ask: Any, secrets: Any) -> Callable[[str], Any]:
    """Return a function that asks the API of Grafana."""

    def asked(path: str) -> Any:
        url = f"https://localhost:3000/api/{path}"
        return ask(url, user="admin", password=secrets["grafana_passwords"]["admin"]).json()

    return asked


@pytest.fixture
def jaeger(ask: Any, secrets: Any) -> Callable[[str], Any]:
    """Return a function that asks the query of Jaeger, as Grafana does, and returns the data, nothing after an error.

    For a minute after Elasticsearch was down, there are errors.
    """

    def asked(path: str) -> Any:
        password = secrets["jaeger_passwords"]["grafana"]
        answer = ask(f"https://stack-2:16686/api/{path}", user="grafana", password=password)
        return (answer.json()["data"] or []) if answer.status == 200 else []

    return asked


@pytest.fixture
def eventually() -> Callable[[Callable[[], Any], Any], None]:
    """Return a function that waits until a query has a result, and reports the last one if it does not."""

    def wait(question: Callable[[], Any], wanted: Any) -> None:
        until = time.monotonic() + PATIENCE
        while (found := question()) != wanted and time.monotonic() < until:
            time.sleep(1)
        assert found == wanted

    return wait
