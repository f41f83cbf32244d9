# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the panels of the machines share: which series they ask for, and where a click on a machine leads."""

from __future__ import annotations

from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.links import Link
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.panels import Query, worst
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.scale import Scale
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.stack.frame import UIDS

__all__ = [
    "CABLES",
    "DISKS",
    "HOST",
    "NO_PRESSURE",
    "SCRAPED",
    "SHARE",
    "THIS_HOST",
    "THIS_ROW",
    "UNKNOWN",
    "at_first_place",
    "highest",
]

HOST = 'host=~"$host"'
SCRAPED = f'up{{job="node_exporter",{HOST}}}'
# File systems on disks of the machine. An engine mounts single files into containers, which are not disks of theirs.
DISKS = 'fstype!~"tmpfs|ramfs|nfs.*|cifs|fuse.*|9p|virtiofs",mountpoint!~"/etc/(hosts|hostname|resolv[.]conf)"'
# Interfaces that lead out of the machine.
CABLES = 'device!~"lo|veth.*|docker.*|br-.*|virbr.*|cali.*|cni.*|tap.*|ifb.*"'
UNKNOWN = "unknown"
NO_PRESSURE = "the kernel does not report pressure"
SHARE = Scale(unit="percent", maximum=100)
THIS_HOST = Link.page("Only this host", UIDS["hosts"], host="${__field.labels.host}")
THIS_ROW = Link.page("Only this host", UIDS["hosts"], host="${__data.fields.host}")


def highest(expr: str, legend: str = "{{host}}", most: int = 10) -> Query:
    """Return the question for the series that were highest, of as many machines as there are."""
    return Query(worst(expr, most=most), legend)


def at_first_place(name: str, where: str) -> str:
    """Return the expression for these series of file systems, each device once wherever it is mounted besides.

    Nearest to the root is first; of places as near as each other any one is.
    """
    depth = (
        f'0 * {name}{{{where},mountpoint="/"}} or 1 + 0 * {name}{{{where},mountpoint=~"/[^/]+"}}'
        f" or 2 + 0 * {name}{{{where}}}"
    )
    return f"({name}{{{where}}} and bottomk by (host, device) (1, {depth}))"
