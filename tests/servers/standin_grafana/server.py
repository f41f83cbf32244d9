"""Serves the application over HTTP or HTTPS."""

from __future__ import annotations

import re
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cheroot.server import HTTPConnection
from cheroot.ssl.builtin import BuiltinSSLAdapter
from cheroot.wsgi import Server

from .app import Application
from .settings import Settings
from .store import Store

__all__ = ["Served", "ServerError", "make_server", "running"]

_SUITES = ("ECDHE+AESGCM", "ECDHE-ECDSA-AES256-SHA", "AES128-GCM-SHA256", "AES256-GCM-SHA384")
_TLS = {"": ssl.TLSVersion.TLSv1_2, "TLS1.2": ssl.TLSVersion.TLSv1_2, "TLS1.3": ssl.TLSVersion.TLSv1_3}


class ServerError(Exception):
    """The server cannot be set up as the settings say."""


class _WatchingAdapter(BuiltinSSLAdapter):
    """TLS with a certificate that is read anew when it has changed, at most once in so many seconds."""

    def __init__(self, certificate: str, key: str, interval: float | None) -> None:
        super().__init__(certificate, key)
        self.files, self.interval, self.looked = (Path(certificate), Path(key)), interval, time.monotonic()
        self.times = self._times()

    def _times(self) -> list[int]:
        return [file.stat().st_mtime_ns for file in self.files]

    def wrap(self, sock: Any) -> Any:
        """Return the connection with TLS, and what it adds to the environment of a request."""
        if self.interval and time.monotonic() - self.looked >= self.interval:
            self.looked = time.monotonic()
            if self.times != self._times():
                self.times = self._times()
                self.context.load_cert_chain(*self.files)
        return super().wrap(sock)  # type: ignore[no-untyped-call]  # cheroot types not all of its own


@dataclass(frozen=True)
class Served:
    """A server that runs."""

    application: Application
    server: Server

    @property
    def url(self) -> str:
        """The address, without a slash at its end."""
        scheme = "https" if self.server.ssl_adapter else "http"
        return f"{scheme}://127.0.0.1:{self.server.bind_addr[1]}"

    @property
    def connections(self) -> int:
        """How many connections have been opened."""
        return int(self.server.ConnectionClass.opened)


def make_server(application: Application, address: str, port: int) -> Server:
    """Return a server that listens once it is prepared; port 0 stands for a free one."""

    class Counted(HTTPConnection):
        """A connection that is counted."""

        opened = 0

        def __init__(self, *args: object, **kwargs: object) -> None:
            type(self).opened += 1
            super().__init__(*args, **kwargs)

    server = Server((address, port), application, numthreads=8, server_name="standin", timeout=60)
    server.ConnectionClass = Counted
    server.ssl_adapter = _tls(application.settings)
    return server


def _tls(settings: Settings) -> BuiltinSSLAdapter | None:
    protocol, oldest = settings.get("server", "protocol"), settings.get("server", "min_tls_version")
    if protocol not in {"http", "https"}:
        raise ServerError(f"cannot serve the protocol {protocol}: the stand-in knows http and https")
    if protocol == "http":
        return None
    if oldest not in _TLS:
        raise ServerError(f"cannot serve min_tls_version {oldest}: it is none of TLS1.2 and TLS1.3")
    certificate, key = settings.get("server", "cert_file"), settings.get("server", "cert_key")
    try:
        adapter = _WatchingAdapter(certificate, key, _seconds(settings.get("server", "certs_watch_interval")))
    except OSError as error:
        raise ServerError(f"cannot use the certificate {certificate} with the key {key}: {error}") from error
    adapter.context.minimum_version = _TLS[oldest]
    # What Grafana accepts of TLS 1.2 with the protocol https, and lets nobody choose.
    adapter.context.set_ciphers(":".join(_SUITES))
    return adapter


def _seconds(interval: str) -> float | None:
    """Return a duration such as 1m in seconds, none for one that turns watching off."""
    found = re.fullmatch(r"(\d+)(s|m|h)", interval)
    if not found and interval not in {"", "0"}:
        raise ServerError(f"cannot watch certificates each {interval}: the stand-in knows 90s, 1m, 1h and the like")
    return int(found[1]) * {"s": 1, "m": 60, "h": 3600}[found[2]] or None if found else None


@contextmanager
def running(settings: Settings, database: Path | None = None) -> Iterator[Served]:
    """Serve on a free port of loopback for a while, from a database in memory unless a file is named."""
    store = Store(database)
    store.migrate(settings.version)
    server = make_server(Application(settings, store), "127.0.0.1", 0)
    # How long the end of a test waits for the thread.
    server.expiration_interval = 0.02
    server.prepare()
    thread = threading.Thread(target=server.serve, daemon=True)
    thread.start()
    try:
        yield Served(server.wsgi_app, server)
    finally:
        server.stop()
        thread.join()
        store.close()
