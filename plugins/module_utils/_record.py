# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is proven about a service on this host: one JSON file each."""

from __future__ import annotations

import json
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from ._deployment import Deployment
from ._tree import make_directory, write_atomically
from ._version import is_older

__all__ = ["PendingCopy", "Record"]


@dataclass(frozen=True)
class PendingCopy:
    """The copy of what the active release has stored, from before the release that is coming could change it."""

    path: str
    coming: str  # directory of that release
    restoring: bool = False  # it is being put back: until that is done, the data is not to be read


@dataclass(frozen=True)
class Record:
    """The deployment that was healthy last and the one before; proven while nothing has been touched since."""

    active: Deployment | None = None
    previous: Deployment | None = None
    proven: bool = False
    data_oldest_reader: str | None = None  # of all releases that may have written the data since the last proof
    copy: PendingCopy | None = None  # until the next proof

    @classmethod
    def read(cls, path: Path) -> Record:
        """Return the record at path, an empty one when there is none or it cannot be understood."""
        try:
            data = json.loads(path.read_bytes())
            active, previous = Deployment.from_json(data.get("active")), Deployment.from_json(data.get("previous"))
            proven = bool(data.get("proven")) and active is not None
            return cls(active, previous, proven, data["data_oldest_reader"], _pending(data.get("copy")))
        except (OSError, ValueError, KeyError, AttributeError, TypeError):
            return cls()

    def write(self, path: Path) -> None:
        """Put the record at path, atomically. Raises OSError."""
        make_directory(path.parent)
        data = {
            "active": self.active and self.active.to_json(),
            "copy": self.copy and asdict(self.copy),
            "data_oldest_reader": self.data_oldest_reader,
            "previous": self.previous and self.previous.to_json(),
            "proven": self.proven,
            "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        }
        write_atomically(path, (json.dumps(data, indent=1, sort_keys=True) + "\n").encode())

    def without_proof(self, coming: Deployment) -> Record:
        """Return the record while the service is being switched to what is coming, which may write data."""
        known, new = self.data_oldest_reader, coming.data_oldest_reader
        newest = new if known is None or (new is not None and is_older(known, new)) else known
        return replace(self, proven=False, data_oldest_reader=newest)

    def with_proof(self, deployment: Deployment) -> Record:
        """Return the record of a deployment that was just found healthy."""
        active, previous = self.active, self.previous
        if active is not None and (active.release, active.config) != (deployment.release, deployment.config):
            previous = active
        return Record(deployment, previous, proven=True, data_oldest_reader=deployment.data_oldest_reader)


def _pending(data: Any) -> PendingCopy | None:
    return PendingCopy(**data) if data else None
