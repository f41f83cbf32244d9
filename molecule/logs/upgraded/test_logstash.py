"""A newer Logstash, which has what its predecessor kept."""

from __future__ import annotations

import pytest

testinfra_hosts = ["elasticsearch-1", "elasticsearch-2"]


def test_new_release_runs(ask, newer):
    assert ask("http://127.0.0.1:9600/").json()["version"] == newer["logstash"]


@pytest.mark.parametrize("logstash", ["elasticsearch-1", "elasticsearch-2"])
def test_lines_arrive(send, documents, logstash, host):
    run = f"upgraded-{host.backend.get_hostname()}-{logstash}"
    send([{"service": "shop", "correlationId": run}], logstash)
    assert [index for index, _document in documents(run, 1)] == ["logs-shop-2026.02.01"]
