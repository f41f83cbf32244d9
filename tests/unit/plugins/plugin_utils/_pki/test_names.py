# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.vigil.observability.plugins.module_utils._errors.sentence import OperatorError
from ansible_collections.vigil.observability.plugins.plugin_utils._pki.names import names_of

EVERYWHERE = {"DNS:localhost", "IP:127.0.0.1", "IP:::1"}


def test_names_say_service_and_host_and_how_to_reach_them() -> None:
    names = names_of("node_exporter", host="web1", address="192.0.2.7", extra=["web.example.org"])
    assert set(names) == EVERYWHERE | {
        "DNS:node-exporter.vigil.internal",
        "DNS:web.example.org",
        "DNS:web1",
        "IP:192.0.2.7",
        "URI:vigil://web1/node_exporter",
    }


def test_names_come_sorted_and_once() -> None:
    names = names_of("prometheus", host="web1", address="WEB1", extra=["localhost", "127.0.0.1", "web1"])
    assert names == sorted(set(names))
    assert len(names) == 6


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("2001:DB8::0:1", "IP:2001:db8::1"),
        ("[2001:db8::1]", "IP:2001:db8::1"),
        ("Web1.Example.org", "DNS:web1.example.org"),
        ("web_1", "DNS:web_1"),
    ],
)
def test_address_is_a_dns_name_or_an_ip_address(address: str, name: str) -> None:
    assert name in names_of("prometheus", host="web1", address=address)


@pytest.mark.parametrize(
    ("host", "uri", "dns"),
    [
        ("web1.example.org", "vigil://web1.example.org/prometheus", "DNS:web1.example.org"),
        ("192.0.2.7", "vigil://192.0.2.7/prometheus", "IP:192.0.2.7"),
        ("2001:db8::7", "vigil://[2001:db8::7]/prometheus", None),
        ("web~1", "vigil://web~1/prometheus", None),
    ],
)
def test_inventory_name_is_in_the_uri_and_a_name_when_dns_allows(host: str, uri: str, dns: str | None) -> None:
    names = names_of("prometheus", host=host, address="192.0.2.1")
    assert f"URI:{uri}" in names
    others = set(names) - EVERYWHERE - {f"URI:{uri}", "IP:192.0.2.1", "DNS:prometheus.vigil.internal"}
    assert others == ({dns} if dns else set())


@pytest.mark.parametrize("host", ["web 1", "web..1", "web.", "w\u00e9b", "web/1", ""])
def test_inventory_name_that_tls_libraries_reject_in_a_uri_is_refused(host: str) -> None:
    with pytest.raises(OperatorError, match="cannot be used in a certificate: rename the host"):
        names_of("prometheus", host=host, address="192.0.2.1")


@pytest.mark.parametrize("name", ["http://web1", "web 1", "web1:9090", "-", ""])
def test_further_name_that_is_no_name_is_refused(name: str) -> None:
    with pytest.raises(OperatorError, match="of prometheus on web1 is neither a DNS name nor an IP address"):
        names_of("prometheus", host="web1", address="192.0.2.1", extra=[name])


@pytest.mark.parametrize("service", ["Prometheus", "../etc", "", "a" * 64])
def test_service_that_cannot_be_a_name_is_refused(service: str) -> None:
    with pytest.raises(OperatorError, match="is not a valid name of a service"):
        names_of(service, host="web1", address="192.0.2.1")
