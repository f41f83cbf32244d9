# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible_collections.vigil.observability.plugins.modules import elasticsearch_pipelines
from ansible_collections.vigil.observability.tests.unit.plugins.elasticsearch import Elasticsearch

Run = Callable[..., dict[str, Any]]

# The small distribution has this processor alone.
USER = {"description": "Notes who wrote", "version": 2, "processors": [{"set_security_user": {"field": "user"}}]}


def test_a_pipeline_is_tried_made_and_then_left_alone(run: Run, elasticsearch: Elasticsearch) -> None:
    result = run(elasticsearch, elasticsearch_pipelines, pipelines={"who": USER, "empty": {"processors": []}})
    assert result["created"] == ["ingest pipeline 'who'", "ingest pipeline 'empty'"]
    assert (result["requests"], elasticsearch.writes) == (5, 2)
    again = {"who": {**USER, "version": "2"}, "empty": {"processors": []}}
    result = run(elasticsearch, elasticsearch_pipelines, pipelines=again)
    assert (result["changed"], result["requests"], elasticsearch.writes) == (False, 1, 0)


def test_a_rejected_pipeline_is_refused_before_anything_is_written(run: Run, elasticsearch: Elasticsearch) -> None:
    wrong = {"processors": [{"nonsense": {"field": "user"}}]}
    result = run(elasticsearch, elasticsearch_pipelines, pipelines={"who": USER, "wrong": wrong}, check=True)
    assert "Could not create the ingest pipeline 'wrong'" in result["msg"]
    assert "No processor type exists with name [nonsense]" in result["msg"]
    assert run(elasticsearch, elasticsearch_pipelines, pipelines={"who": USER, "wrong": wrong})["failed"]
    assert elasticsearch.writes == 0


def test_only_owned_pipelines_are_pruned(run: Run, elasticsearch: Elasticsearch) -> None:
    elasticsearch.ask("PUT", "/_ingest/pipeline/by-hand", {"processors": []})
    run(elasticsearch, elasticsearch_pipelines, pipelines={"theirs": USER}, owner="somebody")
    run(elasticsearch, elasticsearch_pipelines, pipelines={"who": USER, "old": USER})
    result = run(elasticsearch, elasticsearch_pipelines, pipelines={"who": USER}, prune=True)
    assert (result["deleted"], result["unchanged"]) == (["ingest pipeline 'old'"], ["ingest pipeline 'who'"])
    assert sorted(elasticsearch.get("/_ingest/pipeline")) == ["by-hand", "theirs", "who"]


def test_a_pipeline_that_is_no_mapping_is_refused(run_module: Run) -> None:
    result = run_module(elasticsearch_pipelines, url="http://127.0.0.1:1", pipelines={"who": None})
    assert result["msg"] == "pipelines: the definition of 'who' must be a mapping."
