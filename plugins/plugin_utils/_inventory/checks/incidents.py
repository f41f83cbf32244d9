# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is wrong with the service incident_response of an inventory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from ansible_collections.vigil.observability.plugins.plugin_utils._inventory.host_inputs import HostInputs
from ansible_collections.vigil.observability.plugins.plugin_utils._inventory.problem import Problem
from ansible_collections.vigil.observability.plugins.plugin_utils._runbooks.escalations import (
    faults_of_escalations,
    faults_of_receivers,
)
from ansible_collections.vigil.observability.plugins.plugin_utils._services.registry import services

__all__ = ["invalid_engines"]

_ACCOUNTS, _WORDS = "incident_response_accounts", "incident_response_account_passwords"
_ESCALATIONS = "incident_response_escalations"
_NOBODY = "nobody"  # the receiver that every configuration of the role has
_RIGHTS = ("look", "respond", "approve")


def invalid_engines(hosts: Sequence[HostInputs]) -> Iterator[Problem]:
    """Yield a problem for each of several hosts of the service, and for one without any Alertmanager."""
    engines = [host.name for host in hosts if "incident_response" in host.services]
    if len(engines) > 1:
        rest = "has to run on one host, or each has a journal of its own: leave one host in its group."
        yield from (Problem("incident_response", name, rest) for name in engines)
    elif engines and not any("alertmanager" in host.services for host in hosts):
        rest = "gets no alerts: add hosts to the group alertmanager."
        yield Problem("incident_response", engines[0], rest)
    for host in (host for host in hosts if host.name in engines):
        yield from _of_accounts(host)
        yield from _of_escalations(host, [each for each in hosts if "alertmanager" in each.services])


def _of_accounts(host: HostInputs) -> Iterator[Problem]:
    """Yield a problem for each account that cannot log in, or has no rights that there are."""
    accounts, words = host.value(_ACCOUNTS, {}), host.value(_WORDS, {})
    for name in sorted({*accounts, *words}):
        if name in services()["incident_response"].users:
            yield Problem(_ACCOUNTS, host.name, f"has {name}, a user of the service: give the person another name.")
        elif name not in words:
            yield Problem(_ACCOUNTS, host.name, f"has {name}, who has no password: add one to {_WORDS}.")
        elif name not in accounts:
            yield Problem(_WORDS, host.name, f"has {name}, who is not in {_ACCOUNTS}: add the person there.")
        elif (
            not isinstance(accounts[name], dict)
            or not accounts[name]
            or any(one not in _RIGHTS for one in accounts[name].values())
        ):
            rest = f"has to give {name} one of look, respond and approve by team, such as {{'*': look}}."
            yield Problem(_ACCOUNTS, host.name, rest)


def _of_escalations(host: HostInputs, alertmanagers: Sequence[HostInputs]) -> Iterator[Problem]:
    """Yield a problem for each wrong escalation path, and for a receiver that one of the Alertmanagers lacks."""
    paths = host.value(_ESCALATIONS, [])
    faults = list(faults_of_escalations(paths))
    if not faults:
        for one in alertmanagers:
            whose = f"alertmanager_config of {one.name}"
            faults += faults_of_receivers(paths, _receivers(one), whose)
    for fault in faults:
        yield Problem(_ESCALATIONS, host.name, f"cannot be used: {fault}")


def _receivers(host: HostInputs) -> list[str]:
    """Return the names of the receivers of an Alertmanager."""
    told = host.value("alertmanager_config", {}).get("receivers") or []
    named = [str(one["name"]) for one in told if isinstance(one, Mapping) and "name" in one]
    return list(dict.fromkeys([*named, _NOBODY]))
