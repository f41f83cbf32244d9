# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The last known good deployment of a service: one JSON file each, with `proven` false during a switch.

Beside it is a metric of the last deployment, good or not.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

from .._errors.sentence import OperatorError
from .._host.tree import make_directory, write_atomically
from .._host.version import is_older
from .._staging.directory import reason_of
from .definition import Deployment

__all__ = ["PendingCopy", "Record", "RecordError", "write_metric"]

_METRIC = "vigil_deployment_timestamp_seconds"
_SCHEMA = 1  # records without a number are older, and have the same fields
_FIELDS = {"schema", "active", "copy", "data_oldest_reader", "previous", "proven", "time"}


class RecordError(OperatorError):
    """A record that exists but cannot be used; the text is two or three sentences for the operator."""


@dataclass(frozen=True)
class PendingCopy:
    """The copy of the active release's data, made before the next release could change it."""

    path: str
    coming: str  # directory of that release
    restoring: bool = False  # the data is being restored, and must not be read until then


@dataclass(frozen=True)
class Record:
    """The deployment that was healthy last and the one before; known good while nothing has been touched since."""

    active: Deployment | None = None
    previous: Deployment | None = None
    known_good: bool = False
    data_oldest_reader: str | None = None  # of all releases that may have written the data since one was known good
    copy: PendingCopy | None = None  # until a deployment is known good again

    @classmethod
    def read(cls, path: Path) -> Record:
        """Return the record at path, an empty one only where there is no file. Raises RecordError."""
        try:
            content = path.read_bytes()
        except FileNotFoundError:
            return cls()
        except OSError as error:
            raise RecordError(f"The record {path} cannot be read: {reason_of(error, path.parent)}") from error
        try:
            data = json.loads(content)
            newer = ", ".join(_newer_parts(data))
            found = None if newer else cls._of(data)
        except (ValueError, KeyError, AttributeError, TypeError) as error:
            raise RecordError(
                f"The record {path} is damaged ({type(error).__name__}: {error}). Restore it from a backup, or move "
                "it away and run again: the running deployment is then taken as the last known good one."
            ) from error
        if found is None:
            raise RecordError(
                f"The record {path} was written by a newer release of vigil.observability, with {newer}. Use that "
                "release or a newer one."
            )
        return found

    @classmethod
    def _of(cls, data: Mapping[str, Any]) -> Record:
        active, previous = (Deployment.from_json(data[key]) if data[key] else None for key in ("active", "previous"))
        copy, reader, proven = data.get("copy"), data["data_oldest_reader"], data["proven"]
        if not isinstance(proven, bool) or not isinstance(reader, (str, type(None))):
            raise TypeError("proven is not a boolean, or data_oldest_reader not a string")
        return cls(active, previous, proven and active is not None, reader, PendingCopy(**copy) if copy else None)

    def write(self, path: Path) -> None:
        """Put the record at path, atomically. Raises OSError."""
        make_directory(path.parent)
        data = {
            "schema": _SCHEMA,
            "active": self.active and self.active.to_json(),
            "copy": self.copy and asdict(self.copy),
            "data_oldest_reader": self.data_oldest_reader,
            "previous": self.previous and self.previous.to_json(),
            "proven": self.known_good,
            "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        }
        write_atomically(path, (json.dumps(data, indent=1, sort_keys=True) + "\n").encode())

    def while_switching_to(self, coming: Deployment) -> Record:
        """Return the record while the service is being switched to what is coming, which may write data."""
        known, new = self.data_oldest_reader, coming.data_oldest_reader
        newest = new if known is None or (new is not None and is_older(known, new)) else known
        return replace(self, known_good=False, data_oldest_reader=newest)

    def with_known_good(self, deployment: Deployment) -> Record:
        """Return the record of a deployment that was just found healthy."""
        active, previous = self.active, self.previous
        if active is not None and (active.release, active.config) != (deployment.release, deployment.config):
            previous = active
        return Record(deployment, previous, known_good=True, data_oldest_reader=deployment.data_oldest_reader)


def write_metric(folder: Path, service: str, version: str | None, change: str, at: float) -> None:
    """Put the last deployment of a service into a file of its own for node_exporter, atomically. Raises OSError.

    The value of the metric is when that was, in seconds since 1970; its label `change` has the parts that changed, or
    how it failed. Whoever looks for the cause of an incident has it from Prometheus, and needs no access to the host.
    """
    labels = {"service": service, "version": version or "", "change": change}
    shown = ",".join(f'{name}="{_escaped(value)}"' for name, value in labels.items())
    lines = [
        f"# HELP {_METRIC} When a service was deployed last, by its version and what changed.",
        f"# TYPE {_METRIC} gauge",
        f"{_METRIC}{{{shown}}} {at:.0f}",
    ]
    make_directory(folder)
    write_atomically(folder / f"deployment_{service}.prom", ("\n".join(lines) + "\n").encode())


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")


def _newer_parts(data: Mapping[str, Any]) -> Iterator[str]:
    """Yield what only a newer release of this collection can have written."""
    if data.get("schema", _SCHEMA) > _SCHEMA:
        yield f"schema {data['schema']} (this release reads up to {_SCHEMA})"
    yield from (f"the field {name}" for name in sorted(data.keys() - _FIELDS))
    for part, kind in {"active": Deployment, "copy": PendingCopy, "previous": Deployment}.items():
        unknown = (data.get(part) or {}).keys() - {one.name for one in fields(kind)}
        yield from (f"the field {part}.{name}" for name in sorted(unknown))
