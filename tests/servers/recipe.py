"""What a recipe is: it fills a folder with what upstream's archive of a server holds."""

from __future__ import annotations

import hashlib
import re
import shutil
import tarfile
from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path

from ansible_collections.vigil.observability.tests.servers.archive import pack, unpack
from ansible_collections.vigil.observability.tests.servers.debian import Debian
from ansible_collections.vigil.observability.tests.servers.golang import Go

__all__ = ["GivenArchive", "Recipe", "Workshop", "given_archive"]

# What Elastic and Jaeger call architectures in the names of their archives, which have no dot before the system.
_MACHINES = {
    "elasticsearch": {"amd64": "x86_64", "arm64": "aarch64"},
    "filebeat": {"amd64": "x86_64", "arm64": "arm64"},
    "jaeger": {"amd64": "amd64", "arm64": "arm64"},
    "logstash": {"amd64": "x86_64", "arm64": "aarch64"},
}
_OF_ELASTIC = ("elasticsearch", "filebeat", "logstash")


@dataclass(frozen=True)
class Workshop:
    """What recipes work with."""

    archives: Path
    debian: Debian
    go: Go


@dataclass(frozen=True, kw_only=True)
class Recipe(ABC):
    """A server of one version."""

    service: str
    version: str
    data_oldest_reader: str = ""
    tampered: bool = False

    @property
    def name(self) -> str:
        """The name without the architecture."""
        return f"{self.service}-{self.version}"

    @property
    def digest(self) -> str:
        """A digest that differs whenever another archive would come out."""
        return hashlib.sha256(repr(self).encode()).hexdigest()

    @abstractmethod
    def fill(self, folder: Path, workshop: Workshop) -> None:
        """Put everything of the archive into this folder."""

    def stem(self, architecture: str) -> str:
        """The name of the archive, without its extension."""
        if self.service in _MACHINES:
            return f"{self.name}-linux-{_MACHINES[self.service].get(architecture, architecture)}"
        return f"{self.name}.linux-{architecture}"

    def folder(self, architecture: str) -> str:
        """The name of the one folder in the archive."""
        return self.name if self.service in ("elasticsearch", "logstash") else self.stem(architecture)

    @property
    def algorithm(self) -> str:
        """The digest that upstream publishes of the archive: sha256 or sha512."""
        return "sha512" if self.service in _OF_ELASTIC else "sha256"

    def pack(self, folder: Path, archive: Path, workshop: Workshop) -> None:
        """Write the archive, whose one folder is this empty one when it comes."""
        self.fill(folder, workshop)
        pack(folder, archive)


@dataclass(frozen=True, kw_only=True)
class GivenArchive(Recipe):
    """An archive of upstream's that lies on this machine, taken as it is."""

    given: Path

    @property
    def digest(self) -> str:
        found = self.given.stat()
        return hashlib.sha256(repr((self, found.st_size, found.st_mtime_ns)).encode()).hexdigest()

    def fill(self, folder: Path, workshop: Workshop) -> None:  # noqa: ARG002
        unpack(self.given, folder)

    def pack(self, folder: Path, archive: Path, workshop: Workshop) -> None:  # noqa: ARG002
        shutil.copyfile(self.given, archive)


def given_archive(service: str, given: str | None) -> Recipe | None:
    """Return the recipe of the archive at this path, which <SERVICE>_ARCHIVE names, None without one."""
    if not given:
        return None
    archive = Path(given)
    if not archive.is_file():
        raise FileNotFoundError(f"{service.upper()}_ARCHIVE names {given}, which is not a file")
    version = _version_in(archive, service)
    oldest = version if service == "elasticsearch" else ""
    return GivenArchive(service=service, version=version, given=archive, data_oldest_reader=oldest)


def _version_in(archive: Path, service: str) -> str:
    """Return what the file VERSION of an archive's folder says, or else the folder's name: <service>-<version>."""
    with tarfile.open(archive) as tar:
        for member in tar:
            parts = Path(member.name).parts
            if parts[1:] == ("VERSION",) and (content := tar.extractfile(member)):
                return content.read().decode().strip().removeprefix("v")
    return re.split("[.-]linux-", parts[0].removeprefix(f"{service}-").removeprefix("v"))[0]
