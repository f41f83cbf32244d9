"""The proxy by which the bench counts."""

from __future__ import annotations

from ansible_collections.vigil.observability.plugins.module_utils._http.session import Endpoint, Session
from ansible_collections.vigil.observability.tests.servers.counting_proxy import counting_proxy
from ansible_collections.vigil.observability.tests.unit.conftest import Grafana


def test_requests_connections_and_the_time_of_the_server_are_counted(grafana: Grafana) -> None:
    with counting_proxy(int(grafana.url.rpartition(":")[2])) as proxy:
        asked = Session(Endpoint(proxy.url, "admin", "admin"))
        body = {"uid": "a", "title": "A"}
        assert asked.request("POST", "/api/folders", body=body).json()["uid"] == "a"
        assert asked.request("GET", "/api/folders/nope").status == 404
        asked.close()
        counts = proxy.take()
        assert (counts.requests, counts.connections, dict(counts.methods)) == (2, 1, {"POST": 1, "GET": 1})
        assert 0 < counts.server_seconds < 5
        assert proxy.take().requests == 0
    assert grafana.connections == 1
