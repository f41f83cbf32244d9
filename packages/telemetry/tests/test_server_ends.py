"""What real servers lose when they are told to end: nothing."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
import urllib.request
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest

from programs import PLENTY, environment

APPLICATION = """
import os
import vigil_telemetry as telemetry
import vigil_telemetry.logs.writer
from fastapi import FastAPI
from flask import Flask

vigil_telemetry.logs.writer._GATHER = 5  # longer than any server takes to end
telemetry.start(service="shop", environment="test", log_directory=os.path.dirname(os.path.abspath(__file__)))
log = telemetry.logger("shop")
flask = telemetry.wsgi(Flask("shop"))
fast = telemetry.asgi(FastAPI())

@flask.route("/orders/<int:number>")
def order(number):
    log.info("Order read", orderNumber=number)
    return "read"

@fast.get("/orders/{number}")
def read(number: int):
    log.info("Order read", orderNumber=number)
    return "read"
"""


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def until_it_answers(port: int) -> None:
    for _number in range(600):
        with socket.socket() as client:
            if client.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise AssertionError("The server did not answer within a minute.")


@pytest.mark.parametrize(
    "command",
    [
        ["gunicorn", "--workers", "2", "--threads", "4", "--bind", "127.0.0.1:{port}", "application:flask"],
        ["gunicorn", "--preload", "--workers", "2", "--bind", "127.0.0.1:{port}", "application:flask"],
        ["uvicorn", "--port", "{port}", "application:fast"],
        ["uvicorn", "--workers", "2", "--port", "{port}", "application:fast"],
    ],
    ids=["gunicorn", "gunicorn --preload", "uvicorn", "uvicorn --workers"],
)
def test_each_line_of_each_request_is_there_once_after_sigterm(tmp_path: Path, command: Sequence[str]) -> None:
    (tmp_path / "application.py").write_text(APPLICATION, encoding="utf-8")
    port = free_port()
    words = [sys.executable, "-m", *(word.format(port=port) for word in command)]
    errors = (tmp_path / "errors").open("w")
    with subprocess.Popen(words, cwd=tmp_path, env=environment(), stdout=errors, stderr=errors) as server:
        try:
            until_it_answers(port)
            for number in range(200):
                request = urllib.request.Request(
                    f"http://127.0.0.1:{port}/orders/{number}", headers={"X-Request-ID": f"id-{number}"}
                )
                with urllib.request.urlopen(request, timeout=PLENTY) as answer:  # noqa: S310
                    assert answer.headers["X-Request-ID"] == f"id-{number}"
            server.terminate()
            server.wait(PLENTY)
        finally:
            server.kill()
    lines = [json.loads(line) for line in (tmp_path / "combined.log").read_text(encoding="utf-8").splitlines()]
    read = Counter((line["orderNumber"], line["correlationId"]) for line in lines if line["message"] == "Order read")
    assert read == {(number, f"id-{number}"): 1 for number in range(200)}, (tmp_path / "errors").read_text()
