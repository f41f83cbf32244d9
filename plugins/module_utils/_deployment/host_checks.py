# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reasons why a host cannot run its services, found before anything on it is touched."""

from __future__ import annotations

import platform
import shutil
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .._host.distribution import missing_packages, older_pythons, os_release
from .._host.memory import oversized_heaps
from .._host.ports import listeners
from .._host.tree import target_of
from .._staging.manifest import untouched_releases
from .._staging.seal import seal_of_untouched
from .account import Wanted, unfit_account, unfit_uid
from .data.directories import refused_directory
from .record import Record, RecordError
from .unmanaged import foreign_link, foreign_unit

__all__ = ["Host", "default_retentions", "disk_bytes"]

_PYTHON = (3, 9)
_TESTED = {("debian", "12"), ("debian", "13")}
_SHARE = 0.8  # of a disk, which a service fills without filling it up
_MAPS = 262_144
_UNKNOWN_UID = -1  # that of a user whom useradd is going to choose one for
_UNITS = ("KiB", "MiB", "GiB", "TiB", "PiB")


@dataclass(frozen=True)
class Host:
    """A host and its services, each a mapping of the module's suboptions."""

    name: str
    services: list[Mapping[str, Any]]
    unit_dirs: list[Path]
    root: Path
    records: Path

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> Host:
        """Return the host that the options of the module describe."""
        unit_dirs = [Path(path) for path in options["unit_dirs"]]
        root, records = Path(options["root"]), Path(options["records_dir"])
        name = options["host"] or platform.node()
        return cls(name, options["services"], unit_dirs, root, records)

    def problems(self) -> Iterator[str]:
        """Yield a sentence for everything that is wrong."""
        yield from self._platform_problems()
        yield from self._port_problems()
        yield from self._kernel_problems()
        yield from missing_packages(self.services, self.root)
        yield from older_pythons(self.services, self.root)
        for service in self.services:
            yield from self._foreign_parts(service)
            yield from self._account_problems(service)
            yield from _refused_data_directory(service)
        yield from _oversized_retentions(self.services)
        yield from oversized_heaps(self.services)

    def missing_files(self) -> Iterator[str]:
        """Yield a sentence for each service whose certificate, key or authorities are not there."""
        for service in self.services:
            name = service["name"]
            missing = [path for path in service["files"] if not Path(path).exists()]
            if missing:
                yield (
                    f"{name} needs files that do not exist: {', '.join(missing)}. Run the role "
                    f"vigil.observability.certificates for {name} first, or set {name}_certificate_file, "
                    f"{name}_key_file and {name}_authority_file to existing files."
                )

    def warnings(self) -> Iterator[str]:
        """Yield a sentence for everything that may work, but is not tested."""
        release = os_release(self.root)
        if (release.get("ID"), release.get("VERSION_ID")) not in _TESTED:
            name = release.get("PRETTY_NAME", "This operating system")
            yield f"{name} is not a tested platform. This collection is tested on Debian 12 and 13."
        yield from _shrunk_retentions(self.name, self.services)

    def deployed(self) -> list[str]:
        """Return the names of the services that were healthy on this host once."""
        return [service["name"] for service in self.services if (self.records / f"{service['name']}.json").exists()]

    def releases(self) -> dict[str, str]:
        """Return the digest of the active release of each service that is as it was staged, by its directory.

        A run that goes back to another one has to ask for it, so that no other run prunes it meanwhile.
        """
        staged = (untouched_releases(self.root / "opt/vigil" / service["name"]) for service in self.services)
        active = {str(target_of(self.root / "opt" / service["name"])) for service in self.services}
        return {path: digest for found in staged for path, digest in found.items() if path in active}

    def configurations(self, key: str) -> dict[str, str]:
        """Return the seal, with this key, of each service's active configuration that is as it was staged."""
        active = ((target_of(self.root / "etc" / service["name"]), service) for service in self.services)
        seals = {service["name"]: seal_of_untouched(path, service, key) for path, service in active if path}
        return {name: found for name, found in seals.items() if found}

    def _platform_problems(self) -> Iterator[str]:
        if sys.version_info < _PYTHON:
            yield (
                f"Ansible uses Python {platform.python_version()} ({sys.executable}), but 3.9 or newer is required. "
                "Install a newer version and set ansible_python_interpreter to it."
            )
        if not (self.root / "run/systemd/system").is_dir():
            yield "systemd is not running as PID 1, but services run as its units. Boot the host with systemd."
        machine = platform.machine()
        for service in self.services:
            if service["architectures"] and machine not in service["architectures"]:
                yield (
                    f"{service['name']} has no archive for the architecture {machine} in this version, only for "
                    f"{', '.join(service['architectures'])}. Choose another version, or add the archive with its "
                    "digest to vigil_catalogue_extra."
                )

    def _port_problems(self) -> Iterator[str]:
        owners = {("tcp", port): service["name"] for service in self.services for port in service["ports"]}
        owners |= {("udp", port): service["name"] for service in self.services for port in service["udp_ports"]}
        tcp, udp = ([port for kind, port in owners if kind == protocol] for protocol in ("tcp", "udp"))
        for one in listeners(tcp, udp=udp):
            name, what = owners[one.protocol, one.port], "UDP port" if one.protocol == "udp" else "Port"
            if f"{name}.service" not in one.units:
                yield f"{what} {one.port} of {name} is in use by {one}. Stop it, or set another port for {name}."

    def _kernel_problems(self) -> Iterator[str]:
        if not any(service["name"] == "elasticsearch" for service in self.services):
            return
        limit = self.root / "proc/sys/vm/max_map_count"
        found = int(limit.read_text()) if limit.exists() else 0
        if found < _MAPS:
            yield (
                f"Elasticsearch needs the kernel setting vm.max_map_count of at least {_MAPS}, but it is {found}. Run: "
                f"echo vm.max_map_count={_MAPS} > /etc/sysctl.d/elasticsearch.conf && sysctl --system"
            )

    def _foreign_parts(self, service: Mapping[str, Any]) -> Iterator[str]:
        name = service["name"]
        record = self.records / f"{name}.json"
        try:
            Record.read(record)
        except RecordError as error:
            yield f"{name}: {error}"
            return
        if record.exists():
            return
        found = [
            foreign_unit(name, self.unit_dirs),
            foreign_link(self.root / "opt" / name, self.root / "opt/vigil" / name),
            foreign_link(self.root / "etc" / name, self.root / "etc/vigil" / name),
        ]
        yield from (sentence for sentence in found if sentence)

    def _account_problems(self, service: Mapping[str, Any]) -> Iterator[str]:
        """Yield reasons why the user cannot run a service. A user that it has run as was accepted earlier."""
        wanted = Wanted(service["name"], service["user"] or service["name"], service["uid"], service["data_dir"])
        wrong = unfit_uid(wanted)
        if not wrong and not self._has_run_as(wanted):
            wrong = unfit_account(wanted, self.unit_dirs, self.root)
        yield from [wrong] if wrong else []

    def _has_run_as(self, wanted: Wanted) -> bool:
        try:
            active = Record.read(self.records / f"{wanted.service}.json").active
        except RecordError:
            return True
        return active is not None and f"User={wanted.user}" in active.unit.splitlines()


