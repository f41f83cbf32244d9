# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which shards would be lost with a node."""

from __future__ import annotations

import pytest

from ansible_collections.vigil.observability.plugins.module_utils._elasticsearch.client import elasticsearch_api
from ansible_collections.vigil.observability.plugins.module_utils._elasticsearch.copies import lost_without
from ansible_collections.vigil.observability.plugins.module_utils._http.session import Endpoint, Session
from ansible_collections.vigil.observability.tests.unit.plugins.elasticsearch import replaying

PATH = "/_cat/shards?format=json&bytes=b&h=index,shard,prirep,state,node,store"
MOVING = "search1 -> 10.0.0.2 q6hT5lUrSbWKJ5mBzQq1dA search2"


@pytest.mark.parametrize(
    ("copies", "lost"),
    [
        ([("STARTED", "search1"), ("STARTED", "search2")], []),
        ([("STARTED", "search1"), ("STARTED", "search3")], ["logs-shop[0]"]),
        ([("STARTED", "search1"), ("UNASSIGNED", None)], ["logs-shop[0]"]),
        ([("STARTED", "search2"), ("UNASSIGNED", None)], []),
        ([("STARTED", "search1"), ("INITIALIZING", "search2")], ["logs-shop[0]"]),
        ([("RELOCATING", MOVING)], ["logs-shop[0]"]),
        ([("RELOCATING", MOVING.replace("search1", "search4"))], []),
        ([("UNASSIGNED", None), ("UNASSIGNED", None)], ["logs-shop[0]"]),
    ],
)
def test_shard_is_lost_where_no_other_node_has_a_whole_copy(
    copies: list[tuple[str, str | None]], lost: list[str]
) -> None:
    rows = [{"index": "logs-shop", "shard": "0", "state": state, "node": node} for state, node in copies]
    rows.append({"index": "logs-web", "shard": "1", "state": "STARTED", "node": "search2"})
    asked = {"method": "GET", "path": PATH, "body": None, "status": 200, "answer": rows}
    with replaying([asked]) as cluster:
        api = elasticsearch_api(Session(Endpoint(cluster.url, username="admin", password="a-password")))
        assert lost_without(api, ["search1", "search3"]) == lost
        api.session.close()
