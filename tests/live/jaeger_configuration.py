"""Has real Jaegers on loopback run the configuration of the role, and requires of them what the role promises.

Each port refuses clients without a certificate of the authority; changed strategies are served without a restart;
tail sampling keeps every error and every slow trace, and the metrics of spans count all of them.
"""

from __future__ import annotations

import base64
import http.client
import ipaddress
import json
import secrets
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from http import HTTPStatus
from itertools import product
from pathlib import Path
from typing import Any

import bcrypt
import grpc
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SpanExportResult
from opentelemetry.trace import StatusCode

from ansible_collections.vigil.observability.plugins.filter.jaeger_configuration import jaeger_configuration
from ansible_collections.vigil.observability.plugins.filter.jaeger_strategies import jaeger_strategies
from ansible_collections.vigil.observability.tests.live.elasticsearch_modules import free_port
from ansible_collections.vigil.observability.tests.runner.jobs import LOGS
from ansible_collections.vigil.observability.tests.servers.assemble import unpack_release

OLDEST, NEWEST = "2.12.0", "2.13.0"
PATIENCE = 120.0
ASKED = {
    "web": "/api/v3/services",
    "otlp_http": "/v1/traces",
    "sampling": "/api/sampling?service=shop",
    "metrics": "/metrics",
    "health": "/status",
}
PORTS = (*ASKED, "otlp_grpc", "query_grpc")
OF_COLLECTOR, OF_QUERY = {"otlp_grpc", "otlp_http", "sampling"}, {"web", "query_grpc"}
LOGIN = "admin:live-pass-1"
USUAL, SHARE = 400, 0.5
KINDS = {"errors": 40, "slow": 40, "usual": USUAL}
JUDGED = "otelcol_processor_tail_sampling_global_count_traces_sampled_total"
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0"


def usage(*, signs: bool) -> x509.KeyUsage:
    """Return what the key of an authority, or of its client or server, is for."""
    names = ("content_commitment", "key_encipherment", "data_encipherment", "key_agreement")
    unused = dict.fromkeys((*names, "encipher_only", "decipher_only"), False)
    return x509.KeyUsage(digital_signature=True, key_cert_sign=signs, crl_sign=signs, **unused)


def certify(folder: Path, authority: str, names: Mapping[str, int]) -> None:
    """Write the certificate of a new authority, and those that it signs by names, each valid for so many days."""
    signer = ec.generate_private_key(ec.SECP256R1())
    issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, authority)])
    hosts = x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    for name, days in {authority: 2, **names}.items():
        key = signer if name == authority else ec.generate_private_key(ec.SECP256R1())
        made = (
            x509.CertificateBuilder(serial_number=x509.random_serial_number(), public_key=key.public_key())
            .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
            .issuer_name(issuer)
            .not_valid_before(datetime.now(UTC) - timedelta(days=9))
            .not_valid_after(datetime.now(UTC) + timedelta(days=days))
            .add_extension(x509.BasicConstraints(ca=name == authority, path_length=None), critical=True)
            .add_extension(hosts, critical=False)
            # Python 3.13 requires these of what it verifies.
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
            .add_extension(usage(signs=name == authority), critical=True)
            .sign(signer, hashes.SHA256())
        )
        (folder / f"{name}.crt").write_bytes(made.public_bytes(Encoding.PEM))
        (folder / f"{name}.key").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))


