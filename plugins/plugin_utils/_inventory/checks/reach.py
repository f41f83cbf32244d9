# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Services that others of the stack look for where they do not listen, or that nothing looks at."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Sequence

from ansible_collections.vigil.observability.plugins.plugin_utils._formats.enumeration import listed
from ansible_collections.vigil.observability.plugins.plugin_utils._inventory.host_inputs import HostInputs
from ansible_collections.vigil.observability.plugins.plugin_utils._inventory.problem import Problem
from ansible_collections.vigil.observability.plugins.plugin_utils._services.ports import main_port

__all__ = ["unreached_services"]


def unreached_services(hosts: Sequence[HostInputs]) -> Iterator[Problem]:
    """Yield a warning for each service that listens on loopback, while Prometheus looks for it elsewhere or nowhere.

    An address that the inventory gives for others is believed: a proxy may listen there.
    """
    scrapers = [host.name for host in hosts if "prometheus" in host.services]
    for host in hosts if scrapers else ():
        yield from _unmeasured(host)
        for service in host.services:
            listen, address = f"{service}_listen_address", host.value(f"{service}_address")
            others = [name for name in scrapers if name != host.name]
            if address and _is_loopback(str(address)) and others:
                rest = (
                    f"is {address}, which {listed(others)} cannot reach: set the address at which others "
                    f"reach {host.name}."
                )
                yield Problem(f"{service}_address", host.name, rest)
            elif not address and _is_loopback(str(host.value(listen, ""))):
                port = main_port(host.value, service)
                where = host.value("ansible_host") or host.name
                rest = (
                    f"is {host.value(listen)}, but Prometheus scrapes {where}:{port}, where nothing will answer: its "
                    f"target will be down. Listen where others can reach it, or set {service}_address to the address "
                    "of a proxy that forwards requests."
                )
                yield Problem(listen, host.name, rest)


def _unmeasured(host: HostInputs) -> Iterator[Problem]:
    """Yield a warning for a Logstash whose API, which is on loopback, is asked by nobody."""
    if "logstash" in host.services and "log_exporter" not in host.services:
        rest = (
            "has no metrics, so its queues fill unnoticed: add the host to the group log_exporter, with "
            "log_exporter_count_lines: false if others count log lines."
        )
        yield Problem("logstash", host.name, rest)


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address.strip("[]")).is_loopback
    except ValueError:
        return address.lower() == "localhost"
