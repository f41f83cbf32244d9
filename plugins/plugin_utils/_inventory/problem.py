# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is wrong with an inventory, as sentences for the operator: once for all hosts that share it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ansible_collections.vigil.observability.plugins.plugin_utils._formats.enumeration import listed

__all__ = ["Fault", "sentences"]

_NAMED = 4  # hosts; of more, the first three and how many follow


@dataclass(frozen=True)
class Fault:
    """Something wrong with one host, as parts of the sentence `<subject> of <hosts> <rest>`.

    `several` is the rest of a sentence with several subjects; without it each subject has a sentence of its own.
    """

    subject: str
    host: str
    rest: str
    several: str = ""


def sentences(faults: Iterable[Fault], hosts: Sequence[str]) -> list[str]:
    """Return a sentence for each thing that is wrong, in the order in which they were found.

    Args:
        faults: What is wrong with which host.
        hosts: All hosts of the inventory.
    """
    where: dict[tuple[str, str, str], dict[str, None]] = {}
    for fault in faults:
        where.setdefault((fault.subject, fault.rest, fault.several), {})[fault.host] = None
    what: dict[tuple[str, str, tuple[str, ...], str], list[str]] = {}
    for (subject, rest, several), found in where.items():
        what.setdefault((rest, several, tuple(found), "" if several else subject), []).append(subject)
    return [
        f"{listed(subjects)} of {_named(found, len(hosts))} {several if len(subjects) > 1 else rest}"
        for (rest, several, found, _subject), subjects in what.items()
    ]


def _named(hosts: Sequence[str], every: int) -> str:
    if len(hosts) <= _NAMED:
        return listed(hosts)
    if len(hosts) == every:
        return f"all {every} hosts"
    return f"{', '.join(hosts[: _NAMED - 1])} and {len(hosts) - _NAMED + 1} more hosts"
