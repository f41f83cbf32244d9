# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.vigil.observability.plugins.module_utils._elasticsearch.access import role_normal
from ansible_collections.vigil.observability.plugins.module_utils._elasticsearch.api_keys import seconds_left
from ansible_collections.vigil.observability.plugins.modules import elasticsearch_security
from ansible_collections.vigil.observability.tests.unit.plugins.elasticsearch import Elasticsearch

Run = Callable[..., dict[str, Any]]

READ = {"names": "logs-*", "privileges": ["view_index_metadata", "read"]}
READER: dict[str, Any] = {"cluster": ["monitor", "manage_index_templates"], "indices": [READ]}
REPORTS: dict[str, Any] = {"roles": ["log-reader"], "full_name": "Reports"}
MAPPING: dict[str, Any] = {"roles": ["log-reader"], "rules": {"field": {"username": "*"}}}
PASSWORD, OTHER = "first-secret-1", "second-secret-2"
ALL: dict[str, Any] = {
    "roles": {"log-reader": READER},
    "role_mappings": {"everybody": MAPPING},
    "users": {"reports": REPORTS},
    "passwords": {"reports": PASSWORD, "somebody else": "not-used"},
    "secret_digest_key": "a-digest-key",
}


@pytest.fixture
def security(run: Run, elasticsearch: Elasticsearch) -> Run:
    def with_options(**options: Any) -> dict[str, Any]:
        return run(elasticsearch, elasticsearch_security, **options)

    return with_options


def login(password: str) -> str:
    return f"Basic {base64.b64encode(f'reports:{password}'.encode()).decode()}"


def test_they_are_made_and_then_left_alone(security: Run, elasticsearch: Elasticsearch) -> None:
    result = security(**ALL)
    assert result["created"] == ["role 'log-reader'", "role mapping 'everybody'", "user 'reports'"]
    assert (result["requests"], elasticsearch.writes) == (6, 3)
    assert elasticsearch.logs_in(login(PASSWORD))
    result = security(**ALL)
    assert (result["changed"], result["requests"], elasticsearch.writes) == (False, 3, 0)


def test_what_is_written_otherwise_but_meant_alike_is_unchanged(security: Run, elasticsearch: Elasticsearch) -> None:
    security(**ALL)
    read = {"names": ["logs-*"], "privileges": ["read", "view_index_metadata"], "allow_restricted_indices": False}
    role = {"cluster": ["manage_index_templates", "monitor"], "indices": [read], "run_as": []}
    mapping, user = {**MAPPING, "enabled": True}, {**REPORTS, "enabled": True, "email": None}
    options = {"roles": {"log-reader": role}, "role_mappings": {"everybody": mapping}, "users": {"reports": user}}
    assert security(**{**ALL, **options})["changed"] is False
    assert elasticsearch.writes == 0


def test_a_changed_password_is_noticed_and_none_is_shown(security: Run, elasticsearch: Elasticsearch) -> None:
    security(**ALL)
    result = security(**{**ALL, "passwords": {"reports": OTHER}}, diff=True)
    assert (result["updated"], elasticsearch.writes) == (["user 'reports'"], 1)
    assert PASSWORD not in json.dumps(result)
    assert OTHER not in json.dumps(result)
    assert elasticsearch.logs_in(login(OTHER))
    assert not elasticsearch.logs_in(login(PASSWORD))


def test_a_user_keeps_its_password_where_none_is_given(security: Run, elasticsearch: Elasticsearch) -> None:
    security(**ALL)
    assert security(users={"reports": REPORTS})["changed"] is False
    assert security(users={"reports": {**REPORTS, "full_name": "Weekly"}})["updated"] == ["user 'reports'"]
    assert elasticsearch.logs_in(login(PASSWORD))
    assert security(**{**ALL, "users": {"reports": {**REPORTS, "full_name": "Weekly"}}})["changed"] is False


def test_only_owned_ones_are_pruned(security: Run, elasticsearch: Elasticsearch) -> None:
    elasticsearch.ask("PUT", "/_security/user/by-hand", {"password": "by-hand-1", "roles": []})
    security(**ALL)
    result = security(roles={"log-reader": READER}, users={}, prune=True)
    assert (result["deleted"], result["unchanged"]) == (["user 'reports'"], ["role 'log-reader'"])
    assert "by-hand" in elasticsearch.get("/_security/user")
    assert "everybody" in elasticsearch.get("/_security/role_mapping")


def test_what_elasticsearch_reserves_is_refused_by_name(security: Run, elasticsearch: Elasticsearch) -> None:
    result = security(users={"elastic": {"roles": []}}, passwords={"elastic": PASSWORD}, secret_digest_key="k")
    assert result["msg"] == "The user 'elastic' is reserved by Elasticsearch and cannot be changed. Use another name."
    assert "The role 'superuser' is reserved" in security(roles={"superuser": {}})["msg"]
    assert elasticsearch.writes == 0


