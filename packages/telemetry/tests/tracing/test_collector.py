"""Sending over TLS, the files of which may be wrong or change at any time."""

from __future__ import annotations

import logging
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest

from metrics.authority import Authority
from tracing.collectors import Plain, StandinCollector, begun, collector, requested, settings, unused_port
from vigil_telemetry.errors import TelemetryError
from vigil_telemetry.tracing import Tracing
from vigil_telemetry.tracing.collector import Collector, Refused


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    found = Authority(tmp_path / "own")
    for name in ("server", "client"):
        found.issue(name)
    found.issue("expired", hours=-1)
    return found


@pytest.fixture
def server(authority: Authority) -> Iterator[StandinCollector]:
    """A collector that wants certificates of the authority."""
    with collector() as found:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(authority.certificate("server"), authority.key("server"))
        context.load_verify_locations(authority.file)
        context.verify_mode = ssl.CERT_REQUIRED
        found.tls = context
        yield found


def files(authority: Authority, name: str = "client", trusted: Path | None = None) -> dict[str, str]:
    """Return the files as urllib3 names them."""
    return {
        "ca_certs": str(trusted or authority.file),
        "cert_file": str(authority.certificate(name)),
        "key_file": str(authority.key(name)),
    }


def refusal(url: str, tls: dict[str, str]) -> Refused:
    with pytest.raises(Refused) as raised:
        Collector(url, tls).request("POST", url, body=b"")
    return raised.value


def test_spans_arrive_over_mutual_tls(authority: Authority, server: StandinCollector) -> None:
    given = {
        "otlp_certificate_file": authority.file,
        "otlp_client_certificate_file": authority.certificate("client"),
        "otlp_client_key_file": authority.key("client"),
    }
    with begun(otlp_endpoint=server.url, **given) as tracing:
        with requested(tracing, "GET", "/", {}):
            pass
        server.await_spans(1)
        assert tracing.dropped == {}


def test_a_server_of_another_authority_is_refused(
    tmp_path: Path, authority: Authority, server: StandinCollector
) -> None:
    refused = refusal(server.url, files(authority, trusted=Authority(tmp_path / "other").file))
    assert (refused.reason, refused.retry) == ("tls", True)
    assert "certificate verify failed" in refused.found.lower()
    assert server.received == []


@pytest.mark.parametrize("name", ["none", "other", "expired"])
def test_a_client_that_the_server_refuses_is_told_so_and_may_try_again(
    name: str, tmp_path: Path, authority: Authority, server: StandinCollector
) -> None:
    other = Authority(tmp_path / "other")
    other.issue("client")
    tls = {
        "none": {"ca_certs": str(authority.file)},
        "other": files(other, trusted=authority.file),
        "expired": files(authority, "expired"),
    }[name]
    refused = refusal(server.url, tls)
    assert refused.reason in (
        "tls",
        "unreachable",
    )  # by the release of TLS, the server refuses during or after the handshake
    assert refused.retry
    assert server.received == []


def test_files_that_are_gone_are_told_and_may_come_again(
    tmp_path: Path, authority: Authority, server: StandinCollector
) -> None:
    tls = files(authority)
    kept = authority.key("client").rename(tmp_path / "kept")
    sender = Collector(server.url, tls)
    with pytest.raises(Refused) as raised:
        sender.request("POST", server.url, body=b"")
    assert (raised.value.reason, raised.value.retry) == ("tls", True)
    kept.rename(authority.key("client"))
    sender.request("POST", server.url, body=b"")
    assert server.received == [b""]


@pytest.mark.parametrize("url", ["http://name.invalid:4318", f"http://127.0.0.1:{unused_port()}"])
def test_a_server_that_is_not_there_is_unreachable(url: str) -> None:
    assert refusal(url, {}) == Refused("unreachable", "connection refused or host unknown", retry=True)


@pytest.mark.parametrize(("name", "told"), [("client", []), ("expired", ["otlp_client_certificate_file"])])
def test_a_certificate_that_has_expired_is_named_at_the_start(
    name: str, told: list[str], authority: Authority, caplog: pytest.LogCaptureFixture
) -> None:
    given = {
        "otlp_certificate_file": authority.file,
        "otlp_client_certificate_file": authority.certificate(name),
        "otlp_client_key_file": authority.key(name),
    }
    with caplog.at_level(logging.WARNING), begun(otlp_endpoint="https://127.0.0.1:1", **given):
        pass
    lines = [record.getMessage() for record in caplog.records if "expired on" in record.getMessage()]
    assert [line.split()[4] for line in lines] == told


def test_a_directory_in_the_place_of_a_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TelemetryError, match="otlp_certificate_file .* cannot be read: Is a directory"):
        Tracing(settings(otlp_endpoint="https://a:1", otlp_certificate_file=tmp_path), Plain())


@pytest.mark.parametrize(
    ("variable", "sentence"),
    [
        ("OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", "environment variable OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT must be a non-neg"),
        ("OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", "environment variable OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT must be"),
    ],
)
def test_a_limit_of_spans_that_is_no_number_is_refused(
    variable: str, sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, "many")
    with pytest.raises(TelemetryError, match=f"Start of telemetry: {sentence}"), begun(otlp_endpoint="http://a:1"):
        pass
