# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ansible_collections.vigil.observability.plugins.module_utils._elasticsearch.templates import overlap
from ansible_collections.vigil.observability.plugins.modules import elasticsearch_templates
from ansible_collections.vigil.observability.tests.unit.plugins.elasticsearch import Elasticsearch

Run = Callable[..., dict[str, Any]]

TEMPLATE: dict[str, Any] = {
    "settings": {"number_of_shards": 1, "index": {"mapping": {"total_fields": {"limit": 2000}}}},
    "mappings": {"dynamic": True, "properties": {"level": {"type": "keyword", "ignore_above": 256}}},
    "aliases": {"all-logs": {"filter": {"term": {"level": "ERROR"}}, "routing": "one"}},
}
FIELDS: dict[str, Any] = {"template": TEMPLATE, "version": 3}
LOGS = {
    "index_patterns": "logs-*",
    "composed_of": ["fields"],
    "priority": 500,
    "data_stream": {},
    "template": {"settings": {"index.refresh_interval": "30s", "number_of_replicas": 0, "hidden": False}},
}
ALL = {"component_templates": {"fields": FIELDS}, "index_templates": {"shop-logs": LOGS}}


@pytest.fixture
def templates(run: Run, elasticsearch: Elasticsearch) -> Run:
    def with_options(**options: Any) -> dict[str, Any]:
        return run(elasticsearch, elasticsearch_templates, **options)

    return with_options


def test_templates_are_tried_and_then_made(templates: Run, elasticsearch: Elasticsearch) -> None:
    result = templates(**ALL)
    assert result["created"] == ["component template 'fields'", "index template 'shop-logs'"]
    assert (result["requests"], result["connections"], elasticsearch.writes) == (6, 1, 2)


def test_templates_written_otherwise_but_meant_alike_are_unchanged(
    templates: Run, elasticsearch: Elasticsearch
) -> None:
    templates(**ALL)
    settings = {"index.number_of_shards": "1", "mapping.total_fields.limit": "2000"}
    flat = {**FIELDS, "template": {**TEMPLATE, "settings": settings}}
    kept = {"index": {"refresh_interval": "30s", "number_of_replicas": "0", "hidden": "false"}}
    template = {"settings": kept, "mappings": {}}
    nested = {**LOGS, "index_patterns": ["logs-*"], "priority": "500", "template": template}
    result = templates(component_templates={"fields": flat}, index_templates={"shop-logs": nested})
    assert (result["changed"], result["requests"], elasticsearch.writes) == (False, 2, 0)
    assert result["unchanged"] == ["component template 'fields'", "index template 'shop-logs'"]


def test_a_hundred_unchanged_templates_take_two_requests(templates: Run, elasticsearch: Elasticsearch) -> None:
    many = {f"shop-{number}": {"index_patterns": [f"shop-{number}-*"], "priority": 5} for number in range(50)}
    parts = {f"part-{number}": {"template": {"settings": {"number_of_replicas": 2}}} for number in range(50)}
    assert len(templates(component_templates=parts, index_templates=many)["created"]) == 100
    result = templates(component_templates=parts, index_templates=many)
    assert (len(result["unchanged"]), result["requests"], elasticsearch.writes) == (100, 2, 0)


def test_check_mode_shows_the_difference_and_writes_nothing(templates: Run, elasticsearch: Elasticsearch) -> None:
    templates(**ALL)
    changed = {**LOGS, "priority": 501}
    result = templates(index_templates={"shop-logs": changed}, check=True, diff=True)
    assert (result["updated"], elasticsearch.writes) == (["index template 'shop-logs'"], 0)
    assert '"priority": "500"' in result["diff"][0]["before"]
    assert '"priority": "501"' in result["diff"][0]["after"]


def test_only_owned_templates_are_pruned_and_components_after_what_they_are_in(
    templates: Run, elasticsearch: Elasticsearch
) -> None:
    templates(**ALL)
    elasticsearch.ask("PUT", "/_index_template/by-hand", {"index_patterns": ["hand-*"]})
    templates(component_templates={"other": FIELDS}, owner="somebody")
    result = templates(component_templates={}, index_templates={}, prune=True)
    assert result["deleted"] == ["index template 'shop-logs'", "component template 'fields'"]
    left = elasticsearch.get("/_index_template")["index_templates"]
    assert [one["name"] for one in left] == ["by-hand"]


