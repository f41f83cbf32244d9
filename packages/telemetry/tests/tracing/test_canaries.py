"""500 secrets go through everything that leaves the process, and none arrives."""

from __future__ import annotations

import base64
import json
from pathlib import Path

from programs import SOURCE, ran
from tracing.collectors import collector, unused_port

PROGRAM = r"""
import base64, json, logging, os, sys, urllib.request
import requests, sqlalchemy, sqlite3
from flask import Flask, request
from opentelemetry import trace
import vigil_telemetry as telemetry

url, folder, port = sys.argv[1:]
secrets = iter(json.loads(os.environ["CANARIES"]))
def canary(): return next(secrets)
telemetry.start(service="shop", environment="test", log_directory=folder, otlp_endpoint=url,
                metrics_port=int(port))
log, plain = telemetry.logger("shop"), logging.getLogger("shop.plain")
flask = Flask("shop")
app = telemetry.wsgi(flask)
engine = sqlalchemy.create_engine("sqlite://")
connection = engine.connect()
connection.execute(sqlalchemy.text("CREATE TABLE users (email text UNIQUE)"))

@flask.route("/orders/<int:number>")
def order(number):
    literal, bound = canary(), canary()
    connection.execute(sqlalchemy.text(f"INSERT INTO users VALUES ('{literal}') -- {canary()}"))
    connection.execute(sqlalchemy.text("INSERT INTO users VALUES (:email)"), {"email": bound})
    try:
        connection.execute(sqlalchemy.text("INSERT INTO users VALUES (:email)"), {"email": bound})
    except sqlalchemy.exc.IntegrityError as error:
        telemetry.log_error(error, input_data={"password": canary()})
        log.exception("Insert failed", token=canary())
        plain.exception("Insert failed: %s", error)
        with telemetry.trace_business_process("checkout", api_key=canary(), note=f"password={canary()}"):
            trace.get_current_span().record_exception(error)
    for system in ("postgresql", "mysql", "oracle.db", ""):
        with telemetry.trace_db_query(f"SELECT a FROM t WHERE b = '{canary()}' AND c IN ('{canary()}')", system):
            pass
    with telemetry.trace_db_query(f"SELECT '{canary()}", "mysql"):
        pass
    try:
        with telemetry.trace_db_query("SELECT 1", "postgresql"):
            raise RuntimeError(f"Key (email)=({canary()}) already exists.")
    except RuntimeError:
        log.exception("Query failed")
    user, password, token = canary(), canary(), canary()
    requests.get(f"{url.replace('//', f'//{user}:{password}@')}/x?token={token}",
                 headers={"Authorization": f"Bearer {canary()}"}, timeout=5)
    with telemetry.trace_external_call("payments", "authorize", authorization=canary()) as call:
        call.set_attribute("header", f"Authorization: Bearer {canary()}")
        call.set_attribute("target", f"https://shop:{canary()}@example.org/")
    log.info("Called", headers={"Cookie": canary(), "x-api-key": canary()}, url=f"postgresql://a:{canary()}@h/b")
    plain.warning("password=%s", canary())
    telemetry.log_security_event("login_failed", severity="high", resource=f"token={canary()}")
    telemetry.log_business_event("order", metadata={"cardNumber": canary()})
    raise ValueError(f"Authorization: Basic {base64.b64encode(canary().encode()).decode()} and token={canary()}")

web = flask.test_client()
used = 0
try:
    for number in range(40):
        path = f"/orders/{number}?token={canary()}" if number % 2 else f"/orders/{number}"
        web.open(path, method="GET", headers={
            "Authorization": f"Bearer {canary()}", "Cookie": f"session={canary()}",
            "X-Api-Key": canary()}, buffered=True)
        web.open(f"/{canary()}", method=f"HACK{canary()[:4]}", buffered=True)
    raise SystemExit("too few secrets were used")
except StopIteration:
    pass
print(urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics").read().decode())
telemetry.stop()
"""


def test_none_of_500_secrets_arrives_in_spans_lines_or_metrics(tmp_path: Path) -> None:
    secrets = [f"canary{number:03d}x{(number * 7919) % 99991:05d}" for number in range(500)]
    with collector() as server:
        changed = {"PYTHONPATH": f"{SOURCE}", "CANARIES": json.dumps(secrets)}
        done = ran(PROGRAM, server.url, str(tmp_path), str(unused_port()), changed=changed)
        assert done.returncode == 0, done.stderr
        spans = [span.SerializeToString() for span in server.spans()]
    assert len(spans) > 100
    lines = b"".join(path.read_bytes() for path in tmp_path.glob("*.log"))
    assert lines.count(b"\n") > 100
    assert "http_requests_total" in done.stdout
    everything = {"spans": b"".join(spans), "lines": lines, "metrics": f"{done.stdout}{done.stderr}".encode()}
    found = {
        place: [secret for secret in secrets if any(form in text for form in forms(secret))]
        for place, text in everything.items()
    }
    assert found == {"spans": [], "lines": [], "metrics": []}


def forms(secret: str) -> tuple[bytes, bytes]:
    return secret.encode(), base64.b64encode(secret.encode())
