# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is wrong with the alerts from logs of an inventory."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from ansible_collections.vigil.observability.plugins.module_utils._api.durations import milliseconds
from ansible_collections.vigil.observability.plugins.module_utils._errors.sentence import OperatorError
from ansible_collections.vigil.observability.plugins.plugin_utils._formats.same_text import plain
from ansible_collections.vigil.observability.plugins.plugin_utils._inventory.host_inputs import HostInputs
from ansible_collections.vigil.observability.plugins.plugin_utils._inventory.problem import Problem
from ansible_collections.vigil.observability.plugins.plugin_utils._rules.log_alerts.description import log_alerts

__all__ = ["invalid_log_alerts"]

_DAYS = 30  # as the playbooks have it
_OF_ROLES = {"log_exporter": "log_exporter_alerts", "prometheus": "prometheus_log_alerts"}


def invalid_log_alerts(hosts: Sequence[HostInputs]) -> Iterator[Problem]:
    """Yield a problem for each list of alerts that cannot be used, and for an exporter without Elasticsearch."""
    nodes = [host for host in hosts if "elasticsearch" in host.services]
    kept = [f"{node.value('provision_log_retention_days', _DAYS)}d" for node in nodes]
    shortest = min(kept, key=lambda text: milliseconds(text) or math.inf, default="")
    yield from _uncounted([host for host in hosts if "log_exporter" in host.services])
    for host in hosts:
        for service, own in _OF_ROLES.items():
            if service in host.services:
                yield from _wrong(host, own if host.value(own) is not None else "vigil_log_alerts", shortest)
        if "log_exporter" in host.services:
            if not nodes:
                rest = "cannot be deployed, because the group elasticsearch has no host: add one."
                yield Problem("log_exporter", host.name, rest)
            for name, least in (("log_exporter_lag", 0), ("log_exporter_timeout", 1)):
                if int(host.value(name, least)) < least:
                    yield Problem(name, host.name, f"is {host.value(name)}: use at least {least}.")


def _uncounted(exporters: Sequence[HostInputs]) -> Iterator[Problem]:
    if exporters and not any(host.value("log_exporter_count_lines", True) for host in exporters):
        rest = "is false on every host of log_exporter, so that no alert on log lines can fire: count them on one."
        yield Problem("log_exporter_count_lines", exporters[0].name, rest)


def _wrong(host: HostInputs, name: str, retention: str) -> Iterator[Problem]:
    if (described := host.value(name)) is None:
        return
    interval = str(host.value("prometheus_scrape_interval", "15s"))
    try:
        log_alerts(plain(described), retention=retention, interval=interval)
    except OperatorError as error:
        yield Problem(name, host.name, f"cannot be used: {error}")
