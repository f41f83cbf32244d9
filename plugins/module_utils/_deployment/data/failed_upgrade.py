# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The data of a node whose upgrade failed: the release that returns cannot read it, and other nodes have all of it.

It is removed rather than set aside. Other nodes have a copy of each shard, from which the node is filled again; with
both at once, the disk could fill up, and then no shard would be allocated to the node.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass, replace
from pathlib import Path

from ..._elasticsearch.rolling import Member
from ..._errors.sentence import OperatorError
from ..._host.systemd import Systemd
from ..._host.version import is_older
from ..host_state import HostState
from ..record import Record
from .migration import DataGuard, stop
from .products import own_entries

__all__ = ["FailedUpgrade", "is_failed_upgrade"]


def is_failed_upgrade(before: HostState, version: str | None) -> bool:
    """Return whether a newer release than this version has failed on the host, and may have written data."""
    known = before.record
    reader = known.data_oldest_reader
    return not known.known_good and bool(version and reader and is_older(version, reader))


@dataclass(frozen=True)
class FailedUpgrade(DataGuard):
    """The data of the product in this directory of a node, which leaves with all of it."""

    product: str
    folder: Path
    node: Member

    @property
    def stops(self) -> bool:
        """The service is stopped before anything is switched."""
        return True

    @property
    def empties(self) -> bool:
        """Other nodes fill it again."""
        return True

    def refusal(self) -> str | None:
        """Return a sentence if other nodes cannot fill the node again. Raises OperatorError."""
        why = self.node.why_not_emptied(str(self.desired.version))
        return f"The data of {self.node.name} cannot be removed, because {why}." if why else None

    def diff(self) -> list[dict[str, str]]:
        """Return what would be removed as Ansible shows it."""
        header, entries = str(self.folder), "".join(f"{path.name}\n" for path in self._entries())
        return [{"before_header": header, "after_header": header, "before": entries, "after": ""}] if entries else []

    def prepare(self, systemd: Systemd, record: Path) -> None:
        """Stop the service, and remove its data if others have it even now. Raises OSError, OperatorError."""
        stop(systemd)
        if why := self.refusal():
            raise OperatorError(why)
        for path in self._entries():
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink()
        replace(Record.read(record), data_oldest_reader=self.desired.data_oldest_reader).write(record)

    def _entries(self) -> list[Path]:
        names = [path.name for path in self.folder.iterdir()] if self.folder.is_dir() else []
        return [self.folder / name for name in own_entries(self.product, names)]
