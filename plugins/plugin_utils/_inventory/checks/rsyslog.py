# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is wrong with what an inventory says of log files, of the space for their lines, and of services in them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from ansible_collections.vigil.observability.plugins.plugin_utils._formats.log_services import unfit_log_service
from ansible_collections.vigil.observability.plugins.plugin_utils._inventory.host_inputs import HostInputs
from ansible_collections.vigil.observability.plugins.plugin_utils._inventory.problem import Problem

__all__ = ["invalid_rsyslog"]

_SIZE = re.compile(r"[1-9][0-9]*[kmg]")
# Each has an index in each day.
_MOST_SERVICES = 200


def invalid_rsyslog(hosts: Sequence[HostInputs]) -> Iterator[Problem]:
    """Yield a problem for each input of shippers that cannot be used, and for one without Elasticsearch."""
    for host in hosts:
        yield from _wrong_services(host)
    nodes = [host for host in hosts if "elasticsearch" in host.services]
    for host in (host for host in hosts if "rsyslog" in host.services):
        if not nodes:
            yield Problem(
                "rsyslog", host.name, "cannot be deployed, because the group elasticsearch has no host: add one."
            )
        yield from _wrong_files(host)
        for name in ("rsyslog_max_line_size", "rsyslog_queue_size", "rsyslog_refused_size"):
            if not _SIZE.fullmatch(size := str(host.value(name, "1g"))):
                yield Problem(name, host.name, f"is {size!r}: write it like 256k, 512m or 4g.")


def _wrong_services(host: HostInputs) -> Iterator[Problem]:
    names = host.value("vigil_log_services", [])
    for wrong in filter(None, map(unfit_log_service, names)):
        yield Problem("vigil_log_services", host.name, f"contains {wrong}")
    if len(names) > _MOST_SERVICES:
        rest = f"has {len(names)} services, each with an index in each day: use {_MOST_SERVICES} or fewer."
        yield Problem("vigil_log_services", host.name, rest)


def _wrong_files(host: HostInputs) -> Iterator[Problem]:
    for place, file in enumerate(host.value("rsyslog_files", [])):
        for key in ("path", "rotated"):
            path = str(file.get(key) or "/")
            if not path.startswith("/") or not path.isprintable() or " " in path:
                rest = f"is {path!r}: use an absolute path without blanks."
                yield Problem(f"rsyslog_files.{place}.{key}", host.name, rest)
        if file.get("service") and (wrong := unfit_log_service(file["service"])):
            yield Problem(f"rsyslog_files.{place}.service", host.name, f"is {wrong}")