class Jaeger:
    """A Jaeger in a folder that others share."""

    def __init__(self, folder: Path, version: str, **inputs: Any) -> None:
        self.folder, self.ports = folder, {name: free_port() for name in PORTS}
        paths = {"certificate": f"{folder}/own.crt", "key": f"{folder}/own.key", "authorities": f"{folder}/trusted.crt"}
        given = {
            "components": ["collector", "query"],
            "storage": "memory",
            "retention_days": 7,
            "index_prefix": "jaeger",
            "memory_traces": 50_000,
            "query_access": "certificate",
            "memory_limit": "1G",
            "queue_spans": 50_000,
            "tail_sampling": {},
            "address": "127.0.0.1",
            "ports": self.ports,
            "tls": {**paths, "protocol": {"min_version": "1.3"}},
            "directory": str(folder),
            "data": str(folder / "data"),
            **inputs,
        }
        self.settings = folder / f"{secrets.token_hex(4)}.yml"
        self.settings.write_text(json.dumps(jaeger_configuration(given)))
        self.program = folder / f"jaeger-{version}-linux-amd64/jaeger"

    def validate(self) -> None:
        """Require that it accepts its settings."""
        command = [str(self.program), "validate", f"--config={self.settings}"]
        subprocess.run(command, check=True, capture_output=True, timeout=PATIENCE)

    @contextmanager
    def running(self) -> Iterator[subprocess.Popen[bytes]]:
        """Yield its process once it is healthy."""
        with (LOGS / "jaeger_configuration.log").open("ab") as log:
            process = subprocess.Popen([str(self.program), f"--config={self.settings}"], stdout=log, stderr=log)
        try:
            await_that(f"{self.program} is healthy", lambda: self.ask("health")[0] == HTTPStatus.OK)
            yield process
        finally:
            process.kill()
            process.wait()

    def context(self, name: str = "own") -> ssl.SSLContext:
        """Return what a client with this certificate needs; without a name, one without a certificate."""
        context = ssl.create_default_context(cafile=str(self.folder / "trusted.crt"))
        if name:
            context.load_cert_chain(self.folder / f"{name}.crt", self.folder / f"{name}.key")
        return context

    def ask(self, port: str, path: str = "", *, body: str = "", name: str = "own", login: str = "") -> tuple[int, str]:
        """Return status and text of an answer; 0 where there is none."""
        address = ("127.0.0.1", self.ports[port])
        with closing(http.client.HTTPSConnection(*address, timeout=PATIENCE, context=self.context(name))) as client:
            headers = {"Content-Type": "application/json"} if body else {}
            if login:
                headers["Authorization"] = f"Basic {base64.b64encode(login.encode()).decode()}"
            try:
                client.request("POST" if body else "GET", path or ASKED[port], body or None, headers)
                answer = client.getresponse()
                return answer.status, answer.read().decode()
            except (OSError, http.client.HTTPException):
                return 0, ""

    def serves(self, port: str, name: str = "own") -> bool:
        """Return whether a port takes a client with this certificate."""
        if port in ASKED:
            return self.ask(port, body="{}" if port == "otlp_http" else "", name=name)[0] != 0
        context = self.context(name)
        context.set_alpn_protocols(["h2"])
        try:
            plain = socket.create_connection(("127.0.0.1", self.ports[port]), PATIENCE)
            with plain, context.wrap_socket(plain, server_hostname="localhost") as client:
                client.sendall(PREFACE)
                return bool(client.recv(9))
        except OSError:
            return False

    def metric(self, name: str, label: str = "") -> float:
        """Return the sum of the series of a metric, of those with a label."""
        lines = [line for line in self.ask("metrics")[1].splitlines() if line.startswith(f"{name}{{") and label in line]
        return sum(float(line.rsplit(" ", 1)[1]) for line in lines)


def await_that(what: str, holds: Callable[[], bool]) -> None:
    """Wait until something holds."""
    until = time.monotonic() + PATIENCE
    while not holds():
        if time.monotonic() > until:
            raise AssertionError(f"After {PATIENCE:.0f} s it is not true that {what}. The log is in {LOGS}.")
        time.sleep(0.2)


def require_certificates(jaeger: Jaeger, asked: Sequence[str]) -> None:
    """Require of ports that they take clients with a certificate of the authority alone."""
    for port, name in product(asked, ("own", "", "foreign", "expired")):
        assert jaeger.serves(port, name) == (name == "own"), f"{port} with the certificate {name or 'of nobody'}"


def accepted(folder: Path) -> None:
    """Require that each release accepts each kind of configuration."""
    kinds = product([["collector"], ["query"], ["collector", "query"]], ["memory", "badger"], [{}, {"share": 0.1}])
    for components, storage, judged in kinds:
        for version, access in ((OLDEST, "certificate"), (NEWEST, "certificate"), (NEWEST, "password")):
            inputs = {"components": components, "storage": storage, "tail_sampling": judged, "query_access": access}
            Jaeger(folder, version, **inputs).validate()


def in_parts(folder: Path) -> None:
    """Require of a collector, of a query and of both, that they listen where they should, for certificates alone."""
    common = {"metrics", "health"}
    for version, components in product((OLDEST, NEWEST), (["collector"], ["query"], ["collector", "query"])):
        # A query listens for its own metrics.
        expected = common | (OF_COLLECTOR if "collector" in components else {"otlp_http"})
        expected |= OF_QUERY if "query" in components else set()
        jaeger = Jaeger(folder, version, components=components)
        with jaeger.running():
            assert {port for port in PORTS if jaeger.serves(port)} == expected, (version, components)
            require_certificates(jaeger, sorted(expected))


def whole(folder: Path) -> None:
    """Require of a collector and query what it promises to people, applications and Prometheus."""
    judged = {"slower_than": "1s", "share": SHARE, "decision_wait": "10s"}
    jaeger = Jaeger(folder, NEWEST, storage="badger", query_access="password", tail_sampling=judged)
    with jaeger.running() as process:
        traces = {kind: [secrets.token_hex(16) for _number in range(count)] for kind, count in KINDS.items()}
        for kind, of_kind in traces.items():
            assert jaeger.ask("otlp_http", body=json.dumps(document(kind, of_kind)))[0] == HTTPStatus.OK
        require_certificates(jaeger, sorted(set(PORTS) - {"web"}))
        for login, status in (("", 401), ("admin:wrong", 401), ("nobody:live-pass-1", 401), (LOGIN, 200)):
            assert jaeger.ask("web", name="", login=login)[0] == status, login.partition(":")[0]
        require_served(jaeger)
        require_judged(jaeger, traces)
        require_grpc(jaeger)
        assert process.poll() is None


