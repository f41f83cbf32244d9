"""Modules reach the cluster although the first address is dead, and a refused repository leaves nothing behind."""

from __future__ import annotations

import pytest

testinfra_hosts = ["elasticsearch-1"]


@pytest.mark.parametrize(
    "path",
    [
        "/_component_template/shop-fields",
        "/_index_template/shop",
        "/_ilm/policy/shop",
        "/_ingest/pipeline/who",
        "/_security/role/shop-reader",
        "/_security/user/shop",
    ],
)
def test_what_modules_made_is_there(request_as, path):
    assert request_as("admin", "GET", path).status == 200


def test_repository_that_a_node_lacks_is_not_registered(request_as):
    assert request_as("admin", "GET", "/_snapshot").json() == {}
