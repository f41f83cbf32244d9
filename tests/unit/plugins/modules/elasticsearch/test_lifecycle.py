# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible_collections.vigil.observability.plugins.modules import elasticsearch_lifecycle
from ansible_collections.vigil.observability.tests.unit.plugins.elasticsearch import Elasticsearch

Run = Callable[..., dict[str, Any]]

ROLLOVER = {"max_age": "24h", "max_primary_shard_size": "50GB"}
LOGS: dict[str, Any] = {
    "phases": {
        "hot": {"actions": {"rollover": ROLLOVER, "set_priority": {"priority": 100}}},
        "warm": {"min_age": "7d", "actions": {"shrink": {"number_of_shards": 1}, "readonly": {}}},
        "cold": {"min_age": "14d", "actions": {"allocate": {"number_of_replicas": 0}, "migrate": {}}},
        "delete": {"min_age": "30d", "actions": {"delete": {}}},
    }
}
NIGHTLY: dict[str, Any] = {
    "schedule": "0 30 1 * * ?",
    "name": "<nightly-{now/d}>",
    "repository": "backup",
    "config": {"indices": "logs-*", "include_global_state": False},
    "retention": {"expire_after": "30d", "min_count": 5},
}
ALL = {"lifecycle_policies": {"logs": LOGS}, "snapshot_policies": {"nightly": NIGHTLY}}


def test_policies_are_made_and_then_left_alone(run: Run, newest_elasticsearch: Elasticsearch) -> None:
    result = run(newest_elasticsearch, elasticsearch_lifecycle, **ALL)
    assert result["created"] == ["snapshot policy 'nightly'", "lifecycle policy 'logs'"]
    assert (result["requests"], newest_elasticsearch.writes) == (4, 2)
    result = run(newest_elasticsearch, elasticsearch_lifecycle, **ALL)
    assert (result["changed"], result["requests"], newest_elasticsearch.writes) == (False, 2, 0)


def test_policies_with_defaults_and_other_units_are_unchanged(run: Run, newest_elasticsearch: Elasticsearch) -> None:
    run(newest_elasticsearch, elasticsearch_lifecycle, **ALL)
    rollover = {"max_age": "1d", "max_primary_shard_size": "51200mb"}
    hot = {"min_age": "0ms", "actions": {"rollover": rollover, "set_priority": {"priority": "100"}}}
    gone = {"min_age": "720h", "actions": {"delete": {"delete_searchable_snapshot": True}}}
    logs = {"phases": {**LOGS["phases"], "hot": hot, "delete": gone}}
    nightly = {**NIGHTLY, "config": {"indices": ["logs-*"], "include_global_state": "false"}}
    options = {"lifecycle_policies": {"logs": logs}, "snapshot_policies": {"nightly": nightly}}
    result = run(newest_elasticsearch, elasticsearch_lifecycle, **options)
    assert (result["changed"], newest_elasticsearch.writes) == (False, 0)


def test_another_retention_is_shown_and_written(run: Run, newest_elasticsearch: Elasticsearch) -> None:
    run(newest_elasticsearch, elasticsearch_lifecycle, **ALL)
    logs = {"phases": {**LOGS["phases"], "delete": {"min_age": "60d", "actions": {"delete": {}}}}}
    options = {"lifecycle_policies": {"logs": logs}, "diff": True}
    shown = run(newest_elasticsearch, elasticsearch_lifecycle, **options, check=True)
    assert (shown["updated"], newest_elasticsearch.writes) == (["lifecycle policy 'logs'"], 0)
    assert run(newest_elasticsearch, elasticsearch_lifecycle, **options)["diff"] == shown["diff"]
    kept = newest_elasticsearch.get("/_ilm/policy/logs")["logs"]
    assert (kept["version"], kept["policy"]["phases"]["delete"]["min_age"]) == (2, "60d")


def test_only_owned_policies_of_a_given_kind_are_pruned(run: Run, newest_elasticsearch: Elasticsearch) -> None:
    newest_elasticsearch.ask("PUT", "/_ilm/policy/by-hand", {"policy": {"phases": {}}})
    run(newest_elasticsearch, elasticsearch_lifecycle, **ALL)
    result = run(newest_elasticsearch, elasticsearch_lifecycle, lifecycle_policies={}, prune=True)
    assert (result["deleted"], result["requests"]) == (["lifecycle policy 'logs'"], 2)
    assert list(newest_elasticsearch.get("/_ilm/policy")) == ["by-hand"]
    assert list(newest_elasticsearch.get("/_slm/policy")) == ["nightly"]


def test_an_unknown_action_is_refused_in_a_sentence(run: Run, newest_elasticsearch: Elasticsearch) -> None:
    wrong: dict[str, Any] = {"phases": {"delete": {"actions": {"nonsense": {}}}}}
    result = run(newest_elasticsearch, elasticsearch_lifecycle, lifecycle_policies={"logs": wrong})
    assert "Could not create the lifecycle policy 'logs'" in result["msg"]
    assert "unknown field [nonsense]" in result["msg"]
