"""Renewed certificates and changed roles reach nodes that keep running."""

from __future__ import annotations

import time

import pytest

testinfra_hosts = ["elasticsearch-1", "elasticsearch-2", "elasticsearch-3"]


def test_nodes_have_not_restarted(host):
    shown = host.check_output("systemctl show --value --property=ExecMainStartTimestampMonotonic elasticsearch")
    assert shown == host.check_output("cat /run/started")


@pytest.mark.parametrize("port", [9200, 9300])
def test_renewed_certificate_is_presented(host, port):
    renewed = host.check_output("openssl x509 -noout -serial -in /etc/elasticsearch/tls/tls.crt")
    assert renewed != host.check_output("cat /run/serial")
    shown = f"openssl s_client -connect localhost:{port} </dev/null 2>/dev/null | openssl x509 -noout -serial"
    eventually(lambda: host.check_output(shown), renewed)


def test_changed_role_has_its_effect(ask, secrets):
    password = secrets["elasticsearch_passwords"]["grafana"]
    url = "https://localhost:9200/_cluster/health"
    eventually(lambda: ask(url, user="grafana", password=password).status, 403)


def eventually(seen, wanted, seconds=30):
    """Ask again and again until the answer is the wanted one."""
    deadline = time.monotonic() + seconds
    while (answer := seen()) != wanted and time.monotonic() < deadline:
        time.sleep(0.5)
    assert answer == wanted
