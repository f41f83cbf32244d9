"""The parts together, in a process of their own, as a user starts them."""

from __future__ import annotations

import json
import socket
from pathlib import Path

import pytest

from programs import ran

SHOP = """
import sys, urllib.request
import vigil_telemetry as telemetry
from flask import Flask

log = telemetry.logger("shop")
telemetry.start(service="shop", environment="test", log_directory=sys.argv[1], metrics_port=int(sys.argv[2]))
app = telemetry.wsgi(Flask("shop"))

@app.route("/orders/<int:number>")
def order(number):
    telemetry.set_user("ada")
    log.info("Order placed", orderNumber=number)
    telemetry.record_order_processing("standard", "card", 0.2)
    return "ordered"

def page():
    return urllib.request.urlopen(f"http://127.0.0.1:{sys.argv[2]}/metrics").read().decode()
"""


def free_port() -> str:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return str(listener.getsockname()[1])


def test_a_request_is_a_metric_and_a_line_of_one_id(tmp_path: Path) -> None:
    program = """
answer = app.test_client().get("/orders/7", headers={"X-Request-ID": "order-7"}, buffered=True)
print(answer.headers["X-Request-ID"])
print(page())
"""
    process = ran(SHOP + program, str(tmp_path), free_port())
    assert process.returncode == 0, process.stderr
    assert process.stdout.startswith("order-7\n")
    assert 'http_requests_total{method="GET",route="/orders/<int:number>",status_code="200"} 1.0' in process.stdout
    assert 'orders_total{product_category="standard",status="completed"} 1.0' in process.stdout
    lines = [json.loads(line) for line in (tmp_path / "combined.log").read_text(encoding="utf-8").splitlines()]
    placed = next(line for line in lines if line["message"] == "Order placed")
    assert (placed["correlationId"], placed["userId"], placed["orderNumber"]) == ("order-7", "ada", 7)


def test_10_000_scanner_paths_and_invented_methods_add_one_series(tmp_path: Path) -> None:
    program = """
web = app.test_client()
for number in range(10_000):
    web.open(f"/wp-admin/{number}.php", method=f"GET{number % 100}" if number % 2 else "GET", buffered=True)
print("\\n".join(line for line in page().splitlines() if line.startswith("http_requests_total{")))
"""
    process = ran(SHOP + program, str(tmp_path), free_port())
    assert process.returncode == 0, process.stderr
    series = process.stdout.splitlines()
    assert len(series) == 2, series
    assert sum(float(line.rsplit(" ", 1)[1]) for line in series) == 10_000


def test_dropped_lines_are_a_metric(tmp_path: Path) -> None:
    program = """
telemetry.runtime.running().logs._dropped.add("queue_full", 3)
page()
telemetry.runtime.running().logs._dropped.add("queue_full", 4)
print([line for line in page().splitlines() if line.startswith("telemetry_log_lines_dropped_total{")])
"""
    process = ran(SHOP + program, str(tmp_path), free_port())
    assert process.stdout.strip() == """['telemetry_log_lines_dropped_total{reason="queue_full"} 7.0']""", (
        process.stderr
    )


@pytest.mark.parametrize("end", ["", "sys.exit(3)", "os.kill(os.getpid(), signal.SIGTERM); time.sleep(600)"])
def test_the_last_lines_are_written_however_the_process_ends(tmp_path: Path, end: str) -> None:
    program = "import os, signal, time\nfor number in range(5000):\n    log.info('Line', number=number)\n" + end
    process = ran(SHOP + program, str(tmp_path), free_port())
    lines = (tmp_path / "combined.log").read_text(encoding="utf-8").splitlines()
    found = [json.loads(line).get("number") for line in lines]
    assert [number for number in found if number is not None] == list(range(5000)), process.stderr


def test_variables_without_effect_are_one_line_of_the_first_start(tmp_path: Path) -> None:
    program = """
import sys, vigil_telemetry as telemetry
for _number in range(2):
    telemetry.start(service="shop", environment="test", log_directory=sys.argv[1])
"""
    changed = {"OTEL_EXPORTER_ZIPKIN_ENDPOINT": "http://a", "OTEL_BSP_SCHEDULE_DELAY": "500", "OTEL_LOGS_EXPORTER": "x"}
    process = ran(program, str(tmp_path), changed=changed)
    assert process.returncode == 0, process.stderr
    lines = [json.loads(line) for line in (tmp_path / "combined.log").read_text(encoding="utf-8").splitlines()]
    told = "Environment variables without effect: OTEL_EXPORTER_ZIPKIN_ENDPOINT, OTEL_LOGS_EXPORTER."
    assert [line["message"] for line in lines] == [told]


def test_a_disabled_library_opens_nothing_and_every_function_works(tmp_path: Path) -> None:
    program = """
import vigil_telemetry as telemetry
from flask import Flask

telemetry.start(log_directory=__import__("sys").argv[1], metrics_port=1)
app = telemetry.wsgi(Flask("shop"))
telemetry.record_order_processing("a", "b", 1)
telemetry.update_active_users("a", 1)
telemetry.log_error(ValueError("x"))
telemetry.log_business_event("placed")
telemetry.log_performance("checkout", 1)
assert telemetry.log_security_event("login", severity="high") is False
with telemetry.transaction("1", "checkout") as transaction:
    transaction.log("step")
declared = telemetry.declare([{"name": "carts_total", "type": "counter", "help": "Carts.", "labels": ["kind"]}])
declared["carts_total"].labels("a").inc()
telemetry.logger("shop").info("hello")
print(app.test_client().get("/").status_code)
"""
    process = ran(program, str(tmp_path), changed={"OTEL_SDK_DISABLED": "true"})
    assert process.stdout == "404\n", process.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("call", ["watch_pool('a', 1)", "declare([])", "metrics_asgi()", "metrics_wsgi()"])
def test_what_needs_a_started_library_is_refused_before(call: str) -> None:
    name = call.partition("(")[0]
    process = ran(f"import vigil_telemetry as telemetry\ntelemetry.{call}")
    assert f"TelemetryError: Using metrics: telemetry is not started; call start() before {name}()." in process.stderr


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ("log_directory='/proc/nowhere'", "the log directory /proc/nowhere cannot be written"),
        ("metrics_port=9, metrics_certificate_file='/nowhere.pem'", "metrics_key_file"),
    ],
)
def test_what_does_not_fit_is_one_sentence_at_start(arguments: str, sentence: str) -> None:
    process = ran(f"import vigil_telemetry as t\nt.start(service='a', environment='b', {arguments})")
    last = process.stderr.strip().splitlines()[-1]
    assert last.startswith("vigil_telemetry.errors.TelemetryError: ")
    assert sentence in last
