"""Has programs with the application library send spans to a real Jaeger of the role, with certificates on both sides.

Jaeger serves the strategies too: a program that runs follows a changed one. A program whose certificate is of another
authority loses spans and nothing else.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from ansible_collections.vigil.observability.plugins.filter.jaeger_strategies import jaeger_strategies
from ansible_collections.vigil.observability.tests.live.jaeger_configuration import NEWEST, Jaeger, await_that, prepare
from ansible_collections.vigil.observability.tests.runner.jobs import LOGS, ROOT

PROGRAM = """
import json, os, sys, time
from opentelemetry import context
import vigil_telemetry as telemetry
from vigil_telemetry import runtime

started = telemetry.start(service=sys.argv[1], environment="live")
traces = started.observers.traces
until, found = time.monotonic() + 60, None
while found is None and time.monotonic() < until:
    request = traces.request("GET", "/orders", {})
    token = context.attach(request.begin(context.get_current()))
    found = request.trace_id
    if found:
        with telemetry.trace_db_query("SELECT a FROM orders WHERE id = 'live-secret'", "postgresql"):
            pass
    else:
        print("unsampled", flush=True)
    context.detach(token)
    request.end()
    time.sleep(0.2)
print("trace", found, flush=True)
begins = time.monotonic()
telemetry.stop()
print("stopped", time.monotonic() - begins, json.dumps(dict(traces.dropped)), flush=True)
"""
SECONDS_TO_STOP = 5.5


def begun(jaeger: Jaeger, kind: str, service: str, certificate: str) -> subprocess.Popen[str]:
    """Start a program with the library in an environment of its tests; it asks for strategies every second."""
    folder, ports = jaeger.folder, jaeger.ports
    changed = {
        "OTEL_EXPORTER_OTLP_ENDPOINT": f"https://127.0.0.1:{ports['otlp_http']}",
        "OTEL_EXPORTER_OTLP_CERTIFICATE": f"{folder}/trusted.crt",
        "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE": f"{folder}/{certificate}.crt",
        "OTEL_EXPORTER_OTLP_CLIENT_KEY": f"{folder}/{certificate}.key",
        "OTEL_TRACES_SAMPLER": "parentbased_jaeger_remote",
        "OTEL_TRACES_SAMPLER_ARG": (
            f"endpoint=https://127.0.0.1:{ports['sampling']},pollingIntervalMs=1000,initialSamplingRate="
            f"{1 if certificate == 'foreign' else 0}"
        ),
    }
    asked = [sys.executable, str(ROOT / "tests/environments.py"), kind]
    tools = subprocess.run(asked, check=True, capture_output=True, text=True).stdout.split()[-1]
    environment = {**os.environ, **changed, "PYTHONPATH": str(ROOT / "packages/telemetry/src")}
    return subprocess.Popen(
        [f"{tools}/python", "-c", PROGRAM, service], env=environment, stdout=subprocess.PIPE, text=True
    )


def serve(jaeger: Jaeger, share: float) -> None:
    """Have Jaeger serve this share to every service."""
    changed = jaeger.folder / "changed.json"
    changed.write_text(json.dumps(jaeger_strategies({"default": {"type": "probabilistic", "param": share}})))
    changed.replace(jaeger.folder / "strategies.json")
    await_that(f"{share} is served", lambda: f'"samplingRate":{share:g}}}' in jaeger.ask("sampling")[1])


def require_followed(jaeger: Jaeger, kind: str) -> None:
    """Require that a program follows a strategy that changes, and that its trace is found, without values."""
    serve(jaeger, 0)
    with begun(jaeger, kind, f"shop-{kind}", "own") as program:
        assert program.stdout is not None
        until = time.monotonic() + 20
        while "unsampled" not in program.stdout.readline():
            assert time.monotonic() < until
        serve(jaeger, 1)
        # The lines of its log are there too.
        lines = dict(line.split(maxsplit=1) for line in program.stdout.read().splitlines() if " " in line)
    trace, (seconds, dropped) = lines["trace"], lines["stopped"].split(maxsplit=1)
    assert (dropped, len(trace)) == ("{}", 32), lines
    assert float(seconds) < SECONDS_TO_STOP
    path = f"/api/v3/traces/{trace}"
    await_that("the trace is found", lambda: "GET /orders" in jaeger.ask("web", path)[1])
    text = jaeger.ask("web", path)[1]
    assert "SELECT a FROM orders WHERE id = ?" in text
    assert "live-secret" not in text


def require_refused(jaeger: Jaeger, kind: str) -> None:
    """Require that a program with a certificate of another authority loses spans, counted, and ends in time."""
    with begun(jaeger, kind, "stranger", "foreign") as program:
        assert program.stdout is not None
        found = program.stdout.read().splitlines()[-1].split(maxsplit=2)
    assert float(found[1]) < SECONDS_TO_STOP
    assert sum(json.loads(found[2]).values()) == len(("request", "query")), found


def main() -> int:
    """Return the exit code: 0 where every promise was kept."""
    LOGS.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="vigil-jaeger-") as name:
        folder = Path(name)
        prepare(folder)
        jaeger = Jaeger(folder, NEWEST)
        with jaeger.running():
            for kind in ("telemetry_oldest", "telemetry_newest"):
                require_followed(jaeger, kind)
                require_refused(jaeger, kind)
    return 0


if __name__ == "__main__":
    sys.exit(main())
