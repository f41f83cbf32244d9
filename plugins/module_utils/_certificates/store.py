# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The certificates issued on a host: directories with key, certificate and record, and a link to the active one."""

from __future__ import annotations

import grp
import hashlib
import json
import os
import re
import stat
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .._host.system_user import gid_of
from .._host.tree import (
    digest_of_file,
    make_directory,
    remove_tree,
    set_symlink,
    target_of,
    write_atomically,
)
from .._staging.directory import plain_name
from .._staging.foreign import foreign_files, local_directory, put_aside

__all__ = ["CertificateStore", "Wanted", "fingerprints"]

CERTIFICATE, KEY, RECORD = "tls.crt", "tls.key", "record.json"
_UNDER_WAY = 3600.0  # seconds
_MODES = {".": 0o750, CERTIFICATE: 0o644, KEY: 0o640}


@dataclass(frozen=True)
class Wanted:
    """What the certificate of a service should be."""

    service: str
    user: str
    names: tuple[str, ...]
    issuer: str
    lifetime_days: int

    def facts(self) -> dict[str, Any]:
        """Return the fields of a certificate's record that describe what was requested."""
        return {"names": list(self.names), "issuer": self.issuer, "lifetime_days": self.lifetime_days}


@dataclass(frozen=True)
class CertificateStore:
    """The directory of certificates on this host: <service> links to .issued/<service>.<token>."""

    directory: Path

    def link(self, service: str) -> Path:
        """Return the path that the service reads its certificate below."""
        return Path(self.directory, plain_name("service", service))

    def record(self, service: str) -> dict[str, Any]:
        """Return the record of the active certificate, empty if there is none or it cannot be read."""
        try:
            record = json.loads((self.link(service) / RECORD).read_bytes())
        except (OSError, ValueError):
            return {}
        whole = isinstance(record, dict) and all(
            isinstance(record.get(key), int) for key in ("not_before", "not_after")
        )
        return record if whole else {}

    def user(self, service: str) -> str | None:
        """Return the user whose group may read the active key, None when there is none."""
        try:
            return grp.getgrgid((self.link(service) / KEY).stat().st_gid).gr_name
        except (OSError, KeyError):
            return None

    def records(self) -> dict[str, dict[str, Any]]:
        """Return the records of all services with a certificate of this collection on this host."""
        return {service: record for service, record in self._all().items() if record}

    def unreadable(self) -> list[str]:
        """Return the services with a certificate of this collection on this host whose record cannot be read."""
        return [service for service, record in self._all().items() if not record]

    def _all(self) -> dict[str, dict[str, Any]]:
        links = sorted(self.directory.glob("[!.]*")) if self.directory.is_dir() else []
        return {link.name: self.record(link.name) for link in links if link.is_symlink()}

    def reason_to_issue(self, wanted: Wanted, *, now: float) -> str | None:
        """Return why the service needs a new certificate, None if it does not. Only reads files."""
        record = self.record(wanted.service)
        if not record:
            return "its record cannot be read" if os.path.lexists(self.link(wanted.service)) else "it has none"
        if not self._untouched(wanted, record):
            return "its files were changed on the host"
        facts = wanted.facts()
        reasons = {
            "its names changed": record.get("names") != facts["names"],
            "the authority changed": record.get("issuer") != facts["issuer"],
            "the requested lifetime changed": record.get("lifetime_days") != facts["lifetime_days"],
            "a third of its lifetime or less is left": now >= _renewal(record),
        }
        return next((reason for reason, holds in reasons.items() if holds), None)

    def _untouched(self, wanted: Wanted, record: dict[str, Any]) -> bool:
        directory, gid = self.link(wanted.service), gid_of(wanted.user)
        try:
            for name, mode in _MODES.items():
                found = (directory / name).stat()
                if (stat.S_IMODE(found.st_mode), found.st_uid, found.st_gid) != (mode, os.geteuid(), gid):
                    return False
            return bool(record.get("sha256") == _digests(directory))
        except OSError:
            return False

    def leftovers(self, service: str) -> Iterator[Path]:
        """Return the directories of the service that are not the active one: replaced, or left by a killed run.

        Recent ones are not among them, because another run may be waiting for their signature.
        """
        active, old = target_of(self.link(service)), time.time() - _UNDER_WAY
        for path in sorted(self._issued.glob(f"{service}.*")):
            if path != active and ((path / RECORD).exists() or path.stat().st_mtime < old):
                yield path

    def begin(self, service: str) -> Path:
        """Make and return a directory for a new key and certificate, which only its owner may enter."""
        make_directory(self._issued)
        directory = self._issued / f"{plain_name('service', service)}.{os.urandom(8).hex()}"
        directory.mkdir(0o700)
        return directory

    def begun(self, service: str, token: str) -> Path | None:
        """Return the directory begun under that token, None when it is gone."""
        directory = self._issued / f"{plain_name('service', service)}.{token}"
        return directory if re.fullmatch("[0-9a-f]{16}", token) and (directory / KEY).is_file() else None

    def complete(self, wanted: Wanted, directory: Path, certificate: str, *, not_before: int, not_after: int) -> None:
        """Write the certificate beside its key, activate both in one step, and remove the previous ones."""
        uid, gid = os.geteuid(), gid_of(wanted.user)
        write_atomically(directory / CERTIFICATE, certificate.encode(), mode=_MODES[CERTIFICATE], uid=uid, gid=gid)
        record = {
            **wanted.facts(),
            "not_before": not_before,
            "not_after": not_after,
            "sha256": _digests(directory),
        }
        text = json.dumps(record, indent=1, sort_keys=True)
        write_atomically(directory / RECORD, f"{text}\n".encode(), mode=0o644, uid=uid, gid=gid)
        for name in (KEY, "."):
            os.chown(directory / name, uid, -1 if gid is None else gid)
            (directory / name).chmod(_MODES[name])
        set_symlink(self.link(wanted.service), directory)
        for leftover in self.leftovers(wanted.service):
            self.discard(leftover)

    def discard(self, directory: Path) -> None:
        """Remove a directory of a certificate, but keep files of others aside."""
        put_aside(directory, self.foreign(directory), self.local(directory.name.rpartition(".")[0]))
        remove_tree(directory)

    def foreign(self, directory: Path) -> list[Path]:
        """Return the files in the directory of a certificate that this collection did not create."""
        return foreign_files(directory, (CERTIFICATE, KEY, RECORD)) if directory.is_dir() else []

    def local(self, service: str) -> Path:
        """Return where other tools keep files of the service."""
        return local_directory(self.directory.parent, service)

    @property
    def _issued(self) -> Path:
        return self.directory / ".issued"

    @property
    def trusted(self) -> Path:
        """Return the file of the authorities to trust."""
        return self.directory / "authorities.crt"


def fingerprints(bundle: str) -> list[str]:
    """Return a digest for each certificate in a PEM text."""
    blocks = re.findall(r"-----BEGIN CERTIFICATE-----(.*?)-----END", bundle, re.DOTALL)
    return [hashlib.sha256("".join(block.split()).encode()).hexdigest()[:16] for block in blocks]


def _digests(directory: Path) -> dict[str, str]:
    return {name: digest_of_file(directory / name) for name in (CERTIFICATE, KEY)}


def _renewal(record: dict[str, Any]) -> float:
    """Return when the certificate is due: at a third of its lifetime left."""
    lifetime = record["not_after"] - record["not_before"]
    return float(record["not_after"] - lifetime / 3)
