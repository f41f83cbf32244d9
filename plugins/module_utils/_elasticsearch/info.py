# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a cluster shows of itself, each part with one request."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from .._http.session import Session
from .client import elasticsearch_api

__all__ = ["OPTIONS", "act"]

_PARTS: Mapping[str, str] = {
    "build": "/",
    "component_templates": "/_component_template",
    "health": "/_cluster/health",
    "index_templates": "/_index_template",
    "indices": "/_cat/indices?format=json&bytes=b",
    "lifecycle_policies": "/_ilm/policy",
    "nodes": "/_nodes/_all/jvm,os,process",
    "pipelines": "/_ingest/pipeline",
    "repositories": "/_snapshot",
    "settings": "/_cluster/settings?flat_settings=true",
    "shards": "/_cat/shards?format=json&bytes=b",
    "snapshot_policies": "/_slm/policy",
}
OPTIONS: Mapping[str, Any] = {
    "gather": {
        "type": "list",
        "elements": "str",
        "choices": list(_PARTS),
        "default": ["build", "health", "indices", "nodes", "settings"],
    }
}
"""Argument spec of the module's own options."""


def act(module: AnsibleModule, session: Session) -> dict[str, Any]:
    """Return {part: what the cluster answers}; without the names that answers of templates wrap them in."""
    api, found = elasticsearch_api(session), {}
    for part in dict.fromkeys(module.params["gather"]):
        answer = api.call("GET", _PARTS[part], attempt=f"read the {part.replace('_', ' ')}").json()
        wrapped = isinstance(answer, Mapping) and part.endswith("_templates")
        found[part] = {one["name"]: one[part[:-1]] for one in answer[part]} if wrapped else answer
    return {"changed": False, **found}
