# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is wrong with the service incident_response of an inventory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ansible_collections.vigil.observability.plugins.plugin_utils._inventory.host_inputs import HostInputs
from ansible_collections.vigil.observability.plugins.plugin_utils._inventory.problem import Problem

__all__ = ["invalid_engines"]


def invalid_engines(hosts: Sequence[HostInputs]) -> Iterator[Problem]:
    """Yield a problem for each of several hosts of the service, and for one without any Alertmanager."""
    engines = [host.name for host in hosts if "incident_response" in host.services]
    if len(engines) > 1:
        rest = "has to run on one host, or each has a journal of its own: leave one host in its group."
        yield from (Problem("incident_response", name, rest) for name in engines)
    elif engines and not any("alertmanager" in host.services for host in hosts):
        rest = "gets no alerts: add hosts to the group alertmanager."
        yield Problem("incident_response", engines[0], rest)
