# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Locked requirements of a Python service, in pip's format: every package with one version and its digests."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ansible_collections.vigil.observability.plugins.module_utils._errors.sentence import OperatorError

with contextlib.suppress(ImportError):  # ansible-core requires it; tests that import plugins alone do not have it
    from packaging.requirements import InvalidRequirement, Requirement

__all__ = ["Locked", "locked"]

_DIGEST = re.compile(r"--hash[= ](?P<digest>sha256:[0-9a-f]{64})")
_COMMENT = re.compile(r"(^|\s)#.*")


@dataclass(frozen=True)
class Locked:
    """A package of one version, and the digests that its wheel may have (`sha256:...`)."""

    requirement: Requirement
    digests: tuple[str, ...]

    @property
    def name(self) -> str:
        """The package as pip compares names."""
        return re.sub(r"[-_.]+", "-", self.requirement.name).lower()

    def wanted_by(self, environment: Mapping[str, str]) -> bool:
        """Return whether its environment marker, if any, is true of a Python with these marker variables."""
        marker = self.requirement.marker
        return marker is None or marker.evaluate(dict(environment))

    def line(self) -> str:
        """Return it as a line for pip, without the marker: pip evaluates markers for the Python that it runs on."""
        pinned = f"{self.requirement.name}{self.requirement.specifier}"
        return " ".join([pinned, *(f"--hash={digest}" for digest in self.digests)])


def locked(text: str) -> list[Locked]:
    """Return the packages of a requirements file. Raises OperatorError, which names the line that is not locked."""
    found = [_locked(line) for line in _lines(text)]
    if not found:
        raise OperatorError("The requirements name no package. Write the content of a pip requirements file.")
    return found


def _lines(text: str) -> Iterator[str]:
    """Yield what is on a line, or on several that end in a backslash, without comments."""
    for line in text.replace("\\\n", " ").splitlines():
        if stripped := _COMMENT.sub("", line).strip():
            yield stripped


def _locked(line: str) -> Locked:
    digests = tuple(found["digest"] for found in _DIGEST.finditer(line))
    named = _DIGEST.sub("", line).strip()
    try:
        requirement = Requirement(named)
    except InvalidRequirement as error:
        raise OperatorError(
            f"The requirement {named!r} is not NAME==VERSION with digests. Options of pip and files are not supported: "
            "write the lock with pip-compile --generate-hashes."
        ) from error
    pins = list(requirement.specifier)
    if requirement.url or len(pins) != 1 or pins[0].operator != "==" or "*" in pins[0].version:
        raise OperatorError(f"The requirement {named!r} does not pin one version with ==.")
    if not digests:
        raise OperatorError(
            f"The requirement {named!r} has no digest (--hash=sha256:...). Write the lock with "
            "pip-compile --generate-hashes."
        )
    return Locked(requirement, digests)
