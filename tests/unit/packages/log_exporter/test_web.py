# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who may scrape the exporter, and with what TLS."""

from __future__ import annotations

import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client import CollectorRegistry, Gauge

from ansible_collections.vigil.observability.packages.log_exporter.log_exporter.web import Server, listening, pages

PROMETHEUS = "vigil://monitor1/prometheus"


class Certificates:
    """An authority, and the certificates that it has issued, as files of a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        usage = ("-addext", "keyUsage=critical,keyCertSign,cRLSign")
        self._run("req", "-x509", "-keyout", "ca.key", "-out", "ca.crt", "-subj", "/CN=ca", *usage, *self._NEW)
        for name in (PROMETHEUS, "vigil://web1/prometheus", "vigil://logs1/log_exporter"):
            self.issue(name)

    _NEW = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")

    def _run(self, *words: str) -> None:
        subprocess.run(["openssl", *words], cwd=self.folder, check=True, capture_output=True)

    def issue(self, name: str) -> None:
        """Write a certificate and a key for a name."""
        file = self.file(name)
        keys = "subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n"
        (self.folder / "names").write_text(f"{keys}subjectAltName=URI:{name},DNS:localhost\n")
        self._run("req", "-keyout", f"{file}.key", "-out", "csr", "-subj", "/CN=a", *self._NEW)
        self._run("x509", "-req", "-in", "csr", "-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial", "-out",
                  f"{file}.crt", "-extfile", "names")  # fmt: skip

    def file(self, name: str) -> Path:
        return self.folder / name.replace("/", "-").replace(":", "")

    def client(self, name: str = "") -> ssl.SSLContext:
        """Return the settings of a client with the certificate of this name, or with none."""
        context = ssl.create_default_context(cafile=str(self.folder / "ca.crt"))
        if name:
            context.load_cert_chain(f"{self.file(name)}.crt", f"{self.file(name)}.key")
        return context


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return Certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def exporter(certificates: Certificates, tmp_path: Path) -> Iterator[Server]:
    """An exporter that admits one Prometheus, on a free port of loopback."""
    own = certificates.file("vigil://logs1/log_exporter")
    tls: dict[str, Any] = {
        "cert_file": f"{own}.crt",
        "key_file": f"{own}.key",
        "client_ca_file": str(certificates.folder / "ca.crt"),
    }
    tls |= {
        "min_version": "TLS13",
        "client_auth_type": "RequireAndVerifyClientCert",
        "client_allowed_sans": [PROMETHEUS],
    }
    (tmp_path / "web.yml").write_text(yaml.safe_dump({"tls_server_config": tls}))
    registry = CollectorRegistry()
    Gauge("log_answer", "A number.", registry=registry).set(42)
    with Server(("127.0.0.1", 0), tmp_path / "web.yml") as server:
        server.set_app(pages(registry))
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def older(exporter: Server, tmp_path: Path) -> Server:
    """The exporter, which from now on accepts TLS 1.2 with two suites."""
    told = yaml.safe_load((tmp_path / "web.yml").read_text())
    suites = [f"TLS_ECDHE_ECDSA_WITH_{cipher}" for cipher in ("AES_256_GCM_SHA384", "CHACHA20_POLY1305_SHA256")]
    told["tls_server_config"] |= {"min_version": "TLS12", "cipher_suites": suites}
    (tmp_path / "web.yml").write_text(yaml.safe_dump(told))
    return exporter


def get(server: Server, context: ssl.SSLContext, path: str = "/metrics") -> str:
    """Return the answer to a request. Raises OSError, of which an error of TLS is one."""
    with connected(server, context) as secured:
        secured.sendall(f"GET {path} HTTP/1.0\r\n\r\n".encode())
        return b"".join(iter(lambda: secured.recv(4096), b"")).decode()


def connected(server: Server, context: ssl.SSLContext) -> ssl.SSLSocket:
    """Return a connection after the handshake. Raises OSError."""
    plain = socket.create_connection(("127.0.0.1", server.server_port), 30)
    try:
        return context.wrap_socket(plain, server_hostname="localhost")
    except OSError:
        plain.close()
        raise


def test_an_admitted_client_gets_the_metrics(exporter: Server, certificates: Certificates) -> None:
    assert "\nlog_answer 42.0\n" in get(exporter, certificates.client(PROMETHEUS))


@pytest.mark.parametrize("name", ["vigil://web1/prometheus", ""])
def test_nobody_else_gets_any(exporter: Server, certificates: Certificates, name: str) -> None:
    try:
        said = get(exporter, certificates.client(name))
    except OSError:
        said = ""
    assert said == ""


def test_an_older_version_of_tls_is_refused(exporter: Server, certificates: Certificates) -> None:
    context = certificates.client(PROMETHEUS)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    with pytest.raises(ssl.SSLError):
        get(exporter, context)


@pytest.mark.parametrize(
    ("suite", "accepted"),
    [
        ("ECDHE-ECDSA-AES256-GCM-SHA384", True),
        ("ECDHE-ECDSA-CHACHA20-POLY1305", True),
        ("ECDHE-ECDSA-AES128-GCM-SHA256", False),
    ],
)
def test_suites_of_an_older_version_are_those_of_the_configuration(
    older: Server, certificates: Certificates, suite: str, accepted: bool
) -> None:
    context = certificates.client(PROMETHEUS)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(suite)
    if accepted:
        assert "log_answer" in get(older, context)
        return
    with pytest.raises(ssl.SSLError):
        get(older, context)


def test_a_client_that_sends_nothing_keeps_nobody_waiting(exporter: Server, certificates: Certificates) -> None:
    with socket.create_connection(("127.0.0.1", exporter.server_port), 30):
        assert "log_answer" in get(exporter, certificates.client(PROMETHEUS))


def test_a_renewed_certificate_is_presented_without_a_restart(exporter: Server, certificates: Certificates) -> None:
    def serial() -> Any:
        with connected(exporter, certificates.client(PROMETHEUS)) as secured:
            return (secured.getpeercert() or {})["serialNumber"]

    before = serial()
    certificates.issue("vigil://logs1/log_exporter")
    assert serial() != before


@pytest.mark.parametrize(("path", "status"), [("/", "200 OK"), ("/-/reload", "404 Not Found")])
def test_other_pages_ask_nobody(exporter: Server, certificates: Certificates, path: str, status: str) -> None:
    answer = get(exporter, certificates.client(PROMETHEUS), path)
    assert answer.startswith(f"HTTP/1.0 {status}\r\n")
    assert "log_answer" not in answer


@pytest.mark.parametrize(
    ("text", "parts"), [(":9479", ("", 9479)), ("127.0.0.1:1", ("127.0.0.1", 1)), ("[::1]:9479", ("::1", 9479))]
)
def test_address_is_that_of_upstreams_notation(text: str, parts: tuple[str, int]) -> None:
    assert listening(text) == parts
