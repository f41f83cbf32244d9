# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The TLS settings of exporter-toolkit's configuration file, with certificates as their files are now."""

from __future__ import annotations

import logging
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from ..configuration import ConfigurationError

__all__ = ["Certificates", "WebSettings"]

_LOG = logging.getLogger(__name__)
_VERSIONS = {"TLS12": ssl.TLSVersion.TLSv1_2, "TLS13": ssl.TLSVersion.TLSv1_3}


@dataclass(frozen=True)
class WebSettings:
    """The part `tls_server_config` of the file, and the hash of each user's password."""

    tls: Mapping[str, Any]
    users: Mapping[str, str]

    @classmethod
    def read(cls, path: Path) -> WebSettings:
        """Return the settings of a file. Raises ConfigurationError."""
        try:
            told = yaml.safe_load(path.read_text(encoding="utf-8"))
            settings = cls(tls=told["tls_server_config"], users=told["basic_auth_users"])
            Certificates(settings.tls)
        except (OSError, ValueError, yaml.YAMLError, LookupError, TypeError, AttributeError) as error:
            raise ConfigurationError(f"Cannot use {path}: {type(error).__name__}: {error}") from error
        return settings


class Certificates:
    """The context of the server, in which each handshake presents the certificate that the files have at that time."""

    def __init__(self, tls: Mapping[str, Any]) -> None:
        """Read the files. Raises OSError, of which an error of TLS is one."""
        self._tls = tls
        self._files = (Path(tls["cert_file"]), Path(tls["key_file"]))
        self._found = self._state()
        self._newest = self._made()
        self.context = self._made()
        self.context.sni_callback = self._present

    def _present(self, connection: ssl.SSLObject, _name: str | None, _context: ssl.SSLContext) -> None:
        try:
            if (found := self._state()) != self._found:
                self._newest = self._made()
                self._found = found
        except OSError as error:
            _LOG.warning("A renewed certificate cannot be used yet: %s", error)
        connection.context = self._newest

    def _state(self) -> tuple[tuple[int, int], ...]:
        return tuple((one.st_mtime_ns, one.st_ino) for one in (file.stat() for file in self._files))

    def _made(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*self._files)
        context.minimum_version = _VERSIONS[self._tls["min_version"]]
        context.set_ecdh_curve("prime256v1")
        if suites := self._tls.get("cipher_suites"):
            context.set_ciphers(":".join(map(_openssl_name, suites)))
        return context


def _openssl_name(suite: str) -> str:
    """Return the name that OpenSSL has for a suite of TLS 1.2."""
    name = suite.replace("TLS_", "").replace("_WITH_", "-").replace("AES_", "AES").replace("_", "-")
    return name.replace("POLY1305-SHA256", "POLY1305")
