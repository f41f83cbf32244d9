# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Health of a service over HTTP or HTTPS, with whatever it asks its clients for."""

from __future__ import annotations

import base64
import http.client
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit

from .._errors.sentence import OperatorError
from .._http.secret_spellings import hidden

__all__ = ["Endpoint", "NotHealthyYet"]

_TIMEOUT = 5.0
_SHOWN, _READ = 2000, 20_000  # characters of an answer


class NotHealthyYet(OperatorError):  # noqa: N818 - the normal course of a start, not an error
    """No good answer so far; the text says which."""


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

    @classmethod
    def from_options(cls, options: Mapping[str, Any]) -> Endpoint:
        """Return the endpoint of these options; those it does not know are left out."""
        return cls(**{one.name: options[one.name] for one in fields(cls) if options.get(one.name)})

    def check(self) -> None:
        """Return when the service answers 2xx. Raises NotHealthyYet, or OperatorError for what waiting cannot cure."""
        status, body = self._request("GET", self.url)
        if status in (401, 403):
            raise OperatorError(f"{self.url} refuses the credentials of the health check (HTTP {status}){_told(body)}")
        if not _is_good(status):
            raise NotHealthyYet(f"{self.url} answers HTTP {status}{_told(body)}")

    def accepts(self) -> bool:
        """Say whether the service lets the user in: no for 401. Raises NotHealthyYet and OperatorError for all else."""
        status, body = self._request("GET", self.url)
        if status == 401:  # noqa: PLR2004 - Unauthorized
            return False
        if not _is_good(status):
            raise OperatorError(f"{self.url} answers HTTP {status}{_told(body)}")
        return True

    def reload(self, url: str) -> None:
        """Ask the service to reload by a POST that answers when it is done. Raises OperatorError with its words."""
        try:
            status, body = self._request("POST", url, timeout=60)
        except NotHealthyYet as exc:
            raise OperatorError(f"The reload was not answered: {exc}") from exc
        if not _is_good(status):
            raise OperatorError(f"The service refused to reload, {url} answers HTTP {status}{_told(body)}")

    def progress(self) -> str | None:
        """Return what the service says about its start, None when it says nothing."""
        if self.progress_url is None:
            return None
        try:
            status, body = self._request("GET", self.progress_url)
        except OperatorError:
            return None
        return body if _is_good(status) and body else None

    def _request(self, method: str, url: str, timeout: float = _TIMEOUT) -> tuple[int, str]:
        target = urlsplit(url)
        # http.client and not urllib: no proxy and no redirect may come between a host and its own service.
        connection = self._connection(target, timeout)
        try:
            path = f"{target.path or '/'}{'?' if target.query else ''}{target.query}"
            connection.request(method, path, headers=self._headers())
            answer = connection.getresponse()
            # Read further than it is shown: half a secret is still one.
            body = hidden(answer.read(_READ).decode(errors="replace").strip(), self._secrets())
            return answer.status, body[:_SHOWN]
        except ssl.SSLCertVerificationError as exc:
            raise OperatorError(f"The certificate of {url} is not trusted: {exc.verify_message}") from exc
        except socket.timeout as exc:
            raise NotHealthyYet(f"{url} does not answer within {timeout:.0f} s") from exc
        except (OSError, http.client.HTTPException) as exc:
            raise NotHealthyYet(f"{url} does not answer: {exc}") from exc
        finally:
            connection.close()

    def _connection(self, target: SplitResult, timeout: float) -> http.client.HTTPConnection:
        if target.scheme not in ("http", "https") or not target.hostname:
            raise OperatorError(f"{target.geturl()} is no http or https address.")
        if target.scheme == "http":
            return http.client.HTTPConnection(target.hostname, target.port, timeout=timeout)
        context = self._context()
        return http.client.HTTPSConnection(target.hostname, target.port, timeout=timeout, context=context)

    def _context(self) -> ssl.SSLContext:
        try:
            context = ssl.create_default_context(cafile=self.ca_file)
            # A service of this host is asked, at an address of this host, which its certificate need not name.
            context.check_hostname = False
            if self.certificate:
                context.load_cert_chain(self.certificate, self.key)
        except OSError as exc:
            names = ", ".join(str(one) for one in (self.ca_file, self.certificate, self.key) if one)
            raise OperatorError(f"Cannot load the certificates of the health check ({names}): {exc}") from exc
        return context

    def _headers(self) -> dict[str, str]:
        if self.username is None:
            return {}
        token = base64.b64encode(f"{self.username}:{self.password()}".encode()).decode()
        return {"Authorization": f"Basic {token}"}

    def _secrets(self) -> tuple[str, ...]:
        password = self.password() if self.username is not None else ""
        return (password, f"{self.username}:{password}") if password else ()

    def password(self) -> str:
        """Return the password, empty where there is no file for one. Raises OperatorError when it cannot be read."""
        if self.password_file is None:
            return ""
        try:
            return Path(self.password_file).read_text(encoding="utf-8").strip()
        except OSError as exc:
            raise OperatorError(f"Cannot read the password of the health check: {exc}") from exc


def _is_good(status: int) -> bool:
    return 200 <= status < 300  # noqa: PLR2004 - the class of success in HTTP


def _told(body: str) -> str:
    return f": {body}" if body else ""
