# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible_collections.vigil.observability.plugins.modules import elasticsearch_snapshots
from ansible_collections.vigil.observability.tests.unit.plugins.elasticsearch import Elasticsearch, replaying

Run = Callable[..., dict[str, Any]]

BACKUP: dict[str, Any] = {
    "type": "fs",
    "settings": {"location": "backup", "compress": True, "max_restore_bytes_per_sec": "40MB"},
}
MARKED = {**BACKUP, "settings": {**BACKUP["settings"], "vigil": {"owner": "vigil.observability"}}}
FORMER = {**MARKED, "settings": {**MARKED["settings"], "location": "former"}}


def test_a_repository_is_made_and_then_left_alone(run: Run, elasticsearch: Elasticsearch) -> None:
    result = run(elasticsearch, elasticsearch_snapshots, repositories={"backup": BACKUP})
    assert (result["created"], result["requests"], elasticsearch.writes) == (["repository 'backup'"], 2, 1)
    again = {"type": "fs", "settings": {"location": "backup", "compress": "true", "max_restore_bytes_per_sec": "40mb"}}
    result = run(elasticsearch, elasticsearch_snapshots, repositories={"backup": again})
    assert (result["changed"], result["requests"], elasticsearch.writes) == (False, 1, 0)


def test_only_owned_repositories_are_pruned(run: Run, elasticsearch: Elasticsearch) -> None:
    elasticsearch.ask("PUT", "/_snapshot/by-hand", {"type": "fs", "settings": {"location": "by-hand"}})
    run(elasticsearch, elasticsearch_snapshots, repositories={"backup": BACKUP, "other": BACKUP})
    result = run(elasticsearch, elasticsearch_snapshots, repositories={"backup": BACKUP}, prune=True)
    assert result["deleted"] == ["repository 'other'"]
    assert sorted(elasticsearch.get("/_snapshot")) == ["backup", "by-hand"]


def test_a_place_that_no_node_may_use_is_refused_in_a_sentence(run: Run, elasticsearch: Elasticsearch) -> None:
    wrong = {"type": "fs", "settings": {"location": "/nowhere"}}
    result = run(elasticsearch, elasticsearch_snapshots, repositories={"backup": wrong})
    assert "Could not create the repository 'backup'" in result["msg"]
    assert "location [/nowhere] doesn't match any of the locations specified by path.repo" in result["msg"]
    assert elasticsearch.get("/_snapshot") == {}


def test_a_restored_snapshot_holds_the_same_documents(run: Run, elasticsearch: Elasticsearch) -> None:
    index, snapshot = "/logs-shop-2026.01.31", "/_snapshot/backup/one"

    def documents() -> list[dict[str, Any]]:
        hits = elasticsearch.ask("POST", f"{index}/_search", {"size": 9, "sort": ["number"]})["hits"]["hits"]
        return [{"id": hit["_id"], **hit["_source"]} for hit in hits]

    run(elasticsearch, elasticsearch_snapshots, repositories={"backup": BACKUP})
    for number in range(5):
        elasticsearch.ask("PUT", f"{index}/_create/{number}?refresh=true", {"number": number, "message": "an order"})
    before = documents()
    made = elasticsearch.ask("PUT", f"{snapshot}?wait_for_completion=true", {"indices": index[1:]})["snapshot"]
    elasticsearch.ask("DELETE", index)
    elasticsearch.ask("POST", f"{snapshot}/_restore?wait_for_completion=true", {"include_global_state": False})
    assert (made["state"], len(before)) == ("SUCCESS", 5)
    assert documents() == before
    for path in (index, snapshot):
        elasticsearch.ask("DELETE", path)


def refused(before: dict[str, Any], undo: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the exchanges of a change that a node cannot use: the cluster has it, and answers that it failed.

    Made by hand: a cluster of one node verifies a repository before it has it.
    """
    path = "/_snapshot/backup"
    trace = "org.elasticsearch.transport.RemoteTransportException: [search2][172.18.0.5:9300]"
    reason = f"[backup] [[iGcbiV9_TLmnEtMxKPE8mQ, '{trace}[internal:admin/repository/verify]']]"
    error = {"error": {"type": "repository_verification_exception", "reason": reason}, "status": 500}
    put = {"method": "PUT", "path": f"{path}?verify=true", "body": MARKED}
    read = {"method": "GET", "path": path, "body": None, "status": 200, "answer": {"backup": MARKED}}
    return [
        {**read, "path": "/_snapshot", "answer": before},
        {**put, "status": 500, "answer": error},
        read,
        {"method": "POST", "path": f"{path}/_verify", "body": None, "status": 500, "answer": error},
        read,
        {**undo, "status": 200, "answer": {"acknowledged": True}},
    ]


def test_a_new_repository_that_a_node_lacks_is_removed_again(run: Run) -> None:
    undo = {"method": "DELETE", "path": "/_snapshot/backup", "body": None}
    with replaying(refused({}, undo)) as cluster:
        result = run(cluster, elasticsearch_snapshots, repositories={"backup": BACKUP})
    where = result["msg"].partition("Could not create the repository 'backup': Elasticsearch at http://127.0.0.1:")[2]
    sentence = (
        " verified it, and search2 cannot use it. Each node has to reach the same place: mount the directory there, "
    )
    assert where[where.index(" ") :].startswith(sentence)
    assert "The repository is as it was before." in result["msg"]


def test_a_changed_repository_that_a_node_lacks_is_put_back(run: Run) -> None:
    undo = {"method": "PUT", "path": "/_snapshot/backup?verify=false", "body": FORMER}
    with replaying(refused({"backup": FORMER}, undo)) as cluster:
        result = run(cluster, elasticsearch_snapshots, repositories={"backup": BACKUP})
    assert "Could not update the repository 'backup'" in result["msg"]
    assert "The repository is as it was before." in result["msg"]


def test_a_repository_without_a_type_is_refused_before_anything_is_asked(run_module: Run) -> None:
    result = run_module(elasticsearch_snapshots, url="http://127.0.0.1:1", repositories={"backup": {"settings": {}}})
    assert "The repository 'backup' needs a type, such as fs" in result["msg"]
