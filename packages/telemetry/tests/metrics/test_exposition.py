"""The page as an application of ASGI or WSGI, for those who have the token."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import httpx
import pytest

from metrics.reading import OPEN_METRICS, started
from vigil_telemetry.errors import TelemetryError
from vigil_telemetry.metrics import Metrics

HEADERS = {"Authorization": "Bearer secret", "Accept": OPEN_METRICS}


@pytest.fixture
def metrics(tmp_path: Path) -> Metrics:
    """Return metrics with a token."""
    (tmp_path / "token").write_text("secret\n")
    return started(metrics_token_file=tmp_path / "token")


def asked(metrics: Metrics, kind: str, headers: dict[str, str], method: str = "GET") -> httpx.Response:
    """Return the answer of an application."""
    if kind == "wsgi":
        with httpx.Client(transport=httpx.WSGITransport(app=metrics.wsgi())) as client:
            return client.request(method, "http://shop/metrics", headers=headers)

    async def ask() -> httpx.Response:
        application: Any = metrics.asgi()
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app=application)) as client:
            return await client.request(method, "http://shop/metrics", headers=headers)

    return asyncio.run(ask())


@pytest.mark.parametrize("kind", ["asgi", "wsgi"])
def test_page_is_for_those_who_have_the_token(metrics: Metrics, kind: str) -> None:
    answer = asked(metrics, kind, HEADERS)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("application/openmetrics-text")
    assert "http_requests_total" in answer.text or "http_requests" in answer.text
    assert not asked(metrics, kind, HEADERS, "HEAD").content


@pytest.mark.parametrize("kind", ["asgi", "wsgi"])
@pytest.mark.parametrize("given", ["", "Bearer", "Bearer wrong", "secret", "Basic secret"])
def test_page_is_for_nobody_else(metrics: Metrics, kind: str, given: str) -> None:
    answer = asked(metrics, kind, {"Authorization": given})
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert "http_requests" not in answer.text


def test_path_without_a_token_is_refused() -> None:
    for make in (started().asgi, started().wsgi):
        with pytest.raises(TelemetryError, match="no metrics_token_file is set; set it"):
            make()
