# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The peers of a target: the other hosts of the job of its alert, and which of them are up."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from .filled import in_promql, one_of
from .prometheus import Prometheus

__all__ = ["healthy", "others", "peers", "peers_query"]

_OF_JOB = ("max by (host) (up{job=", {"label": "job"}, "}")


def peers_query(labels: Mapping[str, str], hosts: Collection[str], at: float | None = None) -> str:
    """Return the expression of whether the hosts of an alert's job are up, or else those of the target.

    It is of a time in seconds since 1970, or of now.
    """
    found = in_promql(_OF_JOB, labels) if labels.get("job") else f"max by (host) (up{{host=~{one_of(hosts)}}}"
    return f"{found})" if at is None else f"{found} @ {at:.3f})"


async def peers(prometheus: Prometheus, query: str) -> Mapping[str, bool] | None:
    """Return whether each host is up, None if no Prometheus answers."""
    found = await prometheus.query(query)
    return None if found is None else {one.labels.get("host", ""): one.value > 0 for one in found}


def others(known: Mapping[str, bool], hosts: Collection[str]) -> dict[str, bool]:
    """Return those that are not hosts of the target."""
    return {name: up for name, up in known.items() if name not in hosts}


def healthy(known: Mapping[str, Any], share: float) -> bool:
    """Return whether enough of the peers are up."""
    return sum(map(bool, known.values())) >= share * len(known)
