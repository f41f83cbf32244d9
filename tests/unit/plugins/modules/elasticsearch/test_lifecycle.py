# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ansible_collections.vigil.observability.plugins.module_utils._elasticsearch.lifecycle import ACTION_DEFAULTS
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


ACTIONS: dict[str, dict[str, Any]] = {
    "hot": {
        "rollover": ROLLOVER,
        "shrink": {"number_of_shards": 1},
        "forcemerge": {"max_num_segments": 1},
        "searchable_snapshot": {"snapshot_repository": "backup"},
    },
    "warm": {
        "set_priority": {"priority": 50},
        "unfollow": {},
        "readonly": {},
        "downsample": {"fixed_interval": "1h"},
        "migrate": {},
        "allocate": {"number_of_replicas": 1},
    },
    "delete": {"wait_for_snapshot": {"policy": "nightly"}, "delete": {}},
}
# Several actions of the hot phase need a rollover beside them.
EACH_ACTION: dict[str, Any] = {
    name: {"phases": {phase: {"actions": {**({"rollover": ROLLOVER} if phase == "hot" else {}), name: given}}}}
    for phase, actions in ACTIONS.items()
    for name, given in actions.items()
}


def test_every_action_is_left_alone(run: Run, elasticsearch: Elasticsearch) -> None:
    assert len(run(elasticsearch, elasticsearch_lifecycle, lifecycle_policies=EACH_ACTION)["created"]) == 12
    result = run(elasticsearch, elasticsearch_lifecycle, lifecycle_policies=EACH_ACTION)
    assert (result["changed"], elasticsearch.writes) == (False, 0)


def test_defaults_of_actions_are_those_of_elasticsearch(run: Run, newest_elasticsearch: Elasticsearch) -> None:
    run(newest_elasticsearch, elasticsearch_lifecycle, lifecycle_policies=EACH_ACTION)
    kept, added = newest_elasticsearch.get("/_ilm/policy"), {}
    for phase, actions in ACTIONS.items():
        for name, given in actions.items():
            action = kept[name]["policy"]["phases"][phase]["actions"][name]
            added[name] = {key: value for key, value in action.items() if key not in given}
    assert {name: defaults for name, defaults in added.items() if defaults} == ACTION_DEFAULTS


@pytest.mark.parametrize(
    ("policy", "sentence"),
    [
        ({"phase": {}}, "has phase, which Elasticsearch does not know. Use phases, _meta, deprecated."),
        ({}, "needs phases, such as {delete:"),
        ({"phases": {"cool": {}}}, "has phases.cool, which Elasticsearch does not know. Use hot, warm, cold, frozen,"),
        ({"phases": {"hot": None}}, "has a phase hot that is no mapping of min_age and actions."),
        ({"phases": {"hot": {"age": "1d"}}}, "has hot.age, which Elasticsearch does not know."),
        ({"phases": {"delete": {"min_age": "soon"}}}, "has delete.min_age 'soon', which must be a duration"),
        ({"phases": {"delete": {"actions": ["delete"]}}}, "has delete.actions that are no mapping"),
        ({"phases": {"delete": {"actions": {"nonsense": {}}}}}, "has delete.actions.nonsense, which Elasticsearch"),
    ],
)
def test_a_lifecycle_policy_of_wrong_shape_is_refused_before_anything_is_asked(
    run_module: Run, policy: dict[str, Any], sentence: str
) -> None:
    options = {"url": "http://127.0.0.1:1", "snapshot_policies": {"nightly": NIGHTLY}}
    result = run_module(elasticsearch_lifecycle, **options, lifecycle_policies={"logs": policy})
    assert result["msg"].startswith(f"The lifecycle policy 'logs' {sentence}")


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"schedul": "0"}, "has schedul, which Elasticsearch does not know."),
        ({"schedule": None, "repository": ""}, "lacks schedule, repository."),
        ({"retention": "30d"}, "has a config or retention that is no mapping."),
        ({"retention": {"expires": "30d"}}, "has retention.expires, which Elasticsearch does not know."),
    ],
)
def test_a_snapshot_policy_of_wrong_shape_is_refused_before_anything_is_asked(
    run_module: Run, changed: dict[str, Any], sentence: str
) -> None:
    options = {"url": "http://127.0.0.1:1", "snapshot_policies": {"nightly": {**NIGHTLY, **changed}}}
    assert run_module(elasticsearch_lifecycle, **options)["msg"].startswith(f"The snapshot policy 'nightly' {sentence}")