def test_an_unknown_privilege_is_refused_in_a_sentence(security: Run) -> None:
    result = security(roles={"log-reader": {"cluster": ["nonsense"]}})
    assert "unknown cluster privilege [nonsense]" in result["msg"]


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"passwords": {}}, "The user 'reports' does not exist yet and needs a password"),
        ({"passwords": {"reports": "short"}}, "The password of the user 'reports' has fewer than 6 characters."),
        ({"secret_digest_key": ""}, "give secret_digest_key, a secret of its own"),
        ({"users": {"reports": {"roles": [], "password": PASSWORD}}}, "has a password in users. Give it in passwords"),
    ],
)
def test_a_user_that_cannot_be_made_is_refused(
    run: Run, newest_elasticsearch: Elasticsearch, options: dict[str, Any], sentence: str
) -> None:
    result = run(newest_elasticsearch, elasticsearch_security, **{**ALL, **options})
    assert sentence in result["msg"]
    assert PASSWORD not in result["msg"]
    assert "short" not in result["msg"]
    assert newest_elasticsearch.writes == 0


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (
            {"roles": {"a": {"indeces": []}}},
            "The role 'a' has indeces, which Elasticsearch does not know. Use cluster,",
        ),
        ({"roles": {"a": {"indices": READ}}}, "The role 'a' has indices that is no list of mappings with names and"),
        ({"roles": {"a": {"indices": [{"names": "logs-*"}]}}}, "The role 'a' has an entry in indices that lacks priv"),
        ({"roles": {"a": {"applications": [{}]}}}, "that lacks application, privileges, resources."),
        ({"users": {"a": {"full_name": "A"}}}, "The user 'a' needs roles, a list that may be empty."),
        ({"users": {"a": {"role": []}}}, "The user 'a' has role, which Elasticsearch does not know. Use roles,"),
        ({"role_mappings": {"a": {"roles": ["b"]}}}, "The role mapping 'a' lacks rules."),
        ({"role_mappings": {"a": {"rules": {"any": []}}}}, "The role mapping 'a' lacks roles, or role_templates."),
        ({"role_mappings": {"a": {"rule": {}}}}, "The role mapping 'a' has rule, which Elasticsearch does not know."),
    ],
)
def test_definitions_of_wrong_shape_are_refused_before_anything_is_asked(
    run_module: Run, given: dict[str, Any], sentence: str
) -> None:
    assert sentence in run_module(elasticsearch_security, **{"url": "http://127.0.0.1:1", **ALL, **given})["msg"]


def api_keys(path: Path, **changed: Any) -> dict[str, Any]:
    return {"api_keys": {"importer": {"path": str(path), "role_descriptors": {"reader": READER}, **changed}}}


def test_an_api_key_is_put_in_its_file_and_then_left_alone(
    security: Run, elasticsearch: Elasticsearch, tmp_path: Path
) -> None:
    path = tmp_path / "key"
    result = security(**api_keys(path))
    assert (result["created"], elasticsearch.writes) == (["API key 'importer'"], 1)
    assert path.stat().st_mode & 0o777 == 0o600
    assert elasticsearch.logs_in(f"ApiKey {path.read_text()}")
    assert path.read_text() not in json.dumps(result)
    result = security(**api_keys(path))
    assert (result["changed"], result["requests"], elasticsearch.writes) == (False, 2, 0)


def test_another_role_changes_an_api_key_in_place(security: Run, elasticsearch: Elasticsearch, tmp_path: Path) -> None:
    path = tmp_path / "key"
    security(**api_keys(path))
    text = path.read_text()
    changed = api_keys(path, role_descriptors={"reader": {"cluster": ["all"]}}, metadata={"for": "imports"})
    assert security(**changed)["updated"] == ["API key 'importer'"]
    assert path.read_text() == text
    assert security(**changed)["changed"] is False


def test_an_api_key_whose_file_is_lost_is_replaced_and_the_old_one_invalidated(
    security: Run, elasticsearch: Elasticsearch, tmp_path: Path
) -> None:
    path = tmp_path / "key"
    security(**api_keys(path))
    old = path.read_text()
    path.write_text("nonsense")
    assert security(**api_keys(path))["updated"] == ["API key 'importer'"]
    assert elasticsearch.logs_in(f"ApiKey {path.read_text()}")
    assert not elasticsearch.logs_in(f"ApiKey {old}")


def test_an_api_key_that_is_not_listed_is_invalidated(
    security: Run, elasticsearch: Elasticsearch, tmp_path: Path
) -> None:
    path = tmp_path / "key"
    security(**api_keys(path))
    security(**api_keys(tmp_path / "theirs"), owner="somebody")
    assert security(api_keys={}, prune=True)["deleted"] == ["API key 'importer'"]
    assert not elasticsearch.logs_in(f"ApiKey {path.read_text()}")
    assert elasticsearch.logs_in(f"ApiKey {(tmp_path / 'theirs').read_text()}")


def test_an_api_key_that_cannot_be_written_is_invalidated_again(
    run: Run, newest_elasticsearch: Elasticsearch, tmp_path: Path
) -> None:
    options = api_keys(tmp_path / "missing/key")
    result = run(newest_elasticsearch, elasticsearch_security, **options)
    assert "was created, but could not be written" in result["msg"]
    found = newest_elasticsearch.get("/_security/api_key?owner=true")["api_keys"]
    assert [one["name"] for one in found if not one["invalidated"]] == []


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"path": "key"}, "needs a path, absolute"),
        (None, "needs a path, absolute"),
        ({"path": "/k", "expiration": "7d", "renew_before": "1w"}, "would be renewed by each run"),
        ({"path": "/k", "renew_before": "soon"}, "must be a duration"),
    ],
)
def test_an_api_key_that_cannot_be_is_refused_before_anything_is_asked(
    run_module: Run, given: Any, sentence: str
) -> None:
    result = run_module(elasticsearch_security, url="http://127.0.0.1:1", api_keys={"importer": given})
    assert sentence in result["msg"]


def test_an_api_key_without_an_end_is_valid_for_ever() -> None:
    assert seconds_left({"expiration": 90_000}, now=60.0) == 30.0
    assert seconds_left({}) == float("inf")


def test_a_query_is_the_same_as_text_and_as_a_mapping() -> None:
    text, mapping = {**READ, "query": '{"match_all": {}}'}, {**READ, "query": {"match_all": {}}}
    assert role_normal({"indices": [text]}) == role_normal({"indices": [mapping]})
    assert role_normal({"indices": [{**READ, "query": "not JSON"}]})["indices"][0]["query"] == "not JSON"
