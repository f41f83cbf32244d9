# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What C(--limit) leaves out of a run that somebody may expect to be in it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from ansible_collections.vigil.observability.plugins.plugin_utils._formats.enumeration import listed
from ansible_collections.vigil.observability.plugins.plugin_utils._inventory.host_inputs import HostInputs

__all__ = ["left_out"]


def left_out(hosts: Sequence[HostInputs], services: Iterable[str], played: Iterable[str]) -> Iterator[str]:
    """Yield a sentence for services of which no host is in the run, and for an authority that hosts do not learn of.

    Args:
        hosts: All hosts of the inventory.
        services: What the run deploys.
        played: The hosts of the run.
    """
    inside = set(played)
    members = {service: {host.name for host in hosts if service in host.services} for service in services}
    if absent := [service for service, names in members.items() if names and not names & inside]:
        further = ", and nothing is provisioned in Grafana" if "grafana" in absent else ""
        yield f"--limit excludes every host of {listed(absent)}: nothing is deployed there{further}."
    outside = [host for host in hosts if host.services and host.name not in inside]
    if behind := [host.name for host in outside if host.value("certificates_trusted")]:
        yield (
            f"--limit excludes {listed(behind)} while certificates_trusted names an authority: secrets_authority "
            "cannot continue until a run has reached all hosts."
        )
