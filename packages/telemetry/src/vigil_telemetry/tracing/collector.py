"""One collector of traces, or Jaeger's strategies of sampling: HTTP with mutual TLS, and why a request failed.

OTLP over HTTP with urllib3, because it is the lighter way: gRPC is 6 MB of machine code whose threads do not survive a
fork, and OpenTelemetry's own exporters retry within one call for longer than an exit may take, and log each time.
"""

from __future__ import annotations

import functools
import logging
import ssl
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import urllib3

from ..errors import TelemetryError
from ..settings import Settings

__all__ = ["Collector", "Refused", "checked_tls", "tell_of_expired"]

_log = logging.getLogger("vigil_telemetry.tracing")

_MOST_CHARACTERS = 200
_TAKEN = range(200, 300)
_RETRYABLE = frozenset({408, 429, 502, 503, 504})


@dataclass
class Refused(Exception):  # noqa: N818 - an outcome that callers expect
    """A request without an answer that counts: the reason as a label's value, what was found, and whether to retry."""

    reason: str
    found: str
    retry: bool


class Collector:
    """Sends requests to one server. For one thread; a child of a fork makes its own."""

    def __init__(self, url: str, tls: Mapping[str, str], headers: Iterable[tuple[str, str]] = ()) -> None:
        """The headers are those that an operator wants in each request, such as credentials of a gateway."""
        self.url = url
        self._headers = dict(headers)
        # No retries and no redirects here: who asks decides. Certificates are read anew for each connection.
        self._pool = urllib3.PoolManager(num_pools=1, maxsize=1, retries=False, cert_reqs="CERT_REQUIRED", **tls)  # type: ignore[arg-type]

    def request(self, method: str, url: str, *, body: bytes | None = None, timeout: float = 5.0) -> bytes:
        """Return the body of a 2xx answer; raise Refused."""
        kind = {"Content-Type": "application/x-protobuf"} if body is not None else {"Accept": "application/json"}
        headers = {**self._headers, **kind}
        waits = urllib3.Timeout(connect=min(3.0, timeout), read=timeout)
        try:
            answer = self._pool.request(method, url, body=body, headers=headers, timeout=waits, redirect=False)
        except urllib3.exceptions.HTTPError as error:
            raise _refused(error) from None
        except (OSError, ValueError) as error:
            # A certificate that cannot be read any more.
            raise Refused("tls", _short(error), retry=True) from None
        if answer.status not in _TAKEN:
            reason = "unavailable" if answer.status in _RETRYABLE else "refused"
            raise Refused(reason, f"status {answer.status}", retry=answer.status in _RETRYABLE)
        return answer.data

    def close(self) -> None:
        """Close the connection."""
        self._pool.clear()


def checked_tls(settings: Settings) -> dict[str, str]:
    """Return the files of TLS as urllib3 names them. Raises TelemetryError when they do not fit together."""
    files = {
        "ca_certs": ("otlp_certificate_file", settings.otlp_certificate_file),
        "cert_file": ("otlp_client_certificate_file", settings.otlp_client_certificate_file),
        "key_file": ("otlp_client_key_file", settings.otlp_client_key_file),
    }
    given = {name: str(path) for name, (_setting, path) in files.items() if path is not None}
    if ("cert_file" in given) != ("key_file" in given):
        missing = files["key_file" if "cert_file" in given else "cert_file"][0]
        raise TelemetryError(
            f"Start of telemetry: mutual TLS with the collector needs a certificate and its key: {missing} is missing."
        )
    for name, (setting, path) in files.items():
        if path is not None:
            _check_readable(setting, path)
            if name == "ca_certs":
                _check(lambda path=path: ssl.create_default_context(cafile=path), f"{setting} {path}")
    if "cert_file" in given:
        pair = given["cert_file"], given["key_file"]
        # Without a password, a key that has one would be asked for on the terminal.
        load = functools.partial(ssl.create_default_context().load_cert_chain, *pair, password="")
        _check(load, f"otlp_client_certificate_file {pair[0]} with otlp_client_key_file {pair[1]}")
    return given


def tell_of_expired(settings: Settings) -> None:
    """Log which certificates have expired: spans are lost until they are renewed, which needs no restart."""
    for name in ("otlp_certificate_file", "otlp_client_certificate_file"):
        path: Path | None = getattr(settings, name)
        if path is not None and (ended := _ended(path)):
            _log.warning("Spans are lost until %s %s is renewed: it expired on %s.", name, path, ended)


def _ended(path: Path) -> str | None:
    """Return when the first certificate of a file expired, or None."""
    # Python has no other parser of certificates; where it is gone, the collector's refusal is logged all the same.
    decoded = getattr(ssl, "_ssl", None)
    try:
        found = str(decoded._test_decode_cert(str(path))["notAfter"])  # type: ignore[union-attr]
        return found if ssl.cert_time_to_seconds(found) < time.time() else None
    except (AttributeError, OSError, ValueError):
        return None


def _check_readable(setting: str, path: Path) -> None:
    try:
        with path.open("rb"):
            pass
    except OSError as error:
        raise TelemetryError(
            f"Start of telemetry: {setting} {path} cannot be read: {error.strerror}; write a readable file."
        ) from None


def _check(load: object, what: str) -> None:
    try:
        load()  # type: ignore[operator]
    except (ssl.SSLError, OSError, ValueError) as error:
        raise TelemetryError(
            f"Start of telemetry: {what} cannot be used: {_short(error)}; write PEM files, keys unencrypted."
        ) from None


def _refused(error: urllib3.exceptions.HTTPError) -> Refused:
    kinds = urllib3.exceptions
    if isinstance(error, (kinds.NewConnectionError, kinds.NameResolutionError)):
        return Refused("unreachable", "connection refused or host unknown", retry=True)
    if isinstance(error, kinds.TimeoutError):
        return Refused("timeout", "no answer in time", retry=True)
    if isinstance(error, kinds.SSLError) or isinstance(error.args[-1], (FileNotFoundError, PermissionError)):
        return Refused("tls", _short(error), retry=True)
    return Refused("unreachable", _short(error), retry=True)


def _short(error: object) -> str:
    return " ".join(str(error).split())[:_MOST_CHARACTERS]
