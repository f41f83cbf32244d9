"""A prober that only its Prometheus asks, and whose hardening keeps it from no probe."""

from __future__ import annotations

import email.utils
import re

import pytest

testinfra_hosts = ["probers"]
SERIES = re.compile(r"^(\w+)(?:\{.*\})? (\S+)$", re.MULTILINE)


@pytest.fixture
def probe(ask):
    """Return a function that has a target probed, and returns the samples by name."""

    def probed(module: str, target: str) -> dict[str, float]:
        answer = ask(f"https://localhost:9115/probe?module={module}&target={target}", service="blackbox_exporter")
        assert answer.status == 200, answer
        return {name: float(value) for name, value in SERIES.findall(answer.body)}

    return probed


@pytest.fixture
def website(host):
    """Run a web server on the host, and return its address."""
    host.check_output("systemd-run --quiet --collect --unit=website python3 -m http.server --bind 127.0.0.1 8099")
    host.check_output("curl -s --retry 20 --retry-connrefused --retry-delay 1 -o /dev/null http://127.0.0.1:8099/")
    yield "127.0.0.1:8099"
    host.check_output("systemctl stop website")


@pytest.fixture
def out_of_reach(host):
    """Let no packet get to an address, and return it."""
    host.check_output("ip route add unreachable 192.0.2.1")
    yield "192.0.2.1"
    host.check_output("ip route del unreachable 192.0.2.1")


@pytest.mark.restart
def test_only_its_clients_are_served(ask):
    url = "https://localhost:9115/metrics"
    services = ("blackbox_exporter", "outsider", "node_exporter", "")
    assert {service: ask(url, service=service).status for service in services} == {
        "blackbox_exporter": 200,
        "outsider": 200,
        "node_exporter": 0,
        "": 0,
    }


def test_a_page_that_is_there_is_a_success(probe, website):
    found = probe("http_2xx", f"http://{website}/")
    assert (found["probe_success"], found["probe_http_status_code"]) == (1, 200)


def test_a_module_with_a_password_in_a_file_can_read_it(probe, website):
    assert probe("shop", f"http://{website}/")["probe_success"] == 1


def test_a_page_that_is_missing_is_a_failure_with_its_status(probe, website):
    found = probe("http_2xx", f"http://{website}/missing")
    assert (found["probe_success"], found["probe_http_status_code"]) == (0, 404)


@pytest.mark.parametrize(("module", "target"), [("http_2xx", "http://127.0.0.1:1/"), ("tcp_connect", "127.0.0.1:1")])
def test_a_closed_port_is_a_failure(probe, module, target):
    assert probe(module, target)["probe_success"] == 0


def test_an_open_port_is_a_success(probe, website):
    assert probe("tcp_connect", website)["probe_success"] == 1


# Itself, and another host of the test network.
@pytest.mark.parametrize("target", ["127.0.0.1", "archives"])
@pytest.mark.restart
def test_hosts_can_be_pinged_where_the_kernel_lets_nobody_ping(host, probe, target):
    assert host.check_output("cat /proc/sys/net/ipv4/ping_group_range").split() == ["1", "0"]
    assert probe("icmp", target)["probe_success"] == 1


def test_a_host_out_of_reach_is_a_failed_ping(probe, out_of_reach):
    assert probe("icmp", out_of_reach)["probe_success"] == 0


def test_a_module_of_the_inventory_tells_when_a_certificate_expires(host, probe):
    found = probe("ours", "localhost:9115")
    end = host.check_output("openssl x509 -noout -enddate -in /etc/vigil/certificates/blackbox_exporter/tls.crt")
    expiry = email.utils.parsedate_to_datetime(
        re.sub(r"notAfter=(\w+) +(\d+) (\S+) (\d+) GMT", r"\2 \1 \4 \3 +0000", end)
    )
    assert found["probe_success"] == 1
    assert found["probe_ssl_earliest_cert_expiry"] == expiry.timestamp()
