# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The page of the machines, as node_exporter sees them: which of them deviate first, then each resource."""

from __future__ import annotations

from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.annotations import measured
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.page import Page, Row
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.stack.frame import stack_page
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.stack.hosts.chosen import HOST
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.stack.hosts.cpu import cpu
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.stack.hosts.disks import activity, space
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.stack.hosts.memory import memory
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.stack.hosts.network import network
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.stack.hosts.now import now, wrong
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.stack.hosts.system import system

__all__ = ["hosts_page"]

_UPTIME = f"node_time_seconds{{{HOST}}} - node_boot_time_seconds{{{HOST}}}"
_KILLS = f"increase(node_vmstat_oom_kill{{{HOST}}}[2m])"


def hosts_page() -> Page:
    """Return the page of the machines."""
    return stack_page(
        "hosts",
        "Hosts",
        "CPUs, memory, disks, network and clocks of all hosts. Click on a host to show only that one.",
        (
            Row("Now", now()),
            Row("What is wrong", wrong()),
            Row("CPU", cpu()),
            Row("Memory", memory()),
            Row("Disk space", space()),
            Row("Disk activity", activity()),
            Row("Network", network()),
            Row("System", system()),
        ),
        annotations=(
            measured("Starts", "blue", f"max by (host) ({_UPTIME}) < 300", title="{{host}} was started"),
            measured(
                "OOM kills", "orange", f"max by (host) ({_KILLS}) > 0", title="{{host}} killed for lack of memory"
            ),
        ),
        choose=("host", 'up{job="node_exporter"}', "Host"),
    )
