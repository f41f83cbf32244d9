# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible_collections.vigil.observability.plugins.modules import elasticsearch_settings
from ansible_collections.vigil.observability.tests.unit.plugins.elasticsearch import Elasticsearch

Run = Callable[..., dict[str, Any]]

RECOVERIES = "cluster.routing.allocation.node_concurrent_recoveries"
SPEED = "indices.recovery.max_bytes_per_sec"
BUCKETS = "search.max_buckets"
SETTINGS = {"cluster": {"routing.allocation": {"node_concurrent_recoveries": 4}}, SPEED: "100mb"}


def kept(elasticsearch: Elasticsearch) -> dict[str, Any]:
    found: dict[str, Any] = elasticsearch.get("/_cluster/settings?flat_settings=true")["persistent"]
    return found


def test_all_settings_are_changed_by_one_request(run: Run, elasticsearch: Elasticsearch) -> None:
    result = run(elasticsearch, elasticsearch_settings, settings=SETTINGS)
    assert (result["created"], result["requests"], elasticsearch.writes) == ([RECOVERIES, SPEED], 2, 1)
    assert kept(elasticsearch) == {
        RECOVERIES: "4",
        SPEED: "100mb",
        "cluster.metadata.vigil.vigil.observability": f"{RECOVERIES},{SPEED}",
    }


def test_settings_written_otherwise_but_meant_alike_are_unchanged(run: Run, elasticsearch: Elasticsearch) -> None:
    settings = {**SETTINGS, "cluster.routing.allocation.awareness.attributes": ["rack", "zone"]}
    run(elasticsearch, elasticsearch_settings, settings=settings)
    again = {RECOVERIES: "4", SPEED: "102400KB", "cluster.routing.allocation.awareness.attributes": "rack,zone"}
    result = run(elasticsearch, elasticsearch_settings, settings=again, prune=True)
    assert (result["changed"], result["requests"], elasticsearch.writes) == (False, 1, 0)


def test_only_owned_settings_are_pruned(run: Run, elasticsearch: Elasticsearch) -> None:
    elasticsearch.ask("PUT", "/_cluster/settings", {"persistent": {BUCKETS: 20000}})
    run(elasticsearch, elasticsearch_settings, settings={"search.default_search_timeout": "9s"}, owner="somebody")
    run(elasticsearch, elasticsearch_settings, settings=SETTINGS)
    result = run(elasticsearch, elasticsearch_settings, settings={SPEED: "100mb"}, prune=True)
    assert (result["deleted"], result["unchanged"]) == ([RECOVERIES], [SPEED])
    assert kept(elasticsearch) == {
        BUCKETS: "20000",
        SPEED: "100mb",
        "search.default_search_timeout": "9s",
        "cluster.metadata.vigil.somebody": "search.default_search_timeout",
        "cluster.metadata.vigil.vigil.observability": SPEED,
    }


def test_null_and_absent_reset_a_setting(run: Run, elasticsearch: Elasticsearch) -> None:
    run(elasticsearch, elasticsearch_settings, settings=SETTINGS)
    assert run(elasticsearch, elasticsearch_settings, settings={SPEED: None})["deleted"] == [SPEED]
    result = run(elasticsearch, elasticsearch_settings, settings={RECOVERIES: 1, BUCKETS: 5}, state="absent")
    assert result["deleted"] == [RECOVERIES]
    assert kept(elasticsearch) == {}


def test_an_unknown_setting_is_refused_and_nothing_is_changed(run: Run, elasticsearch: Elasticsearch) -> None:
    result = run(elasticsearch, elasticsearch_settings, settings={**SETTINGS, "nonsense.x": 1})
    assert result["failed"]
    assert "persistent setting [nonsense.x], not recognized" in result["msg"]
    assert kept(elasticsearch) == {}


def test_check_mode_shows_what_would_be_changed(run: Run, elasticsearch: Elasticsearch) -> None:
    run(elasticsearch, elasticsearch_settings, settings=SETTINGS)
    result = run(elasticsearch, elasticsearch_settings, settings={SPEED: "50mb"}, check=True, diff=True)
    assert (result["updated"], elasticsearch.writes) == ([SPEED], 0)
    assert ('"value": "100mb"' in result["diff"][0]["before"], '"value": "50mb"' in result["diff"][0]["after"]) == (
        True,
        True,
    )


def test_a_setting_of_another_owner_is_taken_over_only_where_that_is_allowed(
    run: Run, elasticsearch: Elasticsearch
) -> None:
    run(elasticsearch, elasticsearch_settings, settings=SETTINGS, owner="somebody")
    refused = run(elasticsearch, elasticsearch_settings, settings={SPEED: "50mb"})
    assert f"persistent setting '{SPEED}' carries the mark of another owner, 'somebody'" in refused["msg"]
    run(elasticsearch, elasticsearch_settings, settings={SPEED: "50mb"}, take_over=["somebody"])
    notes = {name: value for name, value in kept(elasticsearch).items() if ".vigil." in name}
    assert notes == {
        "cluster.metadata.vigil.somebody": RECOVERIES,
        "cluster.metadata.vigil.vigil.observability": SPEED,
    }


def test_a_transient_setting_that_takes_precedence_is_named(run: Run, elasticsearch: Elasticsearch) -> None:
    elasticsearch.ask("PUT", "/_cluster/settings", {"transient": {SPEED: "10mb"}})
    result = run(elasticsearch, elasticsearch_settings, settings=SETTINGS)
    elasticsearch.ask("PUT", "/_cluster/settings", {"transient": {SPEED: None}})
    assert result["warnings"] == [f"{SPEED} also has the transient value '10mb', which takes precedence."]


def test_the_notes_of_owners_cannot_be_set(run_module: Run) -> None:
    settings = {"cluster.metadata": {"vigil.somebody": "x"}}
    result = run_module(elasticsearch_settings, url="http://127.0.0.1:1", settings=settings)
    assert "is where this module keeps who owns which setting" in result["msg"]
