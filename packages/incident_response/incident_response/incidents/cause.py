# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which alert of an incident is its cause: that which inhibits others, or is of what the others depend on, or began."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .correlation import Correlation

__all__ = ["cause_among"]


def cause_among(correlation: Correlation, members: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the number and name of an alert, and why it is the cause."""
    inhibiting = {one for member in members for one in member["inhibited_by"]}
    services = {member["labels"].get("service", "") for member in members}

    def needed_by(member: Mapping[str, Any]) -> list[str]:
        own = member["labels"].get("service", "")
        return sorted(other for other in services if own in correlation.needs(other))

    def rank(member: Mapping[str, Any]) -> tuple[bool, int, str, int]:
        return member["fingerprint"] not in inhibiting, -len(needed_by(member)), member["starts_at"], member["id"]

    first = min(members, key=rank)
    if first["fingerprint"] in inhibiting:
        reason = "it inhibits others"
    elif dependents := needed_by(first):
        reason = f"{', '.join(dependents)} depend{'s' * (len(dependents) == 1)} on {first['labels']['service']}"
    else:
        reason = "it began first" if len(members) > 1 else "it is the only alert"
    return {"alert": first["id"], "name": first["labels"].get("alertname", ""), "because": reason}
