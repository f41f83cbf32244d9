"""elasticsearch_exporter logs in to the node of its host, and reports a cluster that is down."""

from __future__ import annotations

import pytest

testinfra_hosts = ["stack-1"]
JOB = 'job="elasticsearch_exporter"'


@pytest.fixture
def collectors(prometheus):
    """Return a function that returns which collectors of the exporter succeed, according to Prometheus."""

    def state():
        found = prometheus("query", query=f"elasticsearch_scrape_success{{{JOB}}}")["result"]
        return {one["metric"]["collector"]: one["value"][1] for one in found}

    return state


@pytest.mark.restart
def test_the_user_of_the_exporter_may_read_all_that_it_asks_for(collectors, eventually):
    eventually(collectors, {"cluster-info": "1", "clustersettings": "1", "snapshots": "1"})


def test_the_cluster_and_its_nodes_are_told_by_name(prometheus, eventually):
    def nodes():
        found = prometheus("query", query=f'elasticsearch_jvm_memory_max_bytes{{{JOB},area="heap"}}')["result"]
        return [(one["metric"]["cluster"], one["metric"]["name"], one["value"][1]) for one in found]

    eventually(nodes, [("logs", "stack-1", str(512 * 2**20))])


def test_the_password_is_nowhere_but_in_the_files_of_the_service(host, secrets):
    password = secrets["elasticsearch_passwords"]["exporter"]
    with host.sudo():
        assert password in host.file("/etc/elasticsearch_exporter/secrets/environment").content_string
    for shown in ("ps axww -o args=", "systemctl show elasticsearch_exporter", "journalctl --no-pager"):
        assert password not in host.check_output(shown)


def test_a_cluster_that_is_down_is_told_by_an_exporter_that_is_up(host, prometheus, collectors, eventually):
    def pending():
        found = prometheus("query", query='ALERTS{alertname="ElasticsearchUnreachable"}')["result"]
        return [one["metric"]["alertstate"] for one in found]

    try:
        host.check_output("systemctl stop elasticsearch")
        eventually(collectors, {"cluster-info": "0", "clustersettings": "0", "snapshots": "0"})
        eventually(pending, ["pending"])
    finally:
        host.check_output("systemctl start elasticsearch")
    eventually(collectors, {"cluster-info": "1", "clustersettings": "1", "snapshots": "1"})
