# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""On which hosts something runs: a host that one attempt has acquired refuses another."""

from __future__ import annotations

from dataclasses import dataclass, field

__all__ = ["Places"]


@dataclass
class Places:
    """The hosts of attempts that act, and the one of an attempt in check mode.

    After a restart of the service, `known` is False until those are found that have gone on meanwhile.
    """

    known: bool = False
    acting: set[str] = field(default_factory=set)
    checking: str = ""
