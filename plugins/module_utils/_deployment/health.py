# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Health of a service over HTTP or HTTPS, with the credentials that it requires."""

from __future__ import annotations

import contextlib
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from .._errors.sentence import OperatorError
from .._http.secret_spellings import hidden
from .._http.session import HttpError, Session
from .._http.transport import Endpoint as Server

__all__ = ["Endpoint", "NotHealthyYet"]

_TIMEOUT = 5.0
_SHOWN, _READ = 2000, 20_000  # characters of an answer


class NotHealthyYet(OperatorError):  # noqa: N818 - the normal course of a start, not an error
    """No good response so far; the text describes the last one."""


@dataclass(frozen=True)
class Endpoint:
    """Where a service answers and how one asks it: paths only, secrets are read when they are needed."""

    url: str
    ca_file: str | None = None
    username: str | None = None
    password_file: str | None = None
    certificate: str | None = None
    key: str | None = None
    progress_url: str | None = None
    presents: str | None = None

    @classmethod
    def from_options(cls, options: Mapping[str, Any]) -> Endpoint:
        """Return the endpoint of these options; those it does not know are left out."""
        return cls(**{one.name: options[one.name] for one in fields(cls) if options.get(one.name)})

    @classmethod
    def every(cls, options: Mapping[str, Any]) -> list[Endpoint]:
        """Return the endpoint of these options, if they have an address, and those that have to be well, too."""
        found = (options, *options.get("also", []))
        return [cls.from_options(each) for each in found if each.get("url")]

    def check(self) -> None:
        """Return when the service answers 2xx. Raises NotHealthyYet, or OperatorError for what waiting cannot cure."""
        if self.presents and _presented(self.url) != _first_certificate(Path(self.presents)):
            raise NotHealthyYet(f"{self.url} does not present the certificate in {self.presents}")
        status, body = self._request("GET", self.url)
        if status in (401, 403):
            raise OperatorError(f"{self.url} rejects the credentials of the health check (HTTP {status}){_told(body)}")
        if not _is_good(status):
            raise NotHealthyYet(f"{self.url} returns HTTP {status}{_told(body)}")

    def accepts(self) -> bool:
        """Return whether the service accepts the user: no for 401. Raises NotHealthyYet or OperatorError otherwise."""
        status, body = self._request("GET", self.url)
        if status == 401:  # noqa: PLR2004 - Unauthorized
            return False
        if not _is_good(status):
            raise OperatorError(f"{self.url} returns HTTP {status}{_told(body)}")
        return True

    def reload(self, url: str) -> None:
        """Reload the service by a POST that returns when it is done. Raises OperatorError with its response."""
        try:
            status, body = self._request("POST", url, timeout=60)
        except OperatorError as exc:
            raise OperatorError(f"There was no response to the reload: {exc}") from exc
        if not _is_good(status):
            raise OperatorError(f"The service rejected the reload: {url} returns HTTP {status}{_told(body)}")

    def progress(self) -> str | None:
        """Return what the service reports about its start, None if it reports nothing."""
        if self.progress_url is None:
            return None
        try:
            status, body = self._request("GET", self.progress_url)
        except OperatorError:
            return None
        return body if _is_good(status) and body else None

    def _request(self, method: str, url: str, timeout: float = _TIMEOUT) -> tuple[int, str]:
        target = urlsplit(url)
        server = Server(
            target._replace(path="", query="", fragment="").geturl(),
            username=self.username or "",
            password=self.password() if self.username else "",
            ca_path=self.ca_file or "",
            client_cert=self.certificate or "",
            client_key=self.key or "",
            # A service of this host is asked, at an address of this host, which its certificate need not name.
            check_hostname=False,
            timeout=timeout,
            deadline=timeout,
            retries=0,
        )
        try:
            session = Session(server)
            with contextlib.closing(session):
                answer = session.request(method, f"{target.path or '/'}{'?' if target.query else ''}{target.query}")
        except HttpError as exc:
            raise _unanswered(url, timeout, exc) from exc
        # Before it is shortened: half a secret is still one.
        body = hidden(answer.body[:_READ].decode(errors="replace").strip(), server.secrets)
        return answer.status, body[:_SHOWN]

    def password(self) -> str:
        """Return the password, empty where there is no file for one. Raises OperatorError when it cannot be read."""
        if self.password_file is None:
            return ""
        try:
            return Path(self.password_file).read_text(encoding="utf-8").strip()
        except OSError as exc:
            raise OperatorError(f"Cannot read the password of the health check: {exc}") from exc


def _presented(url: str) -> bytes | None:
    """Return the certificate that the service presents, whoever has signed it. Raises NotHealthyYet."""
    context, target = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), urlsplit(url)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        address = (target.hostname or "localhost", target.port or 443)
        with socket.create_connection(address, _TIMEOUT) as plain, context.wrap_socket(plain) as secure:
            return secure.getpeercert(binary_form=True)
    except OSError as exc:
        raise NotHealthyYet(f"{url} does not respond: {exc}") from exc


def _first_certificate(path: Path) -> bytes:
    """Return the first certificate in the file. Raises OperatorError."""
    try:
        found = path.read_text(encoding="utf-8").partition(ssl.PEM_HEADER)[2].partition(ssl.PEM_FOOTER)[0]
        return ssl.PEM_cert_to_DER_cert(f"{ssl.PEM_HEADER}{found}{ssl.PEM_FOOTER}")
    except (OSError, ValueError) as exc:
        raise OperatorError(f"The certificate in {path} cannot be read: {exc}") from exc


def _unanswered(url: str, timeout: float, error: HttpError) -> OperatorError:
    """Return the error for a request without a response; waiting cures neither certificates nor addresses."""
    cause = error.__cause__
    if cause is None:
        return OperatorError(f"The health check is not possible: {error}")
    if isinstance(cause, ssl.SSLCertVerificationError):
        return OperatorError(f"The certificate of {url} is not trusted: {cause.verify_message}")
    if isinstance(cause, (TimeoutError, socket.timeout)):
        return NotHealthyYet(f"{url} does not respond within {timeout:.0f} s")
    return NotHealthyYet(f"{url} does not respond: {cause}")


def _is_good(status: int) -> bool:
    return 200 <= status < 300  # noqa: PLR2004 - the class of success in HTTP


def _told(body: str) -> str:
    return f": {body}" if body else ""
