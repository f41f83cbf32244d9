# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any

from ansible_collections.vigil.observability.plugins.modules import elasticsearch_info, elasticsearch_templates
from ansible_collections.vigil.observability.tests.unit.plugins.elasticsearch import Elasticsearch

Run = Callable[..., dict[str, Any]]


def test_each_part_is_read_with_one_request(run: Run, elasticsearch: Elasticsearch) -> None:
    result = run(elasticsearch, elasticsearch_info, gather=["build", "health", "health", "settings", "indices"])
    assert (result["changed"], result["requests"]) == (False, 4)
    assert result["build"]["version"]["number"] == elasticsearch.release
    assert (result["health"]["status"], result["settings"]["transient"]) == ("green", {})


def test_templates_are_returned_by_name(run: Run, elasticsearch: Elasticsearch) -> None:
    templates = {
        "component_templates": {"fields": {"template": {}}},
        "index_templates": {"a": {"index_patterns": "a-*"}},
    }
    run(elasticsearch, elasticsearch_templates, **templates)
    result = run(elasticsearch, elasticsearch_info, gather=["component_templates", "index_templates"])
    assert list(result["component_templates"]) == ["fields"]
    assert result["index_templates"]["a"]["index_patterns"] == ["a-*"]


def test_policies_are_read_where_the_cluster_has_them(run: Run, newest_elasticsearch: Elasticsearch) -> None:
    result = run(newest_elasticsearch, elasticsearch_info, gather=["lifecycle_policies", "snapshot_policies"])
    assert (result["lifecycle_policies"], result["snapshot_policies"]) == ({}, {})


def test_another_node_answers_where_the_first_one_is_dead(run: Run, elasticsearch: Elasticsearch) -> None:
    with socket.socket() as kept:
        kept.bind(("127.0.0.1", 0))
        dead = f"http://127.0.0.1:{kept.getsockname()[1]}"
        result = run(elasticsearch, elasticsearch_info, gather=["build"], url=dead, more_urls=[elasticsearch.url])
    assert result["build"]["version"]["number"] == elasticsearch.release
    assert (result["requests"], result["connections"]) == (2, 1)
