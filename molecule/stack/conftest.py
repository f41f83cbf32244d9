"""Questions to the services of the stack, asked on the host that has all of them."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest

PATIENCE = 90.0


@pytest.fixture
def prometheus(ask: Any, secrets: Any) -> Callable[..., Any]:
    """Return a function that asks the API of Prometheus and returns the data."""

    def asked(path: str, **query: str) -> Any:
        url = f"https://localhost:9090/api/v1/{path}{'?' if query else ''}{urlencode(query)}"
        return ask(url, user="admin", password=secrets["prometheus_passwords"]["admin"]).json()["data"]

    return asked


@pytest.fixture
def grafana(ask: Any, secrets: Any) -> Callable[[str], Any]:
    """Return a function that asks the API of Grafana."""

    def asked(path: str) -> Any:
        url = f"https://localhost:3000/api/{path}"
        return ask(url, user="admin", password=secrets["grafana_passwords"]["admin"]).json()

    return asked


@pytest.fixture
def eventually() -> Callable[[Callable[[], Any], Any], None]:
    """Return a function that waits until a question has an answer, and tells the last one when it does not."""

    def wait(question: Callable[[], Any], wanted: Any) -> None:
        until = time.monotonic() + PATIENCE
        while (found := question()) != wanted and time.monotonic() < until:
            time.sleep(1)
        assert found == wanted

    return wait
