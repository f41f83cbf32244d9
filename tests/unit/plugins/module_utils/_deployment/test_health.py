# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import socket
import ssl
import subprocess
import threading
from base64 import b64decode, b64encode
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.vigil.observability.plugins.module_utils._deployment import health
from ansible_collections.vigil.observability.plugins.module_utils._deployment.health import Endpoint, NotHealthyYet
from ansible_collections.vigil.observability.plugins.module_utils._errors.sentence import OperatorError


class Service(ThreadingHTTPServer):
    """Answers every request with a status and a body, and notes what it was asked."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.status, self.body = 200, b""
        self.asked: list[tuple[str, str]] = []
        self.authorization = ""
        self.peer: Any = None

    def url(self, scheme: str = "http", host: str = "127.0.0.1") -> str:
        return f"{scheme}://{host}:{self.server_address[1]}"

    def handle_error(self, *_: object) -> None:
        """Clients that break off are part of these tests."""


class Handler(BaseHTTPRequestHandler):
    server: Service

    def do_GET(self) -> None:
        service = self.server
        service.asked.append((self.command, self.path))
        service.authorization = self.headers.get("Authorization", "")
        service.peer = self.connection.getpeercert() if isinstance(self.connection, ssl.SSLSocket) else None
        self.send_response(service.status)
        self.send_header("Location", "/elsewhere")
        self.end_headers()
        self.wfile.write(service.body)

    def do_POST(self) -> None:
        self.do_GET()

    def log_message(self, format: str, *args: object) -> None:
        """Keep the output of the tests clean."""


@pytest.fixture
def service() -> Iterator[Service]:
    """A service over HTTP for the time of one test."""
    with Service() as service:
        thread = threading.Thread(target=service.serve_forever, args=(0.02,))
        thread.start()
        yield service
        service.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with a certificate for localhost and its key, which is its own authority."""
    folder = tmp_path_factory.mktemp("certificates")
    options = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=demo"]
    files = ["-addext", "subjectAltName=DNS:localhost", "-keyout", f"{folder}/tls.key", "-out", f"{folder}/tls.crt"]
    subprocess.run(["openssl", "req", "-x509", *options, *files], check=True, capture_output=True)
    return folder


