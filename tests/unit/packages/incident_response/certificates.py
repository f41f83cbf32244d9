# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Certificates for tests, made by openssl."""

from __future__ import annotations

import subprocess
from pathlib import Path

__all__ = ["Certificates"]

_NEW = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")


class Certificates:
    """An authority, and a certificate that it has issued for localhost, as files of a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.authority, self.certificate, self.key = (folder / name for name in ("ca.crt", "tls.crt", "tls.key"))
        usage = ("-addext", "keyUsage=critical,keyCertSign,cRLSign")
        self._run("req", "-x509", "-keyout", "ca.key", "-out", "ca.crt", "-subj", "/CN=ca", *usage, *_NEW)
        self.issue()

    def issue(self) -> None:
        """Write a new certificate and key."""
        keys = "subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n"
        (self.folder / "names").write_text(f"{keys}subjectAltName=DNS:localhost,IP:127.0.0.1\n")
        self._run("req", "-keyout", "new.key", "-out", "csr", "-subj", "/CN=a", *_NEW)
        self._run("x509", "-req", "-in", "csr", "-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial", "-out",
                  "new.crt", "-extfile", "names")  # fmt: skip
        (self.folder / "new.key").replace(self.key)
        (self.folder / "new.crt").replace(self.certificate)

    def _run(self, *words: str) -> None:
        subprocess.run(["openssl", *words], cwd=self.folder, check=True, capture_output=True)
