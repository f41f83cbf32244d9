# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lifecycle policies of indices (ILM) and of snapshots (SLM), compared with the defaults that Elasticsearch adds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from .._api.owner import Ownership
from .._api.resource import Plan
from .._http.session import Session
from .client import elasticsearch_api
from .normal import listed, unit_free, without_empty
from .objects import STATE_OPTIONS, Kind, lists, made
from .shapes import lifecycle_misfit, snapshots_misfit

__all__ = ["ACTION_DEFAULTS", "OPTIONS", "act"]

OPTIONS: Mapping[str, Any] = {
    "lifecycle_policies": {"type": "dict"},
    "snapshot_policies": {"type": "dict"},
    **STATE_OPTIONS,
}
"""Argument spec of the module's own options."""

ACTION_DEFAULTS: Mapping[str, Mapping[str, Any]] = {
    "allocate": {"include": {}, "exclude": {}, "require": {}},
    "delete": {"delete_searchable_snapshot": True},
    "downsample": {"wait_timeout": "1d"},
    "migrate": {"enabled": True},
    "searchable_snapshot": {"force_merge_index": True},
    "shrink": {"allow_write_after_shrink": False},
}
"""What Elasticsearch adds to an action that leaves it out."""


def _indices(body: Mapping[str, Any]) -> dict[str, Any]:
    phases = {name: _phase(phase or {}) for name, phase in (body.get("phases") or {}).items()}
    return without_empty({**body, "phases": phases})


def _phase(phase: Mapping[str, Any]) -> dict[str, Any]:
    actions = {
        name: unit_free({**ACTION_DEFAULTS.get(name, {}), **without_empty(action or {})})
        for name, action in (phase.get("actions") or {}).items()
    }
    age = str(phase.get("min_age") or 0)
    return {**phase, "min_age": unit_free("0ms" if age == "0" else age), "actions": actions}


def _snapshots(body: Mapping[str, Any]) -> dict[str, Any]:
    config = body.get("config") or {}
    indices = [name for one in listed(config.get("indices")) for name in str(one).split(",")]
    normal = {**body, "config": without_empty({**config, "indices": indices})}
    return without_empty({key: unit_free(value) for key, value in normal.items()})


_KINDS = (
    Kind(
        "snapshot policy",
        "snapshot_policies",
        "/_slm/policy",
        lambda answer: {name: one["policy"] for name, one in answer.items()},
        _snapshots,
        # A snapshot policy has no place of its own for what it does not know; each snapshot gets this too.
        marked=("config", "metadata"),
        misfit=snapshots_misfit,
    ),
    Kind(
        "lifecycle policy",
        "lifecycle_policies",
        "/_ilm/policy",
        lambda answer: {name: one["policy"] for name, one in answer.items()},
        _indices,
        lambda body: {"policy": dict(body)},
        misfit=lifecycle_misfit,
    ),
)


def act(module: AnsibleModule, session: Session) -> dict[str, Any]:
    """Make the policies as the parameters say, none in check mode, and return what exit_json takes."""
    ownership = Ownership.of(module.params)
    read = lists(elasticsearch_api(session), _KINDS, module.params, ownership)
    return made(module, ownership, read, sum((one.plan for one in read), Plan()))
