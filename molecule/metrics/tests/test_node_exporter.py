"""A node_exporter that only its Prometheus reads, and whose hardening hides nothing of the host from it."""

from __future__ import annotations

import re

import pytest

testinfra_hosts = ["nodes"]
METRICS = "https://localhost:9100/metrics"
SERIES = re.compile(r"^(\w+(?:\{.*\})?) (\S+)$", re.MULTILINE)
# What a service cannot know of its own file systems: how much is left changes between two questions.
STEADY = ("node_filesystem_size_bytes", "node_filesystem_readonly", "node_filesystem_device_error", "node_uname_info")


def series(text: str) -> dict[str, float]:
    """Return the samples of an exposition by their series."""
    return {name: float(value) for name, value in SERIES.findall(text)}


@pytest.fixture
def hardened(ask):
    """Return what the service says."""
    return series(ask(METRICS, service="node_exporter").body)


@pytest.fixture
def unhardened(host):
    """Return what the same program says that root runs on the same host, without any hardening."""
    flags = "--web.listen-address=127.0.0.1:19100 --collector.systemd"
    flags += " --collector.textfile.directory=/var/lib/vigil/textfile"
    host.check_output(f"systemd-run --quiet --collect --unit=unhardened /opt/node_exporter/node_exporter {flags}")
    try:
        text = host.check_output(
            "curl -sS --retry 20 --retry-connrefused --retry-delay 1 http://127.0.0.1:19100/metrics"
        )
    finally:
        host.check_output("systemctl stop unhardened")
    return series(text)


@pytest.fixture
def later_mount(host):
    """Mount a file system while the service runs, read-only."""
    host.check_output("mkdir -p /srv/later && mount -t tmpfs -o size=1m,ro later /srv/later")
    yield "/srv/later"
    host.check_output("umount /srv/later && rmdir /srv/later")


@pytest.mark.restart
def test_it_answers_its_own_certificate(ask):
    assert ask(METRICS, service="node_exporter").status == 200


@pytest.mark.restart
def test_every_collector_that_works_without_hardening_works_with_it(hardened, unhardened):
    collectors = [name for name in unhardened if name.startswith("node_scrape_collector_success")]
    assert len(collectors) > 40
    assert [name for name in collectors if hardened.get(name) != unhardened[name]] == []


@pytest.mark.restart
def test_it_says_of_file_systems_what_an_unhardened_one_says(later_mount, hardened, unhardened):
    steady = {name: value for name, value in unhardened.items() if name.startswith(STEADY)}
    assert {name: hardened.get(name) for name in steady} == steady
    mounts = {
        re.search('mountpoint="([^"]*)"', name)[1]: value for name, value in hardened.items() if "_readonly{" in name
    }
    assert mounts["/home"] == 0
    assert mounts[later_mount] == 1


@pytest.mark.restart
def test_it_sees_the_units_of_systemd(hardened):
    assert hardened['node_systemd_unit_state{name="node_exporter.service",state="active",type="exec"}'] == 1


def test_it_reads_what_others_leave_in_files(hardened):
    told = {name: value for name, value in hardened.items() if "vigil_certificate_not_after" in name}
    (expiry,) = [value for name, value in told.items() if 'service="node_exporter"' in name]
    assert expiry > 1_700_000_000
    deployed = {name: value for name, value in hardened.items() if "vigil_deployment_timestamp_seconds" in name}
    (at,) = [value for name, value in deployed.items() if 'service="node_exporter"' in name]
    assert expiry > at > 1_700_000_000


def test_asking_for_its_health_leaves_no_error_in_the_journal(host):
    assert "broken pipe" not in host.check_output("journalctl --unit node_exporter --output cat")
