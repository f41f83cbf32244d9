# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is wrong with the shape of a definition that Elasticsearch cannot try without storing it.

So that nothing of a list is written when one of its definitions would be refused. Each function returns the end of a
sentence that begins with the name of the definition, nothing if the shape is right.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any

__all__ = ["lifecycle_misfit", "mapping_misfit", "role_misfit", "snapshots_misfit", "user_misfit"]

_ANYWHERE = ("set_priority", "unfollow", "readonly", "downsample")
# The actions that upstream knows in each phase.
_PHASES: Mapping[str, tuple[str, ...]] = {
    "hot": (*_ANYWHERE, "rollover", "shrink", "forcemerge", "searchable_snapshot"),
    "warm": (*_ANYWHERE, "allocate", "migrate", "shrink", "forcemerge"),
    "cold": (*_ANYWHERE, "allocate", "migrate", "searchable_snapshot", "freeze"),
    "frozen": ("unfollow", "searchable_snapshot"),
    "delete": ("wait_for_snapshot", "delete"),
}
_DURATION = re.compile(r"-1|0|\d+(d|h|m|s|ms|micros|nanos)", re.IGNORECASE)
_SNAPSHOTS = ("name", "schedule", "repository", "config", "retention", "unhealthy_if_no_snapshot_within")
_RETENTION = ("expire_after", "min_count", "max_count")
_ROLE = (
    "cluster", "indices", "index", "applications", "run_as", "global", "metadata", "description", "remote_indices",
    "remote_cluster", "transient_metadata", "restriction",
)  # fmt: skip
# What each entry of a list in a role needs.
_GRANTS: Mapping[str, tuple[str, ...]] = {
    "indices": ("names", "privileges"),
    "index": ("names", "privileges"),
    "remote_indices": ("clusters", "names", "privileges"),
    "remote_cluster": ("clusters", "privileges"),
    "applications": ("application", "privileges", "resources"),
}
_USER = ("roles", "full_name", "email", "metadata", "enabled", "username", "password", "password_hash")
_MAPPING = ("roles", "role_templates", "rules", "enabled", "metadata")


def lifecycle_misfit(body: Mapping[str, Any]) -> str:
    """Check a lifecycle policy of indices: its phases, and the actions in each of them."""
    phases = body.get("phases")
    if wrong := _unknown(body, ("phases", "_meta", "deprecated")):
        return wrong
    if not isinstance(phases, Mapping):
        return "needs phases, such as {delete: {min_age: 30d, actions: {delete: {}}}}."
    if wrong := _unknown(phases, _PHASES, "phases."):
        return wrong
    return next((wrong for name, phase in phases.items() if (wrong := _phase_misfit(name, phase))), "")


def _phase_misfit(name: str, phase: Any) -> str:
    if not isinstance(phase, Mapping):
        return f"has a phase {name} that is no mapping of min_age and actions."
    if wrong := _unknown(phase, ("min_age", "actions"), f"{name}."):
        return wrong
    if not _DURATION.fullmatch(str(phase.get("min_age", 0))):
        return f"has {name}.min_age {phase['min_age']!r}, which must be a duration such as 12h or 30d."
    actions = phase.get("actions")
    if actions is not None and not _are_mappings(actions):
        return f"has {name}.actions that are no mapping of an action to its options, such as {{delete: {{}}}}."
    return _unknown(actions or {}, _PHASES[name], f"{name}.actions.")


def _are_mappings(actions: Any) -> bool:
    return isinstance(actions, Mapping) and all(one is None or isinstance(one, Mapping) for one in actions.values())


def snapshots_misfit(body: Mapping[str, Any]) -> str:
    """Check a policy of snapshots."""
    retention = body.get("retention")
    if wrong := _unknown(body, _SNAPSHOTS) or _lacking(body, ("name", "schedule", "repository")):
        return wrong
    if any(one is not None and not isinstance(one, Mapping) for one in (retention, body.get("config"))):
        return "has a config or retention that is no mapping."
    return _unknown(retention or {}, _RETENTION, "retention.")


def role_misfit(body: Mapping[str, Any]) -> str:
    """Check a role: what it grants, and what each grant needs."""
    if wrong := _unknown(body, _ROLE):
        return wrong
    for option, needed in _GRANTS.items():
        grants = body.get(option) or []
        if not isinstance(grants, list) or not all(isinstance(one, Mapping) for one in grants):
            return f"has {option} that is no list of mappings with {' and '.join(needed)}."
        if wrong := next((wrong for one in grants if (wrong := _lacking(one, needed))), ""):
            return f"has an entry in {option} that {wrong}"
    return ""


def user_misfit(body: Mapping[str, Any]) -> str:
    """Check a native user."""
    if wrong := _unknown(body, _USER):
        return wrong
    return "needs roles, a list that may be empty." if body.get("roles") is None else ""


def mapping_misfit(body: Mapping[str, Any]) -> str:
    """Check a role mapping."""
    if wrong := _unknown(body, _MAPPING) or _lacking(body, ("rules",)):
        return wrong
    return "" if body.get("roles") or body.get("role_templates") else "lacks roles, or role_templates."


def _unknown(given: Iterable[Any], known: Collection[str], place: str = "") -> str:
    if not (names := sorted(str(name) for name in given if name not in known)):
        return ""
    return f"has {place}{names[0]}, which Elasticsearch does not know. Use {', '.join(known)}."


def _lacking(body: Mapping[str, Any], needed: Iterable[str]) -> str:
    lacking = [name for name in needed if body.get(name) in (None, "")]
    return f"lacks {', '.join(lacking)}." if lacking else ""
