# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A release of a service: as requested, as found on the host, and how it gets there."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from .._errors.sentence import OperatorError
from .._host.tree import make_directory, mark_staged, staging_facts
from .archive import ALGORITHMS, fetch, shown, unpack, verify
from .directory import plain_name, reason_of, replace_tree, scratch_directory
from .foreign import foreign_files, local_directory, put_aside
from .manifest import manifest_of

__all__ = ["Release", "found_at", "stage", "wanted"]


@dataclass(frozen=True)
class Release:
    """A requested release; archive is a file on the host if the archive was transferred."""

    service: str
    version: str
    digest: str  # SHA-256 or SHA-512, told apart by length
    path: Path
    active: Path  # link to the release that runs
    source: str
    url: str | None
    archive: Path | None
    keep_top_level_directory: bool = False
    archive_digest: str | None = None  # where digest is not that of the archive

    @classmethod
    def from_parameters(cls, parameters: Mapping[str, Any]) -> Release:
        """Return the release that the parameters of the module name. Raises OperatorError."""
        service = plain_name("service", parameters["service"])
        if not parameters["url"] and not parameters["file"]:
            # The action plugin has not found one in the catalogue.
            raise OperatorError(f"Cannot stage {service}: set url or file.")
        version = plain_name("version", parameters["version"])
        digest, url = _digest(parameters), parameters["url"]
        if url and urlsplit(url).scheme not in ("http", "https", "file"):
            raise OperatorError(f"The url {shown(url)!r} of {service} {version} is neither http, https nor file.")
        return cls(
            service=service,
            version=version,
            digest=digest,
            path=Path(parameters["releases_dir"], service, f"{version}-{digest[:12]}"),
            active=Path(parameters["releases_dir"]).with_name(service),
            source=shown(url) if url else parameters["file"],
            url=url,
            archive=Path(parameters["transferred"]) if parameters["transferred"] else None,
            keep_top_level_directory=parameters["keep_top_level_directory"],
        )

    @property
    def algorithm(self) -> str:
        """How the digest was made."""
        return ALGORITHMS[len(self.digest)]

    @property
    def local(self) -> Path:
        """Where files of others that lie in releases are kept aside."""
        return local_directory(self.path.parents[1], self.service)


def _digest(parameters: Mapping[str, Any]) -> str:
    """Return the one digest that the parameters name. Raises OperatorError."""
    what = f"{parameters['service']} {parameters['version']}"
    for length, algorithm in ALGORITHMS.items():
        if given := parameters[algorithm]:
            if not re.fullmatch(f"[0-9a-f]{{{length}}}", given.lower()):
                raise OperatorError(f"The {algorithm} {given!r} of {what} is not {length} hexadecimal digits.")
            return str(given.lower())
    raise OperatorError(f"Cannot stage {what}: one of the following is required: sha256, sha512.")


def wanted(release: Release) -> dict[str, Any]:
    """Return the facts of the release once it is staged."""
    return {
        "state": "staged",
        "service": release.service,
        "version": release.version,
        release.algorithm: release.digest,
    }


def found_at(release: Release) -> dict[str, Any]:
    """Return the facts of what lies in the release's place: those of wanted() when it is staged and untouched."""
    facts = staging_facts(release.path)
    staged, found = facts.get("files"), manifest_of(release.path)
    if facts.get(release.algorithm) != release.digest or not isinstance(staged, dict):
        return {"state": "not staged"} if found else {"state": "absent"}
    changed = sorted(name for name in staged.keys() | found.keys() if staged.get(name) != found.get(name))
    return {**wanted(release), **({"state": "changed on the host", "changed": changed} if changed else {})}


def stage(release: Release, *, timeout: int, finish: Callable[[Path], None] | None = None) -> None:
    """Bring the archive, verify it, unpack it, finish it and put it in its place; on OperatorError nothing is left."""
    parent = release.path.parent
    try:
        make_directory(parent)
        with scratch_directory(parent) as scratch:
            archive = release.archive or scratch / "archive"
            if release.url:
                fetch(release.url, archive, timeout=timeout)
            verify(archive, source=release.source, digest=release.archive_digest or release.digest)
            new = unpack(
                archive, scratch, source=release.source, keep_top_level_directory=release.keep_top_level_directory
            )
            if finish:
                finish(new)
            mark_staged(new, **wanted(release), source=release.source, files=manifest_of(new))
            put_aside(release.path, foreign_files(release.path), release.local)
            replace_tree(new, release.path)
    except OSError as error:
        raise OperatorError(
            f"Cannot stage {release.service} {release.version} in {parent}: {reason_of(error, parent)} No files were "
            "left behind, and the running service was not touched."
        ) from error