def test_a_kind_that_is_not_given_is_not_pruned(templates: Run) -> None:
    templates(**ALL)
    assert templates(index_templates={"shop-logs": LOGS}, prune=True)["changed"] is False


def test_listed_templates_can_be_removed(templates: Run) -> None:
    templates(**ALL)
    gone = {"component_templates": {"fields": None}, "index_templates": {"shop-logs": None, "never": None}}
    result = templates(**gone, state="absent")
    assert result["deleted"] == ["index template 'shop-logs'", "component template 'fields'"]
    assert result["unchanged"] == ["index template 'never'"]


def test_a_template_of_another_owner_is_refused_by_name(templates: Run, elasticsearch: Elasticsearch) -> None:
    templates(**ALL, owner="somebody")
    result = templates(**{**ALL, "component_templates": {"fields": {**FIELDS, "version": 4}}})
    assert result["failed"]
    assert "component template 'fields' carries the mark of another owner, 'somebody'" in result["msg"]
    assert elasticsearch.writes == 0


def test_an_unknown_setting_is_refused_before_anything_is_written(templates: Run, elasticsearch: Elasticsearch) -> None:
    wrong = {**LOGS, "template": {"settings": {"index.nonsense": 1}}}
    result = templates(component_templates={"fields": FIELDS}, index_templates={"shop-logs": wrong})
    assert "create the index template 'shop-logs'" in result["msg"]
    assert "unknown setting [index.nonsense]" in result["msg"]
    assert elasticsearch.writes == 0


def test_an_unknown_field_type_in_a_component_is_refused_before_anything_is_written(
    templates: Run, elasticsearch: Elasticsearch
) -> None:
    wrong = {"template": {"mappings": {"properties": {"level": {"type": "nonsense"}}}}}
    result = templates(component_templates={"fields": wrong}, index_templates={"shop-logs": LOGS})
    assert "type [nonsense] declared on field [level]" in result["msg"]
    assert elasticsearch.writes == 0


def test_overlapping_templates_of_one_priority_are_refused_by_name(
    templates: Run, elasticsearch: Elasticsearch
) -> None:
    elasticsearch.ask("PUT", "/_index_template/by-hand", {"index_patterns": ["x", "logs-shop-*"], "priority": 500})
    result = templates(**ALL)
    assert "index template 'by-hand'" in result["msg"]
    assert "index template 'shop-logs'" in result["msg"]
    assert "with the same priority 500" in result["msg"]
    assert elasticsearch.writes == 0


def test_a_template_takes_the_patterns_of_one_that_is_pruned(templates: Run) -> None:
    templates(**ALL)
    result = templates(index_templates={"renamed": {**LOGS, "composed_of": ["fields"]}}, prune=True)
    assert (result["created"], result["deleted"]) == (["index template 'renamed'"], ["index template 'shop-logs'"])


def test_a_missing_component_is_refused_by_name(templates: Run, elasticsearch: Elasticsearch) -> None:
    result = templates(index_templates={"shop-logs": LOGS})
    assert "composed of the component template 'fields', which does not exist" in result["msg"]
    assert elasticsearch.writes == 0


def test_a_template_without_patterns_is_refused_before_anything_is_asked(run_module: Run) -> None:
    options = {"url": "http://127.0.0.1:1", "index_templates": {"shop": {"priority": 5}}}
    assert "needs index_patterns" in run_module(elasticsearch_templates, **options)["msg"]
    options["index_templates"] = {"shop": {"index_patterns": ["a"], "priority": "high"}}
    assert "the priority 'high', which must be a whole number" in run_module(elasticsearch_templates, **options)["msg"]


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("logs-*", "logs-shop", True),
        ("logs-*", "*-2026", True),
        ("logs-*", "metrics-*", False),
        ("a*c", "ab", False),
        ("a*c", "a*b*c", True),
        ("*", "anything", True),
        ("same", "same", True),
        ("same", "other", False),
        ("", "", True),
    ],
)
def test_patterns_overlap_where_one_name_matches_both(one: str, other: str, expected: bool) -> None:
    for pair in ((one, other), (other, one)):
        assert overlap(*pair) is expected
