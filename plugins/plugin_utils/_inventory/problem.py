# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Problems of an inventory, and the messages about them: one for all hosts that share a problem."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ansible_collections.vigil.observability.plugins.plugin_utils._formats.enumeration import listed

__all__ = ["Problem", "messages"]

_NAMED = 4  # hosts; of more, the first three and how many follow


@dataclass(frozen=True)
class Problem:
    """A problem of one host, as parts of the message `<subject> of <hosts> <rest>`.

    `several` is the rest of a message with several subjects; without it each subject has a message of its own.
    """

    subject: str
    host: str
    rest: str
    several: str = ""


def messages(problems: Iterable[Problem], hosts: Sequence[str]) -> list[str]:
    """Return one message for each problem, in the order in which they were found.

    Args:
        problems: The problems of each host.
        hosts: All hosts of the inventory.
    """
    where: dict[tuple[str, str, str], dict[str, None]] = {}
    for problem in problems:
        where.setdefault((problem.subject, problem.rest, problem.several), {})[problem.host] = None
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
