# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is refused before anything of a service is touched."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from .._elasticsearch.upgrades import forbidden_step
from .._host.system_user import uid_of
from .._host.version import is_older
from .change import Change
from .data.directories import refused_directory
from .definition import Deployment, is_irreversible
from .host_state import HostState
from .unmanaged import foreign_link, foreign_unit

__all__ = ["unmet_preconditions"]


def unmet_preconditions(options: Mapping[str, Any], change: Change, *, only_planned: bool) -> Iterator[str]:
    """Yield a sentence for each reason to refuse a change; what other tasks still create is not a reason yet."""
    name, user, before, desired = options["name"], options["user"], change.before, change.desired
    yield from _foreign_parts(name, before, desired)
    running, wanted = before.record.active and before.record.active.version, desired.version
    if options["cluster"] and running and wanted and (forbidden := forbidden_step(running, wanted)):
        yield forbidden
    if not options["accept_irreversible"] and not change.data.empties:
        yield from _unreadable_data(options, change)
        yield from _unknown_data(before, desired) if options["writable_paths"] else ()
    yield from filter(None, (refused_directory(options["writable_paths"], user, name), change.data.refusal()))
    if only_planned:
        return
    yield from _unstaged_parts(desired)
    if uid_of(user) is None:
        yield f"There is no user {user} on this host to run {name}. Run staged_config first, which creates it."


def _foreign_parts(name: str, before: HostState, desired: Deployment) -> Iterator[str]:
    """Yield a sentence for each unit and link of this service that this collection did not create."""
    recorded = before.record.active.links if before.record.active else {}
    if not recorded:
        folders: Sequence[Path] = [before.unit_path.parent]
        if before.state.fragment:
            folders = [*folders, Path(before.state.fragment).parent]
        found = foreign_unit(name, folders)
        if found:
            yield found
    for path in map(Path, desired.companions):
        found = foreign_unit(path.stem, [path.parent], path.suffix)
        if found:
            yield found
    for link, target in desired.links.items():
        found = foreign_link(Path(link), Path(target).parent, recorded.get(link))
        if found:
            yield found


def _unstaged_parts(desired: Deployment) -> Iterator[str]:
    """Yield a sentence for each directory that no staging module has made."""
    parts = {desired.release: desired.release_token, desired.config or "": desired.config_token, **desired.parts}
    for path, token in parts.items():
        if path and token is None:
            yield (
                f"{path} is not staged on this host. Stage it first (staged_release, staged_config). If this run has "
                "staged it, another run has pruned it: run again."
            )


def _unknown_data(before: HostState, desired: Deployment) -> Iterator[str]:
    """Yield a sentence if an older release may not be able to read the data, but the record is missing."""
    runs, wanted = before.record.active, desired.version
    if before.unrecorded and runs and runs.version and wanted and is_older(wanted, runs.version):
        yield (
            f"Its record is missing, so it is not known whether {wanted} can read the data of the running "
            f"{runs.version}. Deploy {runs.version} once, which creates the record, or set accept_irreversible."
        )


def _unreadable_data(options: Mapping[str, Any], change: Change) -> Iterable[str]:
    """Yield a sentence when a release would meet data, now or after a rollback, that it cannot read."""
    record, wanted, name = change.before.record, change.desired.version, options["name"]
    active, reader, cluster = record.active, record.data_oldest_reader, options["cluster"]
    if wanted and reader and is_older(wanted, reader):
        others = cluster and len(cluster["urls"]) > 1
        more = f", or set {name}_empty_failed_node={cluster['node']}, and other nodes fill it again" if others else ""
        yield (
            f"{name} {wanted} cannot read the data on this host: {reader} or newer is required. Choose such a "
            f"release, or restore data of {wanted} and set accept_irreversible{more}."
        )
    elif active and active.version and is_irreversible(active, change.desired):
        yield (
            f"{name} {wanted} writes data that the active {active.version} cannot read, so a failed upgrade could not "
            "be rolled back. Back up the data and set accept_irreversible, or choose a release in between."
        )
