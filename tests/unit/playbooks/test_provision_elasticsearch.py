# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the playbook provision_elasticsearch makes of a cluster, and what becomes of the guide's lines there."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.vigil.observability.plugins.module_utils._http import session
from ansible_collections.vigil.observability.tests.unit.playbooks.expressions import printed
from ansible_collections.vigil.observability.tests.unit.plugins.elasticsearch import (
    LOGIN,
    Elasticsearch,
    elasticsearch,
    newest_elasticsearch,
)

__all__ = ["elasticsearch", "newest_elasticsearch"]

COLLECTION = Path(session.__file__).parents[3]
PLAYBOOKS = COLLECTION / "playbooks"
HERE = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
NODES = ("search1", "search2", "search3")
# As upstream's own template of that name.
UPSTREAM = {
    "index_patterns": ["logs-*-*"],
    "data_stream": {},
    "priority": 100,
    "template": {"mappings": {"dynamic": False}},
}
INDEX = "logs-shop-2026.01.31"
LINES: list[dict[str, Any]] = [
    {"eventType": "payment_failed", "metadata": {"cart": {"items": 3}}, "businessContext": {"domain": "sales"}},
    {"operation": "checkout", "durationMs": "1200.5", "metadata": "any text"},
    {"securityEventType": "login", "severity": "high", "sourceIp": "not an address", "result": "denied"},
    {"transactionId": "t1", "result": {"status": "ok"}, "error": {"name": "CardError", "stack": "at card.ts:7"}},
    {"level": "ERROR", "errorName": "CardError", "httpStatus": 502, "context": {"inputData": [1, "two"]}},
    {f"unknown{number}": number for number in range(120)},
]

Play = Callable[..., str]


@pytest.fixture
def play(tmp_path: Path) -> Play:
    """A function that runs tasks on search1 with the variables of the playbook, and returns what Ansible prints."""

    def run(tasks: list[dict[str, Any]], url: str = "", roles: tuple[str, ...] = (), **inputs: Any) -> str:
        nodes = dict(zip(NODES, roles or [""], strict=False))
        said = {name: {"elasticsearch_node_roles": [role] if role else []} for name, role in nodes.items()}
        hosts = {name: {**HERE, **said[name], **inputs} for name in nodes}
        inventory = {"all": {"children": {"elasticsearch": {"hosts": hosts}}}}
        (tmp_path / "hosts.yml").write_text(json.dumps(inventory))
        targets = [{"host": name, "address": f"{name}:9200"} for name in reversed(hosts)]
        playing = {
            "hosts": "search1",
            "gather_facts": False,
            "vars_files": [
                str(PLAYBOOKS / "vars" / name) for name in ("log_fields.yml", "provision_elasticsearch.yml")
            ],
            "vars": {"metrics_targets": {"elasticsearch": targets}},
            "module_defaults": {"group/vigil.observability.elasticsearch": {"url": url, **LOGIN}},
            "tasks": tasks,
        }
        (tmp_path / "play.yml").write_text(json.dumps([playing]))
        return _played(tmp_path)

    return run


