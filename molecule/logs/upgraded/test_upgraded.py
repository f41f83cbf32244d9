"""A change and an upgrade of a cluster that is written to and read from, after a run that was killed.

Then, with the same load, the node that formed the cluster is removed, and its host set up anew and added.
"""

from __future__ import annotations

import json

import pytest
import testinfra

testinfra_hosts = ["elasticsearch-3"]
MARKS = ("cluster.metadata.vigil_changes", "cluster.metadata.vigil_drains")


@pytest.fixture
def admin(ask, secrets):
    """Return a function that asks the cluster as its administrator."""

    def asked(path, *options):
        password = secrets["elasticsearch_passwords"]["admin"]
        answer = ask(f"https://elasticsearch-3:9200{path}", *options, user="admin", password=password)
        assert answer.status == 200, answer
        return answer.json()

    return asked


@pytest.fixture
def load(host):
    """Return what became of the requests that were made during the change and the upgrade."""
    return json.loads(host.check_output("cat /run/load-output.json"))


def test_every_node_runs_the_new_release(admin, newer):
    nodes = admin("/_cat/nodes?format=json&h=name,version")
    assert {node["name"]: node["version"] for node in nodes} == {
        f"elasticsearch-{number}": newer["elasticsearch"] for number in (1, 2, 3)
    }


def test_no_request_failed(load):
    print({who: (load[who]["requests"], load[who]["retries"], load[who]["why"]) for who in ("writer", "reader")})
    assert load["writer"]["failed"] + load["reader"]["failed"] == []
    assert min(load["writer"]["requests"], load["reader"]["requests"]) > 300


def test_every_acknowledged_document_is_there(load, admin):
    admin("/logs-load_*/_refresh", "-X", "POST")
    found = admin("/logs-load_*/_search?size=10000&_source=false&filter_path=hits.hits._id,hits.hits._index")["hits"]
    there = {f"/{one['_index']}/_create/{one['_id']}" for one in found["hits"]}
    assert set(load["written"]) - there == set()
    assert len(load["written"]) > 300


@pytest.mark.parametrize("node", ["elasticsearch-2", "elasticsearch-3"])
def test_node_has_not_restarted_when_another_one_was_removed_and_added(node):
    host = testinfra.get_host(f"docker://{node}")
    shown = host.check_output("systemctl show --value --property=ExecMainStartTimestampMonotonic elasticsearch")
    assert shown == host.check_output("cat /run/started")


def test_no_setting_is_left_and_the_cluster_is_green(admin):
    settings = admin("/_cluster/settings?flat_settings=true")["persistent"]
    assert [name for name in settings if name.startswith(("cluster.routing.", *MARKS))] == []
    health = admin("/_cluster/health?wait_for_status=green&timeout=9s")
    assert (health["status"], health["number_of_nodes"]) == ("green", 3)
