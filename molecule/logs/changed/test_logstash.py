"""Logstash restarts one host after the other for a renewed certificate, and for pipelines it does not restart."""

from __future__ import annotations

import pytest
import testinfra

testinfra_hosts = ["elasticsearch-1"]
LOGSTASHES = ("elasticsearch-1", "elasticsearch-2")
LETTERS = "/var/lib/logstash/dead_letter_queue"


def shown(host, name):
    return int(host.check_output(f"systemctl show --value --property={name}TimestampMonotonic logstash"))


def test_hosts_restarted_one_after_the_other():
    hosts = [testinfra.get_host(f"docker://{name}") for name in LOGSTASHES]
    ended, began = ([shown(host, name) for host in hosts] for name in ("InactiveEnter", "ExecMainStart"))
    first, second = sorted(range(len(hosts)), key=lambda number: ended[number])
    assert 0 < ended[first] < began[first] < ended[second] < began[second]


@pytest.mark.parametrize("name", LOGSTASHES)
def test_renewed_certificate_is_presented(name):
    host = testinfra.get_host(f"docker://{name}")
    folder = "/etc/vigil/certificates/logstash"
    pair = f"-cert {folder}/tls.crt -key {folder}/tls.key"
    shown = f"openssl s_client -connect localhost:5044 {pair} </dev/null 2>/dev/null | openssl x509 -noout -serial"
    assert host.check_output(shown) == host.check_output(f"openssl x509 -noout -serial -in {folder}/tls.crt")


@pytest.mark.parametrize("name", LOGSTASHES)
def test_changed_pipelines_are_read_without_a_restart(name):
    host = testinfra.get_host(f"docker://{name}")
    assert shown(host, "ExecMainStart") == int(host.check_output("cat /run/logstash-started"))


def test_repaired_document_has_arrived(documents):
    ((index, document),) = documents("refused-ferry", 1)
    assert (index, document["cargo"]) == ("logs-ferry-2026.02.01", {"tons": 3})


def test_document_that_is_refused_again_is_kept(host, documents):
    assert documents("refused-harbour", 0) == []
    kept = host.check_output(f"find {LETTERS} -type f -size +1c").splitlines()
    assert [path.rsplit("/", 2)[1] for path in kept] == ["replay"]


def test_pipeline_of_the_replay_has_ended(ask):
    pipelines = ask("http://127.0.0.1:9600/_node/stats/pipelines").json()["pipelines"]
    assert list(pipelines) == ["main"]