def _played(folder: Path) -> str:
    collections = next(parent for parent in COLLECTION.parents if parent.name == "ansible_collections").parent
    settings = {**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(collections), "ANSIBLE_NOCOLOR": "true"}
    program = str(Path(sys.executable).with_name("ansible-playbook"))
    command = [program, "-i", "hosts.yml", "play.yml"]
    done = subprocess.run(command, cwd=folder, env=settings, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


PROVISION = [{"ansible.builtin.import_tasks": str(PLAYBOOKS / "tasks/provision_elasticsearch.yml")}]


def test_what_is_provisioned_costs_six_requests_once_it_is_there(play: Play, elasticsearch: Elasticsearch) -> None:
    inputs = {
        "elasticsearch_version": elasticsearch.release,
        "provision_snapshot_repository": {"type": "fs", "settings": {"location": "provisioned"}},
        "provision_log_retention_days": 14,
        "provision_cluster_settings": {"cluster.max_shards_per_node": 500},
        "provision_log_fields": {"cart": {"properties": {"total": {"type": "double"}}}},
    }
    assert "changed=4 " in play(PROVISION, elasticsearch.url, **inputs)
    assert elasticsearch.writes == 5
    kept = elasticsearch.get("/_ilm/policy/vigil-logs")["vigil-logs"]["policy"]
    assert kept["phases"]["delete"]["min_age"] == "14d"
    elasticsearch.forget()
    assert "changed=0 " in play(PROVISION, elasticsearch.url, **inputs)
    assert (len(elasticsearch.asked), elasticsearch.writes) == (6, 0)
    # What is no longer in the inventory is removed.
    assert "changed=4 " in play(PROVISION, elasticsearch.url, elasticsearch_version=elasticsearch.release)
    assert elasticsearch.get("/_snapshot") == elasticsearch.get("/_slm/policy") == {}


def test_lines_of_the_guide_get_their_types_under_the_template_of_upstream(
    play: Play, newest_elasticsearch: Elasticsearch
) -> None:
    newest_elasticsearch.ask("PUT", "/_index_template/logs", UPSTREAM)
    play(PROVISION, newest_elasticsearch.url, provision_log_field_limit=100)
    for number, line in enumerate(LINES):
        document = {"@timestamp": "2026-01-31T08:00:00Z", "service": "shop", "message": "a line", **line}
        created = newest_elasticsearch.ask("PUT", f"/{INDEX}/_create/{number}?refresh=true", document)
        # The index of a data stream would have another name.
        assert (created.get("_index"), created.get("result")) == (INDEX, "created"), created
    question = {
        "query": {"range": {"durationMs": {"gt": 1200}}},
        "aggs": {"names": {"terms": {"field": "errorName.keyword"}}},
    }
    answer = newest_elasticsearch.ask("POST", f"/{INDEX}/_search", {**question, "size": 9})
    assert [hit["_source"]["operation"] for hit in answer["hits"]["hits"]] == ["checkout"]
    question = {"query": {"match_all": {}}, "aggs": {"services": {"terms": {"field": "service.keyword"}}}}
    answer = newest_elasticsearch.ask("POST", f"/{INDEX}/_search", {**question, "size": 9, "sort": ["_doc"]})
    assert answer["aggregations"]["services"]["buckets"] == [{"key": "shop", "doc_count": len(LINES)}]
    found = [
        {**hit["_source"], **dict.fromkeys(("@timestamp", "service", "message"))} for hit in answer["hits"]["hits"]
    ]
    assert found == [{**line, **dict.fromkeys(("@timestamp", "service", "message"))} for line in LINES]
    settings = newest_elasticsearch.get(f"/{INDEX}/_settings?flat_settings=true")[INDEX]["settings"]
    assert (settings["index.lifecycle.name"], settings["index.number_of_replicas"]) == ("vigil-logs", "0")
    newest_elasticsearch.ask("DELETE", f"/{INDEX}")


def test_data_streams_keep_the_template_of_upstream(play: Play, newest_elasticsearch: Elasticsearch) -> None:
    newest_elasticsearch.ask("PUT", "/_index_template/logs", UPSTREAM)
    play(PROVISION, newest_elasticsearch.url)
    simulated = "/_index_template/_simulate_index"
    ours = newest_elasticsearch.ask("POST", f"{simulated}/{INDEX}")
    assert ours["overlapping"] == [{"name": "logs", "index_patterns": ["logs-*-*"]}]
    theirs = newest_elasticsearch.ask("POST", f"{simulated}/logs-nginx.access-default")
    assert theirs["template"]["mappings"]["dynamic"] == "false"


@pytest.mark.parametrize(
    ("roles", "inputs", "replicas"),
    [
        (("",), {}, 0),
        (("", "", ""), {}, 1),
        (("master", "data", "data_hot"), {}, 0),
        (("master", "data", "data_content"), {}, 1),
        (("", "", ""), {"provision_log_replicas": 2}, 2),
    ],
)
def test_replicas_follow_the_nodes_that_hold_data(
    play: Play, roles: tuple[str, ...], inputs: dict[str, Any], replicas: int
) -> None:
    message = "{{ [provision_log_template.template.settings.number_of_replicas, provision_log_urls] | to_json }}"
    (made,) = printed(play([{"ansible.builtin.debug": {"msg": message}}], roles=roles, **inputs))
    hosts = NODES[: len(roles)]
    urls = [f"https://{name}:9200" for name in ("search1", *reversed(hosts[1:]))]
    assert json.loads(made) == [replicas, urls]


def test_fields_beyond_the_limit_are_ignored_by_releases_that_can(play: Play) -> None:
    name = "mapping.total_fields.ignore_dynamic_beyond_limit"
    message = f"{{{{ provision_log_template.template.settings['{name}'] | default('none') | string }}}}"
    tasks = [
        {"ansible.builtin.debug": {"msg": message}, "vars": {"elasticsearch_version": version}}
        for version in ("8.9.0", "8.19.20", "")
    ]
    assert printed(play(tasks)) == ["none", "True", "True"]
