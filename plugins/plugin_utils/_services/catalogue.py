# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The catalogue of releases: which archive a version is, and which digest it must have."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ansible_collections.vigil.observability.plugins.module_utils._errors.sentence import OperatorError
from ansible_collections.vigil.observability.plugins.plugin_utils._formats.yaml_text import parsed

__all__ = ["ARCHITECTURES", "architectures_of", "default_version", "is_tested", "release_of"]

CATALOGUE = Path(__file__).parents[3] / "catalogue.yml"
# What upstream calls the architectures of `uname -m` in the names of its archives.
ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64", "armv7l": "armv7", "ppc64le": "ppc64le", "s390x": "s390x"}


def release_of(
    component: str, *, version: str | None, architecture: str, mirror: str | None, extra: Mapping[str, Any]
) -> dict[str, Any]:
    """Return what the modules need to know of a release.

    Args:
        component: Such as "prometheus".
        version: Its version, or None for the default of the catalogue.
        architecture: As `uname -m` names it.
        mirror: Address in place of the scheme, host and port of every URL.
        extra: {component: {version: {architecture: {url, sha256 or sha512}, data_oldest_reader}}}, merged over the
            catalogue.

    Returns:
        {version, url, sha256 or sha512, data_oldest_reader (may be None)}

    Raises:
        OperatorError: There is no such component, version or architecture, or no digest.
    """
    known = _read(CATALOGUE).get(component, {})
    releases = known.get("releases", {}) | (extra or {}).get(component, {})
    chosen = str(version or known.get("default", ""))
    if chosen not in releases:
        raise OperatorError(f"There is no {component} {chosen} in the catalogue.{_close_to(chosen, releases)}")
    release = releases[chosen]
    name = ARCHITECTURES.get(architecture, architecture)
    archive = release.get(name)
    if not archive:
        raise OperatorError(f"{component} {chosen} has no archive for {name}. Add one to vigil_catalogue_extra.")
    digests = {key: str(archive[key]) for key in ("sha256", "sha512") if archive.get(key)}
    if len(digests) != 1 or not archive.get("url"):
        raise OperatorError(
            f"{component} {chosen} for {name} needs a url and either sha256 or sha512 in vigil_catalogue_extra."
        )
    return {
        "version": chosen,
        "url": _mirrored(archive["url"], mirror),
        **digests,
        "data_oldest_reader": release.get("data_oldest_reader"),
    }


def architectures_of(component: str, *, version: str | None, extra: Mapping[str, Any]) -> list[str]:
    """Return the architectures, as `uname -m` names them, for which there is an archive of the release."""
    found = []
    for architecture in ARCHITECTURES:
        try:
            release_of(component, version=version, architecture=architecture, mirror=None, extra=extra)
        except OperatorError:
            continue
        found.append(architecture)
    return found


def default_version(component: str) -> str:
    """Return the version that is installed where none is chosen."""
    return str(_read(CATALOGUE)[component]["default"])


def is_tested(component: str, version: str) -> bool:
    """Return whether the tests of this collection run the version, or a stand-in in its place.

    Of one that the catalogue lacks, nothing is said.
    """
    release = _read(CATALOGUE).get(component, {}).get("releases", {}).get(version, {})
    return release.get("tested") is not False


@cache
def _read(catalogue: Path) -> dict[str, Any]:
    """Return the catalogue, parsed once for all hosts and services of a run."""
    found: dict[str, Any] = parsed(catalogue.read_text(encoding="utf-8"))
    return found


def _close_to(version: str, releases: Mapping[str, Any]) -> str:
    near = difflib.get_close_matches(version, list(releases), n=4, cutoff=0.4)
    advice = f" Close to it: {', '.join(near)}." if near else ""
    return f"{advice} Add it to vigil_catalogue_extra with its url and its sha256 or sha512, or choose another version."


def _mirrored(url: str, mirror: str | None) -> str:
    return url if not mirror else mirror.rstrip("/") + urlsplit(url).path
