from __future__ import annotations

testinfra_hosts = ["nodes"]


def test_the_release_and_the_option_asked_for_are_what_runs(host, ask):
    body = ask("https://localhost:9100/metrics", service="node_exporter").body
    assert 'version="1.9.0"' in next(line for line in body.splitlines() if line.startswith("node_exporter_build_info{"))
    units = {
        line.split('name="')[1].split('"')[0]
        for line in body.splitlines()
        if line.startswith("node_systemd_unit_state{")
    }
    assert units == {"node_exporter.service"}
    assert host.file("/opt/node_exporter").linked_to.startswith("/opt/vigil/node_exporter/1.9.0-")
