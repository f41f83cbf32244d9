# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Inputs that are made of facts: those that a host can have of its own, and those that no run can rely on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ansible_collections.vigil.observability.plugins.plugin_utils._inventory.host_inputs import HostInputs, Play
from ansible_collections.vigil.observability.plugins.plugin_utils._inventory.problem import Problem
from ansible_collections.vigil.observability.plugins.plugin_utils._inventory.role_inputs import PROVISIONED

__all__ = ["hosts_that_need_facts", "invalid_facts"]

# What goes from a service into files of other hosts, which a run for those alone writes too.
_TOLD = ("address", "identity", "port")
_TOLD_BESIDES = {
    "alertmanager": ("alertmanager_external_url",),
    "prometheus": ("prometheus_probes", "prometheus_scrape_interval"),
}


def hosts_that_need_facts(hosts: Iterable[HostInputs], play: Play) -> list[str]:
    """Return the hosts with an input of their roles that is made of their facts."""
    return [host.name for host in hosts if any("own" in host.facts_in(name) for name in _inputs(host, play))]


def invalid_facts(host: HostInputs, play: Play) -> Iterator[Problem]:
    """Yield a problem for each input of facts which other hosts need, or which is made of the facts of other hosts."""
    told = set(_told(host))
    for name in _inputs(host, play):
        facts = host.facts_in(name)
        if facts and name in told:
            way = ", or leave it out where ansible_host is that address" if name.endswith("_address") else ""
            rest = "is built from facts, which a run on other hosts does not have although their files need it: "
            yield Problem(name, host.name, f"{rest}set it to a value in the inventory{way}.")
        elif "others" in facts:
            rest = "is built from facts of other hosts, which a run may not reach: set it to a value in the inventory."
            yield Problem(name, host.name, rest)


def _inputs(host: HostInputs, play: Play) -> Iterator[str]:
    said = host.variable_names
    for role in host.roles:
        yield from (name for name in (*play.inputs[role], *PROVISIONED.get(role, ())) if name in said)


def _told(host: HostInputs) -> Iterator[str]:
    yield "vigil_labels"
    for service in host.services:
        yield from (f"{service}_{part}" for part in _TOLD)
        yield from _TOLD_BESIDES.get(service, ())
