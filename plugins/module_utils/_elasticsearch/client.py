# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Elasticsearch's API: one cluster, asked at any of its nodes, as a user or with an API key."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from ansible.module_utils.basic import AnsibleModule, env_fallback

from .._api.connection import endpoint_of
from .._api.module import run_module
from .._http.session import Api, Endpoint, Session

__all__ = ["CLUSTER_OPTIONS", "cluster_endpoint", "elasticsearch_api", "run_elasticsearch_module"]

CLUSTER_OPTIONS: Mapping[str, Any] = {
    "more_urls": {
        "type": "list",
        "elements": "str",
        "default": [],
        "fallback": (env_fallback, ["ELASTICSEARCH_MORE_URLS"]),
    }
}


def run_elasticsearch_module(
    options: Mapping[str, Any], act: Callable[[AnsibleModule, Session], dict[str, Any]]
) -> None:
    """Run a module of Elasticsearch, with more_urls among its options, as run_module does."""
    run_module("ELASTICSEARCH", {**CLUSTER_OPTIONS, **options}, cluster_endpoint, act)


def elasticsearch_api(session: Session, secrets: Iterable[str] = ()) -> Api:
    """Return the API of the cluster; no message shows the secrets."""
    return Api(session, "Elasticsearch", secrets)


def cluster_endpoint(parameters: Mapping[str, Any]) -> Endpoint:
    """Return the endpoint that the options of a task name."""
    return replace(endpoint_of(parameters), more_urls=tuple(parameters["more_urls"]), scheme="ApiKey")
