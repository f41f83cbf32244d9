"""A cluster that formed once, speaks TLS on both ports, and in which each user may do what it needs and no more."""

from __future__ import annotations

import shlex
import uuid

import pytest
import testinfra

testinfra_hosts = ["elasticsearch-1"]
NODES = ("elasticsearch-1", "elasticsearch-2", "elasticsearch-3")


@pytest.fixture
def document(request_as):
    """Return the path of a document in an index of logs, which is removed after the test."""
    index = f"/logs-{uuid.uuid4().hex}"
    created = request_as("writer", "PUT", f"{index}/_create/1?refresh=true", {"message": "an order"})
    assert created.status == 201
    yield f"{index}/_doc/1"
    assert request_as("admin", "DELETE", index).status == 200


@pytest.mark.restart
def test_all_nodes_are_in_one_green_cluster(request_as):
    path = "/_cluster/health?wait_for_status=green&wait_for_nodes=3&timeout=9s"
    # After a restart of all hosts at once, copies recover, for about a minute on a busy machine.
    assert any(request_as("exporter", "GET", path).json()["status"] == "green" for _try in range(7))
    answers = [request_as("exporter", "GET", path, node=node) for node in NODES]
    found = [(one.json()["cluster_name"], one.json()["status"], one.json()["number_of_nodes"]) for one in answers]
    assert found == [("harbour", "green", 3)] * 3


def test_formed_cluster_is_never_formed_again(host):
    assert host.run("grep -r initial_master_nodes /etc/elasticsearch/").rc == 1


def test_heap_is_that_of_the_inventory(request_as):
    nodes = request_as("exporter", "GET", "/_nodes/jvm?filter_path=nodes.*.jvm.mem.heap_max_in_bytes").json()["nodes"]
    assert [node["jvm"]["mem"]["heap_max_in_bytes"] for node in nodes.values()] == [512 * 2**20] * 3


@pytest.mark.parametrize(
    ("user", "method", "path", "body", "status"),
    [
        ("writer", "POST", "/logs-{}/_doc", {"message": "an order"}, 201),
        ("writer", "PUT", "/{}/_create/2", {"message": "an order"}, 403),
        ("writer", "GET", "{document}", None, 403),
        ("writer", "PUT", "{document}", {"message": "another"}, 403),
        ("writer", "DELETE", "{document}", None, 403),
        ("writer", "DELETE", "{index}", None, 403),
        ("grafana", "GET", "{document}", None, 200),
        ("grafana", "POST", "{index}/_doc", {"message": "an order"}, 403),
        ("grafana", "GET", "/_security/user", None, 403),
        ("analysis", "GET", "{index}/_search", None, 200),
        ("analysis", "DELETE", "{document}", None, 403),
        ("analysis", "PUT", "/_cluster/settings", {"persistent": {"cluster.max_shards_per_node": 900}}, 403),
        ("exporter", "GET", "{index}/_stats", None, 200),
        ("exporter", "GET", "{document}", None, 403),
        ("exporter", "PUT", "/_cluster/settings", {"persistent": {"cluster.max_shards_per_node": 900}}, 403),
        ("jaeger", "GET", "{document}", None, 403),
        ("jaeger", "DELETE", "{index}", None, 403),
        ("jaeger", "PUT", "/_cluster/settings", {"persistent": {"cluster.max_shards_per_node": 900}}, 403),
        ("admin", "GET", "/_security/user", None, 200),
    ],
)
def test_users_may_do_what_they_need_and_no_more(request_as, document, user, method, path, body, status):
    place = path.replace("{document}", document).replace("{index}", document.removesuffix("/_doc/1"))
    answer = request_as(user, method, place.replace("{}", document.split("-", 1)[1].split("/")[0]), body)
    assert answer.status == status, answer


def test_jaeger_stores_reads_and_deletes_its_own_indices(request_as):
    index = f"/jaeger-{uuid.uuid4().hex}"
    template = {"index_patterns": [f"{index[1:]}-*"]}
    steps = [
        ("POST", f"{index}/_doc?refresh=true", {"operationName": "an order"}),
        ("GET", f"{index}/_search", None),
        ("GET", "/_resolve/index/jaeger-*", None),
        ("DELETE", index, None),
        ("PUT", f"/_index_template{index}", template),
        ("DELETE", f"/_index_template{index}", None),
    ]
    try:
        assert [request_as("jaeger", *step).status for step in steps] == [201, 200, 200, 200, 200, 403]
    finally:
        assert request_as("admin", "DELETE", f"/_index_template{index}").status == 200


@pytest.mark.restart
@pytest.mark.parametrize(("user", "password"), [("admin", "not the password"), ("elastic", "changeme"), ("", "")])
def test_nobody_else_is_known(ask, user, password):
    assert ask("https://elasticsearch-1:9200/", user=user, password=password).status == 401


@pytest.mark.parametrize("service", ["elasticsearch", "node_exporter"])
def test_only_nodes_are_admitted_to_the_transport_port(service):
    folder = f"/etc/vigil/certificates/{service}"
    command = [
        "openssl", "s_client", "-connect", "elasticsearch-1:9300", "-cert", f"{folder}/tls.crt", "-key",
        f"{folder}/tls.key", "-CAfile", "/etc/vigil/certificates/authorities.crt",
    ]  # fmt: skip
    # Held open for a second: a server of TLS 1.3 refuses a certificate only after the handshake.
    done = testinfra.get_host("docker://elasticsearch-3").run(f"sleep 1 | {shlex.join(command)}")
    assert ("alert" in done.stderr + done.stdout) == (service == "node_exporter")
