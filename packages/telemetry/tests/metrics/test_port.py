"""The port of metrics: mutual TLS with files that are renewed, a token, and nothing for strangers."""

from __future__ import annotations

import socket
import ssl
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from metrics.authority import Authority
from metrics.reading import free_port, scraped, started
from programs import PLENTY
from vigil_telemetry.errors import TelemetryError
from vigil_telemetry.metrics import Metrics


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    """Return an authority that has issued certificates for the server and a client."""
    made = Authority(tmp_path)
    made.issue("server")
    made.issue("client")
    return made


@contextmanager
def serving(**given: object) -> Iterator[tuple[Metrics, int]]:
    """Serve metrics on a free port."""
    port = free_port()
    metrics = started(metrics_port=port, **given)
    try:
        yield metrics, port
    finally:
        metrics.stop(5)


def files(authority: Authority) -> dict[str, Path]:
    """Return the settings of mutual TLS."""
    return {
        "metrics_certificate_file": authority.certificate("server"),
        "metrics_key_file": authority.key("server"),
        "metrics_authority_file": authority.file,
    }


def asked(port: int, context: ssl.SSLContext | None = None, path: str = "/metrics", token: str = "") -> bytes:
    """Return what the port answers."""
    scheme = "https" if context else "http"
    headers = {"Authorization": token} if token else {}
    request = urllib.request.Request(f"{scheme}://127.0.0.1:{port}{path}", headers=headers)  # noqa: S310 - loopback
    with urllib.request.urlopen(request, context=context, timeout=PLENTY) as answer:  # noqa: S310 - loopback
        return bytes(answer.read())


def serial(port: int, context: ssl.SSLContext) -> int:
    """Return the serial number of the certificate that the port shows."""
    with socket.create_connection(("127.0.0.1", port), PLENTY) as plain, context.wrap_socket(plain) as secured:
        shown = secured.getpeercert()
        assert shown
        return int(str(shown["serialNumber"]), 16)


def test_metrics_are_at_one_path() -> None:
    with serving() as (_metrics, port):
        assert b"http_requests_total" in scraped(port)
        with pytest.raises(urllib.error.HTTPError, match="404"):
            asked(port, path="/")
        head = urllib.request.Request(f"http://127.0.0.1:{port}/metrics", method="HEAD")
        with urllib.request.urlopen(head, timeout=PLENTY) as answer:  # noqa: S310 - loopback
            assert answer.read() == b""


def test_clients_without_a_certificate_of_the_authority_see_nothing(authority: Authority, tmp_path: Path) -> None:
    stranger = Authority(tmp_path / "stranger")
    stranger.issue("client")
    with serving(**files(authority)) as (_metrics, port):
        assert b"http_requests_total" in asked(port, authority.client())
        for wrong in (authority.client(""), stranger.client(trusting=authority)):
            with pytest.raises((OSError, urllib.error.URLError)):
                asked(port, wrong)
        with pytest.raises((OSError, urllib.error.URLError)):
            asked(port)


def test_renewed_certificate_is_used_without_a_restart(authority: Authority) -> None:
    with serving(**files(authority)) as (_metrics, port):
        first = serial(port, authority.client())
        authority.issue("server")
        assert serial(port, authority.client()) != first


def test_renewed_authority_ends_the_trust_in_the_former(authority: Authority, tmp_path: Path) -> None:
    former = authority.client()
    with serving(**files(authority)) as (_metrics, port):
        asked(port, former)
        other = Authority(tmp_path / "other")
        other.issue("client")
        authority.file.write_bytes(other.file.read_bytes())
        with pytest.raises((OSError, urllib.error.URLError)):
            asked(port, former)
        assert asked(port, other.client(trusting=authority, verified=False))


def test_files_that_were_renewed_wrongly_leave_the_former_in_use(
    authority: Authority, caplog: pytest.LogCaptureFixture
) -> None:
    with serving(**files(authority)) as (_metrics, port):
        authority.certificate("server").write_text("half a certif")
        for _number in range(3):
            assert asked(port, authority.client())
    assert [record.levelname for record in caplog.records if "former stay in use" in record.message] == ["WARNING"]


def test_silent_and_wrong_connections_do_not_keep_others_out(authority: Authority) -> None:
    with serving(**files(authority)) as (_metrics, port):
        silent = [socket.create_connection(("127.0.0.1", port)) for _number in range(5)]
        with socket.create_connection(("127.0.0.1", port)) as wrong:
            wrong.sendall(b"GET /metrics HTTP/1.1\r\n\r\n")
        assert asked(port, authority.client())
        for one in silent:
            one.close()


def test_more_connections_than_are_served_are_closed() -> None:
    with serving() as (_metrics, port):
        silent = [socket.create_connection(("127.0.0.1", port)) for _number in range(8)]
        with socket.create_connection(("127.0.0.1", port), PLENTY) as further:
            assert further.recv(1) == b""
        for one in silent:
            one.close()


def test_port_with_a_token_wants_it(tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("first\n")
    with serving(metrics_token_file=token) as (_metrics, port):
        assert asked(port, token="Bearer first")
        token.write_text("second-one\n")
        assert asked(port, token="Bearer second-one")
        for wrong in ("", "Bearer first", "Basic second-one"):
            with pytest.raises(urllib.error.HTTPError, match="401"):
                asked(port, token=wrong)


def test_port_is_free_again_after_a_stop() -> None:
    port = free_port()
    for _number in range(2):
        metrics = started(metrics_port=port)
        assert scraped(port)
        metrics.stop(5)


def test_port_that_is_taken_is_refused_with_what_to_do() -> None:
    with serving() as (_metrics, port):
        told = f"Opening the port {port} .*failed: .*in use"
        with pytest.raises(TelemetryError, match=told):
            started(metrics_port=port)


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"metrics_key_file": None}, "belong together"),
        ({"metrics_certificate_file": None, "metrics_key_file": None}, "there is no certificate of this server"),
        ({"metrics_port": None}, "without metrics_port"),
        ({"metrics_key_file": "client.key"}, "failed: key values mismatch; write a certificate and its key"),
        ({"metrics_certificate_file": "absent.pem"}, "failed: No such file or directory; write a certificate"),
        ({"metrics_certificate_file": "server.key"}, "write a certificate and its key, unencrypted, as PEM"),
        ({"metrics_authority_file": "absent.pem"}, "Reading metrics_authority_file"),
        ({"metrics_authority_file": "server.key"}, "Reading metrics_authority_file"),
        ({"metrics_token_file": "absent"}, "Reading metrics_token_file"),
        ({"metrics_token_file": "empty"}, "found no token"),
    ],
)
def test_files_that_do_not_fit_are_refused_at_start(
    authority: Authority, tmp_path: Path, changed: dict[str, object], sentence: str
) -> None:
    (tmp_path / "empty").touch()
    given = {"metrics_port": free_port(), **files(authority)}
    given.update({key: tmp_path / found if isinstance(found, str) else found for key, found in changed.items()})
    with pytest.raises(TelemetryError) as refused:
        started(**given)
    assert sentence in str(refused.value)


def test_port_for_everyone_wants_certificates_or_a_token(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("secret")
    with pytest.raises(TelemetryError, match=r"metrics_address 0\.0\.0\.0 shows the metrics to everyone"):
        started(metrics_port=free_port(), metrics_address="0.0.0.0")
    started(metrics_port=free_port(), metrics_address="0.0.0.0", metrics_token_file=tmp_path / "token").stop(5)
