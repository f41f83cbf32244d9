"""Files that are renewed while the process runs: certificates and tokens are read again once they have changed."""

from __future__ import annotations

import hmac
import logging
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from ..errors import TelemetryError

__all__ = ["Renewed", "TlsFiles", "Token"]

T = TypeVar("T")
_log = logging.getLogger("vigil_telemetry")


class Renewed(Generic[T]):
    """What `read` makes of these files, made again when one of them changes; the old one stays while that fails."""

    def __init__(self, files: tuple[Path, ...], read: Callable[[], T]) -> None:
        self._files = files
        self._read = read
        self._seen = self._state()
        self._current = read()

    def __call__(self) -> T:
        """Return what the files are worth now. Without a lock, which a fork would keep: reading twice harms nobody."""
        state = self._state()
        if state != self._seen:
            self._seen = state
            try:
                self._current = self._read()
            except (OSError, ValueError) as error:
                _log.warning("Files of metrics were changed but cannot be used; the former stay in use: %s", error)
        return self._current

    def _state(self) -> tuple[object, ...]:
        return tuple(_state(file) for file in self._files)


def _state(file: Path) -> object:
    try:
        found = file.stat()
    except OSError:
        return None
    return (found.st_mtime_ns, found.st_ino, found.st_size)


class Token:
    """The token of a file, for requests that carry it."""

    def __init__(self, file: Path) -> None:
        self._token = Renewed((file,), lambda: _token(file))

    def fits(self, authorization: str) -> bool:
        """Tell whether the value of an Authorization header has the token."""
        scheme, _space, given = authorization.partition(" ")
        same = hmac.compare_digest(given.strip().encode("utf-8", "replace"), self._token())
        return same and scheme.lower() == "bearer"


def _token(file: Path) -> bytes:
    try:
        token = file.read_bytes().strip()
    except OSError as error:
        raise TelemetryError(
            f"Reading metrics_token_file {file} failed: {error.strerror}; write the token there."
        ) from None
    if not token:
        raise TelemetryError(f"Reading metrics_token_file {file} found no token; write one there.")
    return token


@dataclass(frozen=True)
class TlsFiles:
    """Certificate and key of the server, and the authority whose certificates clients must have; none: any client."""

    certificate: Path
    key: Path
    authority: Path | None

    def contexts(self) -> Renewed[ssl.SSLContext]:
        """Return what gives the context for the next connection. Raises TelemetryError for files that do not fit."""
        files = (self.certificate, self.key, *([self.authority] if self.authority else []))
        return Renewed(files, self._context)

    def _context(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        # What Mozilla's intermediate profile admits.
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.set_ciphers("ECDHE+AESGCM:ECDHE+CHACHA20")
        context.set_ecdh_curve("prime256v1")
        try:
            # Without a password, a key that has one would be asked for on the terminal.
            context.load_cert_chain(self.certificate, self.key, password="")
        except (OSError, ValueError) as error:
            raise TelemetryError(
                f"Reading metrics_certificate_file {self.certificate} and metrics_key_file {self.key} failed: "
                f"{_reason(error)}; write a certificate and its key, unencrypted, as PEM."
            ) from None
        if self.authority:
            try:
                context.load_verify_locations(self.authority)
            except (OSError, ValueError) as error:
                raise TelemetryError(
                    f"Reading metrics_authority_file {self.authority} failed: {_reason(error)}; "
                    "write the certificates of the authority of clients as PEM."
                ) from None
            context.verify_mode = ssl.CERT_REQUIRED
        return context


def _reason(error: Exception) -> str:
    if isinstance(error, ssl.SSLError) and error.reason:
        return error.reason.lower().replace("_", " ")
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
