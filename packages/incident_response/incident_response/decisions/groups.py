# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""To which group of hosts a run belongs, of which few may be acted on at once, whichever runbook it is of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

__all__ = ["groups_of"]

_SERVICE = ".service"


def groups_of(labels: Mapping[str, str], plan: Sequence[Mapping[str, Any]]) -> frozenset[str]:
    """Return the service that an alert with these labels is of, and the units of a plan, each in words.

    Without a label `service`, that is the `job`, but only if a unit is named for it: that of the exporter of a host
    says nothing of what is restarted there.
    """
    units = frozenset(_units(plan))
    job = labels.get("job", "")
    own = any(one == job or one.startswith((f"{job}@", f"{job}-")) for one in units)
    service = labels.get("service") or (job if own else "")
    return frozenset((*([f"the service {service}"] if service else []), *(f"the unit {one}" for one in units)))


def _units(plan: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Yield the units that steps name; those of operators may have other values by these names."""
    for step in plan:
        for key in ("unit", "units"):
            value = step["parameters"].get(key)
            for unit in value if isinstance(value, Sequence) and not isinstance(value, str) else (value,):
                if isinstance(unit, str):
                    yield unit.removesuffix(_SERVICE)