def require_grpc(jaeger: Jaeger) -> None:
    """Require that what OpenTelemetry's exporter sends over gRPC is found, and is refused without a certificate."""
    with TracerProvider().get_tracer("live").start_as_current_span("over gRPC") as sent:
        sent.set_status(StatusCode.ERROR)
    assert isinstance(sent, ReadableSpan)
    files = (jaeger.folder / name for name in ("trusted.crt", "own.crt", "own.key"))
    authority, certificate, key = (file.read_bytes() for file in files)
    credentials = {
        SpanExportResult.FAILURE: grpc.ssl_channel_credentials(authority),
        SpanExportResult.SUCCESS: grpc.ssl_channel_credentials(authority, key, certificate),
    }
    for expected, shown in credentials.items():
        address = f"https://127.0.0.1:{jaeger.ports['otlp_grpc']}"
        exporter = OTLPSpanExporter(address, credentials=shown, timeout=3)
        assert exporter.export([sent]) == expected
        exporter.shutdown()
    path = f"/api/v3/traces/{sent.get_span_context().trace_id:032x}"
    await_that("the span is found", lambda: "over gRPC" in jaeger.ask("web", path, login=LOGIN)[1])


def require_served(jaeger: Jaeger) -> None:
    """Require that changed strategies are served by the process that runs."""
    file = jaeger.folder / "strategies.json"
    for share in (0.25, 0.75):
        changed = jaeger.folder / "changed.json"
        changed.write_text(json.dumps(jaeger_strategies({"default": {"type": "probabilistic", "param": share}})))
        changed.replace(file)
        served = f'"samplingRate":{share}}}'
        await_that(f"{served} is served", partial(_contains, jaeger, served))


def _contains(jaeger: Jaeger, text: str) -> bool:
    return text in jaeger.ask("sampling")[1]


def require_judged(jaeger: Jaeger, traces: Mapping[str, Sequence[str]]) -> None:
    """Require that errors and slow traces are kept whole, and a share of others, and that all spans are counted."""
    number = sum(map(len, traces.values()))
    await_that("every span is counted", lambda: jaeger.metric("traces_span_metrics_calls_total") == 2 * number)
    await_that("every trace is judged", lambda: jaeger.metric(JUDGED) == number)
    kept = jaeger.metric(JUDGED, 'sampled="true"')
    await_that("what is kept is stored", lambda: jaeger.metric("otelcol_exporter_sent_spans_total") == 2 * kept)
    found = {
        kind: [jaeger.ask("web", f"/api/v3/traces/{trace}", login=LOGIN)[1].count('"spanId"') for trace in of_kind]
        for kind, of_kind in traces.items()
    }
    assert set(found["errors"]) == set(found["slow"]) == {2}, found
    assert set(found["usual"]) == {0, 2}, found
    # Ten standard deviations from the share.
    assert abs(found["usual"].count(2) - SHARE * USUAL) < 10 * (USUAL * SHARE * (1 - SHARE)) ** 0.5, found


def span(trace: str, name: str, milliseconds: int, *, failed: bool = False) -> dict[str, Any]:
    """Return a span in OTLP's JSON."""
    end = time.time_ns()
    begin = end - milliseconds * 1_000_000
    times = {"startTimeUnixNano": str(begin), "endTimeUnixNano": str(end)}
    status = {"code": 2} if failed else {}
    return {"traceId": trace, "spanId": secrets.token_hex(8), "name": name, "kind": 2, "status": status, **times}


def document(kind: str, traces: Sequence[str]) -> dict[str, Any]:
    """Return what a sender of traces sends: each is a request, and a statement within."""
    requests = [span(trace, "GET /", 1500 if kind == "slow" else 20) for trace in traces]
    statements = [span(trace, "SELECT", 5, failed=kind == "errors") for trace in traces]
    attributes = [{"key": "service.name", "value": {"stringValue": "shop"}}]
    scopes = [{"spans": [*requests, *statements]}]
    return {"resourceSpans": [{"resource": {"attributes": attributes}, "scopeSpans": scopes}]}


def prepare(folder: Path) -> None:
    """Unpack the releases, and write what they read."""
    for version in (OLDEST, NEWEST):
        unpack_release("jaeger", version, folder)
    certify(folder, "authority", {"own": 2, "expired": -1})
    certify(folder, "stranger", {"foreign": 2})
    shutil.copy(folder / "authority.crt", folder / "trusted.crt")
    user, password = LOGIN.split(":")
    (folder / "htpasswd").write_bytes(f"{user}:".encode() + bcrypt.hashpw(password.encode(), bcrypt.gensalt(4)) + b"\n")
    usual = {"default": {"type": "probabilistic", "param": 0.1}}
    (folder / "strategies.json").write_text(json.dumps(jaeger_strategies(usual)))


def main() -> int:
    """Return the exit code: 0 where every promise was kept."""
    LOGS.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="vigil-jaeger-") as name:
        folder = Path(name)
        prepare(folder)
        accepted(folder)
        in_parts(folder)
        whole(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
