"""Runs the tests of what asks Jaeger on a real one on loopback, and asks others with a password and a certificate.

With the argument "record", the tests record its answers (tests/recordings/README.md).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import bcrypt

from ansible_collections.vigil.observability.plugins.module_utils._http.session import Endpoint, HttpError, Session
from ansible_collections.vigil.observability.tests.live.elasticsearch_modules import free_port
from ansible_collections.vigil.observability.tests.runner.jobs import LOGS, ROOT
from ansible_collections.vigil.observability.tests.servers.assemble import unpack_release
from ansible_collections.vigil.observability.tests.unit.plugins.jaeger import send

RELEASE, PASSWORD, PATIENCE = "2.13.0", "live-pass-1", 60.0
TESTS = (
    "tests/unit/plugins/module_utils/_jaeger/test_traces.py",
    "tests/unit/plugins/modules/test_trace_analysis.py::test_window_is_compared_with_an_earlier_one",
    "tests/unit/plugins/modules/test_trace_analysis.py::test_services_without_traces_are_a_note",
)
MODULE = "ansible_collections.vigil.observability.plugins.modules.trace_analysis"
# What a Jaeger may be asked for, beside its address, and what the answer has to contain.
ASKED: tuple[tuple[str, dict[str, str], str], ...] = (
    ("password", {"username": "analysis", "password": PASSWORD}, "30 traces of 2 services: 0 findings"),
    ("password", {"username": "analysis", "password": "wrong"}, "answered 401: invalid credentials. Check the user"),
    ("password", {}, "answered 401: no basic auth provided. Check the user"),
    ("certificate", {"client_cert": "{folder}/tls.crt", "client_key": "{folder}/tls.key"}, "30 traces of 2 services"),
    ("certificate", {}, "certificate required"),
)


def configuration(kind: str, folder: Path, ports: Mapping[str, int]) -> dict[str, Any]:
    """Return the configuration of a Jaeger that keeps spans in memory: a plain one, a small one, or one with TLS."""
    tls = {"cert_file": f"{folder}/tls.crt", "key_file": f"{folder}/tls.key"}
    http: dict[str, Any] = {"endpoint": f"127.0.0.1:{ports['query']}"}
    if kind == "password":
        http |= {"tls": tls, "auth": {"authenticator": "basicauth/query"}}
    elif kind == "certificate":
        http |= {"tls": {**tls, "client_ca_file": f"{folder}/tls.crt"}}
    return {
        "service": {
            "extensions": ["basicauth/query", "jaeger_storage", "jaeger_query"],
            "pipelines": {"traces": {"receivers": ["otlp"], "exporters": ["jaeger_storage_exporter"]}},
            "telemetry": {"metrics": {"level": "none"}},
        },
        "extensions": {
            "basicauth/query": {"htpasswd": {"file": f"{folder}/htpasswd"}},
            "jaeger_storage": {"backends": {"main": {"memory": {"max_traces": 40 if kind == "heavy" else 1000}}}},
            "jaeger_query": {
                "storage": {"traces": "main"},
                "base_path": "/heavy" if kind == "heavy" else "/jaeger",
                "http": http,
                "grpc": {"endpoint": f"127.0.0.1:{ports['grpc']}"},
            },
        },
        "receivers": {"otlp": {"protocols": {"http": {"endpoint": f"127.0.0.1:{ports['receiver']}"}}}},
        "exporters": {"jaeger_storage_exporter": {"trace_storage": "main"}},
    }


@contextmanager
def started(kind: str, folder: Path) -> Iterator[str]:
    """Yield host and port of the query of a Jaeger that has got the spans of the tests."""
    ports = {name: free_port() for name in ("query", "grpc", "receiver")}
    settings = folder / f"{kind}.yml"
    settings.write_text(json.dumps(configuration(kind, folder, ports)))
    command = [str(folder / f"jaeger-{RELEASE}-linux-amd64/jaeger"), "--config", str(settings)]
    with (LOGS / f"trace_analysis-{kind}.log").open("wb") as log:
        server = subprocess.Popen(command, stdout=log, stderr=log)
        try:
            await_receiver(server, ports["receiver"])
            send(f"127.0.0.1:{ports['receiver']}")
            yield f"127.0.0.1:{ports['query']}"
        finally:
            server.kill()
            server.wait()


def await_receiver(server: subprocess.Popen[bytes], port: int) -> None:
    """Return once a Jaeger takes spans."""
    until = time.monotonic() + PATIENCE
    while server.poll() is None and time.monotonic() < until:
        try:
            Session(Endpoint(f"http://127.0.0.1:{port}", retries=0)).request("POST", "/v1/traces", body={})
        except HttpError:
            time.sleep(0.2)
        else:
            return
    sys.exit(f"Jaeger takes no spans on port {port}. Its log is in {LOGS}.")


def prepare(folder: Path) -> None:
    """Unpack Jaeger, and write the password and a certificate that is authority, server and client."""
    unpack_release("jaeger", RELEASE, folder)
    (folder / "htpasswd").write_bytes(b"analysis:" + bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4)) + b"\n")
    files = ["-keyout", f"{folder}/tls.key", "-out", f"{folder}/tls.crt"]
    subject = ["-subj", "/CN=jaeger", "-addext", "subjectAltName=IP:127.0.0.1"]
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", *files, *subject]
    subprocess.run(command, check=True, capture_output=True)


def fits(folder: Path, kind: str, login: Mapping[str, str], expected: str) -> bool:
    """Ask a Jaeger over TLS, and return whether the module answers as expected."""
    with started(kind, folder) as address:
        given = {name: text.format(folder=folder) for name, text in login.items()}
        window = {"start": "2026-11-29T10:00:00Z", "end": "2026-11-29T11:00:00Z"}
        options = {"url": f"https://{address}/jaeger", "ca_path": f"{folder}/tls.crt", "retries": 0, **window, **given}
        asked = json.dumps({"ANSIBLE_MODULE_ARGS": options})
        command = [sys.executable, "-c", f"import {MODULE} as module; module.main()"]
        found = subprocess.run(command, input=asked, capture_output=True, text=True, check=False).stdout
    if expected not in found:
        print(f"{kind} with {', '.join(login) or 'nothing'}: {found[:1000]}\nlacks: {expected}")
    return expected in found


def main(recording: bool) -> int:
    """Return the exit code: 0 where the tests pass, and a password and a certificate are asked for."""
    LOGS.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="vigil-jaeger-") as name:
        folder = Path(name)
        prepare(folder)
        with started("plain", folder) as plain, started("heavy", folder) as heavy:
            environment = {**os.environ, "RECORD_JAEGER" if recording else "LIVE_JAEGER": f"{plain} {heavy}"}
            command = ["pytest", "-q", *TESTS, "-k", "not refusal", f"--junitxml={LOGS}/trace_analysis.xml"]
            passed = subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode == 0
        return int(not all([passed, *(fits(folder, *one) for one in ASKED)]))


if __name__ == "__main__":
    sys.exit(main("record" in sys.argv[1:]))
