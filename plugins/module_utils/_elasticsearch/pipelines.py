# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ingest pipelines, tried before anything is written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from .._api.owner import Ownership
from .._http.session import Session
from .client import elasticsearch_api
from .normal import text, without_empty
from .objects import STATE_OPTIONS, Kind, lists, made

__all__ = ["OPTIONS", "act"]

OPTIONS: Mapping[str, Any] = {"pipelines": {"type": "dict", "required": True}, **STATE_OPTIONS}
"""Argument spec of the module's own options."""

_DATES = ("created_date", "created_date_millis", "modified_date", "modified_date_millis")


def _normal(body: Mapping[str, Any]) -> dict[str, Any]:
    kept = {key: value for key, value in body.items() if key not in _DATES}
    return {**without_empty({**kept, "version": text(kept.get("version"))}), "processors": kept.get("processors") or []}


_PIPELINES = Kind("ingest pipeline", "pipelines", "/_ingest/pipeline", dict, _normal)


def act(module: AnsibleModule, session: Session) -> dict[str, Any]:
    """Make the pipelines as the parameters say, none in check mode, and return what exit_json takes."""
    ownership, api = Ownership.of(module.params), elasticsearch_api(session)
    (read,) = lists(api, [_PIPELINES], module.params, ownership)
    for step in read.plan.steps:
        if step.after:
            # What it makes of the document does not matter: a pipeline that cannot be made is refused.
            body = {"pipeline": step.after.body, "docs": [{"_source": {}}]}
            api.call("POST", f"{_PIPELINES.path}/_simulate", attempt=step.attempt, body=body)
    return made(module, ownership, [read], read.plan)
