"""What the inventory provisions in the cluster, and that only its administrator may change it."""

from __future__ import annotations

import pytest

testinfra_hosts = ["elasticsearch-2"]
INDEX = "logs-shop-2026.01.31"


@pytest.fixture
def line(request_as):
    """Have the first line of a day, which is removed after the test."""
    created = request_as(
        "writer", "PUT", f"/{INDEX}/_create/1?refresh=true", {"service": "shop", "sourceIp": "unknown", "amount": 3}
    )
    assert created.status == 201
    yield
    assert request_as("admin", "DELETE", f"/{INDEX}").status == 200


@pytest.mark.usefixtures("line")
def test_first_line_of_a_day_gets_the_fields_of_the_inventory(request_as):
    (hit,) = request_as("analysis", "GET", f"/{INDEX}/_search").json()["hits"]["hits"]
    assert (hit["_ignored"], hit["_source"]["sourceIp"]) == (["sourceIp"], "unknown")
    fields = request_as("analysis", "GET", f"/{INDEX}/_mapping").json()[INDEX]["mappings"]["properties"]
    assert [fields[name]["type"] for name in ("service", "amount")] == ["keyword", "double"]
    settings = request_as("analysis", "GET", f"/{INDEX}/_settings?flat_settings=true").json()[INDEX]["settings"]
    assert (settings["index.lifecycle.name"], settings["index.number_of_replicas"]) == ("vigil-logs", "1")


@pytest.mark.restart
def test_retention_is_that_of_the_inventory(request_as):
    policy = request_as("admin", "GET", "/_ilm/policy/vigil-logs").json()["vigil-logs"]["policy"]
    assert policy["phases"]["delete"]["min_age"] == "14d"


@pytest.mark.usefixtures("line")
@pytest.mark.parametrize("user", ["writer", "grafana", "analysis", "exporter"])
@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PUT", "/_index_template/vigil-logs", {"index_patterns": ["logs-*"]}),
        ("DELETE", "/_ilm/policy/vigil-logs", None),
        ("PUT", "/_snapshot/theirs", {"type": "fs", "settings": {"location": "/srv/snapshots"}}),
        ("PUT", "/_cluster/settings", {"persistent": {"cluster.max_shards_per_node": 900}}),
        ("PUT", "/_security/user/kim", {"password": "long-enough", "roles": ["superuser"]}),
        ("PUT", f"/{INDEX}/_settings", {"index.blocks.write": True}),
        ("DELETE", f"/{INDEX}", None),
    ],
)
def test_nobody_but_the_administrator_may_change_what_is_provisioned(request_as, user, method, path, body):
    assert request_as(user, method, path, body).status == 403


def test_not_even_the_administrator_writes_what_elasticsearch_keeps_of_users(request_as):
    assert request_as("admin", "PUT", "/.security-7/_doc/1", {"type": "user"}).status == 403