def secure(service: Service, certificates: Path, *, mutual: bool = False) -> None:
    """Let the service speak TLS from now on."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates / "tls.crt", certificates / "tls.key")
    if mutual:
        context.load_verify_locations(certificates / "tls.crt")
        context.verify_mode = ssl.CERT_REQUIRED
    service.socket = context.wrap_socket(service.socket, server_side=True)


@pytest.mark.parametrize("status", [200, 204])
def test_good_answer_is_healthy(service: Service, status: int) -> None:
    service.status = status
    Endpoint(f"{service.url()}/-/ready?a=b").check()
    assert service.asked == [("GET", "/-/ready?a=b")]


def test_address_without_a_path_asks_for_the_root(service: Service) -> None:
    Endpoint(service.url()).check()
    assert service.asked == [("GET", "/")]


@pytest.mark.parametrize("status", [302, 404, 503])
def test_other_answer_is_not_healthy_yet_and_told(service: Service, status: int) -> None:
    service.status, service.body = status, b"Service Unavailable\n"
    with pytest.raises(NotHealthyYet, match=f"/ returns HTTP {status}: Service Unavailable$"):
        Endpoint(f"{service.url()}/").check()
    assert len(service.asked) == 1


@pytest.mark.parametrize("status", [401, 403])
def test_refused_credentials_are_not_waited_for(service: Service, status: int) -> None:
    service.status = status
    with pytest.raises(OperatorError, match=f"rejects the credentials of the health check \\(HTTP {status}\\)$"):
        Endpoint(service.url()).check()


def test_password_is_read_from_its_file(service: Service, tmp_path: Path) -> None:
    (tmp_path / "password").write_text("battery:staple\n")
    Endpoint(service.url(), username="admin", password_file=str(tmp_path / "password")).check()
    assert b64decode(service.authorization.partition(" ")[2]) == b"admin:battery:staple"


def test_an_answer_that_repeats_the_password_is_told_without_it(service: Service, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text('p"w\n')
    login = b64encode(b'u:p"w').decode()
    service.status, service.body = 503, f'"p\\"w" {login} {"x" * 1970} p"w'.encode()
    with pytest.raises(NotHealthyYet) as told:
        Endpoint(service.url(), username="u", password_file=str(secret)).check()
    assert f'{service.url()} returns HTTP 503: "********" ******** xx' in str(told.value)
    assert str(told.value).endswith("x ********")


def test_user_without_a_password_file_has_an_empty_password(service: Service) -> None:
    Endpoint(service.url(), username="admin").check()
    assert b64decode(service.authorization.partition(" ")[2]) == b"admin:"


def test_missing_password_file_is_not_waited_for(service: Service) -> None:
    with pytest.raises(OperatorError, match="Cannot read the password of the health check: .*'/nowhere'"):
        Endpoint(service.url(), username="admin", password_file="/nowhere").check()


def test_proxy_of_the_environment_is_not_asked(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    Endpoint(service.url()).check()


def test_service_that_nobody_reaches_is_not_healthy_yet() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
        with pytest.raises(NotHealthyYet, match=f"{url} does not respond: .*Connection refused"):
            Endpoint(url).check()


def test_service_that_hangs_is_not_healthy_yet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health.Endpoint._request, "__defaults__", (0.05,))
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        with pytest.raises(NotHealthyYet, match="does not respond within 0 s"):
            Endpoint(f"http://127.0.0.1:{silent.getsockname()[1]}").check()


@pytest.mark.parametrize("url", ["ftp://localhost/", "localhost:9090"])
def test_address_of_another_kind_is_refused(url: str) -> None:
    with pytest.raises(
        OperatorError, match=r"The health check is not possible: The URL .* must be like https://host:port"
    ):
        Endpoint(url).check()


def test_certificate_of_the_authority_is_trusted(service: Service, certificates: Path) -> None:
    secure(service, certificates)
    Endpoint(service.url("https", "localhost"), ca_file=str(certificates / "tls.crt")).check()


def test_certificate_need_not_name_the_address_that_only_this_host_uses(service: Service, certificates: Path) -> None:
    secure(service, certificates)
    Endpoint(service.url("https", "127.0.0.1"), ca_file=str(certificates / "tls.crt")).check()


def test_certificate_of_nobody_known_is_not_waited_for(service: Service, certificates: Path) -> None:
    secure(service, certificates)
    with pytest.raises(OperatorError, match="The certificate of https://localhost:.* is not trusted: self.signed"):
        Endpoint(service.url("https", "localhost")).check()


def test_service_that_presents_the_certificate_it_is_to_present_is_healthy(
    service: Service, certificates: Path, tmp_path: Path
) -> None:
    secure(service, certificates)
    known = str(certificates / "tls.crt")
    chain = tmp_path / "chain.crt"
    chain.write_text(f"Subject: demo\n{Path(known).read_text()}" + Path(known).read_text())
    Endpoint(service.url("https", "localhost"), ca_file=known, presents=str(chain)).check()


def test_service_that_still_presents_another_certificate_is_waited_for(
    service: Service, certificates: Path, tmp_path: Path
) -> None:
    secure(service, certificates)
    renewed, known = tmp_path / "tls.crt", certificates / "tls.crt"
    renewed.write_text(f"{ssl.DER_cert_to_PEM_cert(ssl.PEM_cert_to_DER_cert(known.read_text()) + b'x')}")
    for authority in (known, "/etc/hostname"):
        with pytest.raises(NotHealthyYet, match=f"does not present the certificate in {renewed}"):
            Endpoint(service.url("https", "localhost"), ca_file=str(authority), presents=str(renewed)).check()
    assert service.asked == []


def test_service_that_does_not_speak_tls_yet_is_waited_for(service: Service, certificates: Path) -> None:
    with pytest.raises(NotHealthyYet, match="does not respond"):
        Endpoint(service.url("https", "localhost"), presents=str(certificates / "tls.crt")).check()


def test_damaged_certificate_is_not_waited_for(service: Service, certificates: Path, tmp_path: Path) -> None:
    secure(service, certificates)
    (tmp_path / "damaged.crt").write_text(f"{ssl.PEM_HEADER}\nabc\n{ssl.PEM_FOOTER}\n")
    for wrong in (tmp_path / "damaged.crt", tmp_path / "missing.crt"):
        with pytest.raises(OperatorError, match=f"The certificate in {wrong} cannot be read") as raised:
            Endpoint(service.url("https", "localhost"), presents=str(wrong)).check()
        assert not isinstance(raised.value, NotHealthyYet)


def test_client_certificate_is_shown(service: Service, certificates: Path) -> None:
    secure(service, certificates, mutual=True)
    crt, key = str(certificates / "tls.crt"), str(certificates / "tls.key")
    Endpoint(service.url("https", "localhost"), ca_file=crt, certificate=crt, key=key).check()
    assert service.peer["subject"] == ((("commonName", "demo"),),)


def test_service_that_wants_a_client_certificate_gets_nothing_from_a_health_check_without_one(
    service: Service, certificates: Path
) -> None:
    secure(service, certificates, mutual=True)
    with pytest.raises(NotHealthyYet, match="does not respond"):
        Endpoint(service.url("https", "localhost"), ca_file=str(certificates / "tls.crt")).check()


def test_missing_authority_is_not_waited_for(service: Service) -> None:
    with pytest.raises(
        OperatorError, match=r"is not possible: The certificates for https://.* cannot be read \(/nowhere\)"
    ):
        Endpoint(service.url("https"), ca_file="/nowhere").check()


def test_accepted_reload_returns(service: Service) -> None:
    Endpoint("http://unused").reload(f"{service.url()}/-/reload")
    assert service.asked == [("POST", "/-/reload")]


def test_refused_reload_tells_the_words_of_the_service(service: Service) -> None:
    service.status, service.body = 500, b"failed to reload config: unknown field"
    with pytest.raises(
        OperatorError, match="rejected the reload: .* returns HTTP 500: failed to reload config: unknown"
    ):
        Endpoint(service.url()).reload(service.url())


def test_reload_that_nobody_answers_is_an_error() -> None:
    with pytest.raises(OperatorError, match="There was no response to the reload: http://127.0.0.1:9 does not respond"):
        Endpoint("http://127.0.0.1:9").reload("http://127.0.0.1:9")


@pytest.mark.parametrize(
    ("url", "status", "progress"),
    [("{}", 200, "3 of 7"), ("{}", 404, None), ("http://127.0.0.1:9", 200, None), (None, 200, None)],
)
def test_progress_is_what_the_service_says_about_it(
    service: Service, url: str | None, status: int, progress: str | None
) -> None:
    service.status, service.body = status, b"3 of 7"
    endpoint = Endpoint(service.url(), progress_url=url and url.format(service.url()))
    assert endpoint.progress() == progress


def test_unknown_and_empty_options_are_left_out() -> None:
    options = {"url": "http://a", "ca_file": None, "color": "red"}
    assert Endpoint.from_options(options) == Endpoint("http://a")