def _refused_data_directory(service: Mapping[str, Any]) -> Iterator[str]:
    if service["data_dir"]:
        name, coming = service["name"], service["uid"] or _UNKNOWN_UID
        refused = refused_directory([service["data_dir"]], service["user"] or name, name, coming=coming)
        yield from [refused] if refused else []


def disk_bytes(services: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    """Return the size of the file system that holds, or is going to hold, the data of each service that has some."""
    return {one["name"]: _size_of_disk(Path(one["data_dir"])) for one in services if one["data_dir"]}


def _size_of_disk(path: Path) -> int:
    there = next(folder for folder in (path, *path.parents) if folder.exists())
    return shutil.disk_usage(there).total


def _oversized_retentions(services: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    for service in services:
        retention = service["retention_bytes"]
        if not retention or not service["data_dir"]:
            continue
        size = _size_of_disk(Path(service["data_dir"]))
        if retention > size:
            yield (
                f"{service['name']} is configured to keep {_text(retention)}, but the file system of "
                f"{service['data_dir']} has {_text(size)}. Lower the retention, or set a data directory on a larger "
                "disk."
            )


def default_retentions(services: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    """Return what each service whose user chose nothing may keep: its default, or 80 % of a disk too small for it."""
    unchosen = (one for one in services if one["default_retention_bytes"] and not one["retention_bytes"])
    return {one["name"]: _fitting(one["default_retention_bytes"], one["data_dir"]) for one in unchosen}


def _fitting(retention: int, data_dir: str | None) -> int:
    return min(retention, int(_size_of_disk(Path(data_dir)) * _SHARE)) if data_dir else retention


def _shrunk_retentions(host: str, services: list[Mapping[str, Any]]) -> Iterator[str]:
    kept = default_retentions(services)
    for one in (service for service in services if service["name"] in kept):
        name, wanted = one["name"], one["default_retention_bytes"]
        if kept[name] < wanted:
            size = _size_of_disk(Path(one["data_dir"]))
            yield (
                f"{name} on {host} keeps {_text(kept[name])} instead of the default of {_text(wanted)}: 80 % of the "
                f"file system of {one['data_dir']}, which has {_text(size)}. To change that, set "
                f"{name}_retention_size."
            )


def _text(size: int) -> str:
    value, unit = float(size), "B"
    for larger in _UNITS:
        if value < 1024:  # noqa: PLR2004 - the step from a unit to the next
            break
        value, unit = value / 1024, larger
    return f"{value:.1f} {unit}"
