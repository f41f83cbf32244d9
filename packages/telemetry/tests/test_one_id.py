"""One request is found by one id in its span, its log lines and its exemplar."""

from __future__ import annotations

import json
from pathlib import Path

from programs import ran

PROGRAM = """
import sys, threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
import vigil_telemetry as telemetry
from flask import Flask

class StandinCollector(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
            spans.extend(span for scope in resource.scope_spans for span in scope.spans)
        self.send_response(200)
        self.end_headers()
    def log_message(self, *_):
        pass

spans = []
server = HTTPServer(("127.0.0.1", 0), StandinCollector)
threading.Thread(target=server.serve_forever, daemon=True).start()
endpoint = f"http://127.0.0.1:{server.server_port}"
running = telemetry.start(service="shop", environment="test", log_directory=sys.argv[1], otlp_endpoint=endpoint)
app = telemetry.wsgi(Flask("shop"))

@app.route("/orders/<int:number>")
def order(number):
    with telemetry.trace_business_process("checkout"):
        telemetry.logger("shop").info("Order placed")
    return "ordered"

headers = {"traceparent": f"00-{'ab' * 16}-{'12' * 8}-01"}
print(app.test_client().get("/orders/7", headers=headers, buffered=True).headers["X-Request-ID"])
page = running.metrics.render("application/openmetrics-text")[1].decode()
print([line for line in page.splitlines() if "# {" in line])
telemetry.stop()
for span in spans:
    print(span.trace_id.hex(), span.name)
"""


def test_one_request_has_one_id_in_its_span_its_lines_and_its_exemplar(tmp_path: Path) -> None:
    process = ran(PROGRAM, str(tmp_path))
    assert process.returncode == 0, process.stderr
    trace = "ab" * 16
    answered, exemplars, *spans = process.stdout.splitlines()
    assert answered == trace
    assert f'trace_id="{trace}"' in exemplars
    assert sorted(spans) == sorted([f"{trace} GET /orders/<int:number>", f"{trace} checkout"])
    lines = [json.loads(line) for line in (tmp_path / "combined.log").read_text(encoding="utf-8").splitlines()]
    placed = next(line for line in lines if line["message"] == "Order placed")
    assert (placed["correlationId"], placed["trace_id"]) == (trace, trace)
