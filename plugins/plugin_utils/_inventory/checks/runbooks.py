# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is wrong with what hosts let automation do, and with the runbooks that do it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.vigil.observability.plugins.module_utils._errors.sentence import OperatorError
from ansible_collections.vigil.observability.plugins.plugin_utils._applications.description import applications
from ansible_collections.vigil.observability.plugins.plugin_utils._inventory.host_inputs import HostInputs
from ansible_collections.vigil.observability.plugins.plugin_utils._inventory.problem import Problem
from ansible_collections.vigil.observability.plugins.plugin_utils._runbooks.collection import (
    RECONCILIATION,
    faults_of_all,
)
from ansible_collections.vigil.observability.plugins.plugin_utils._runbooks.declared import declared_actions
from ansible_collections.vigil.observability.plugins.plugin_utils._runbooks.place import Place
from ansible_collections.vigil.observability.plugins.plugin_utils._runbooks.playbooks import INPUT as PLAYBOOKS
from ansible_collections.vigil.observability.plugins.plugin_utils._runbooks.playbooks import own_playbooks
from ansible_collections.vigil.observability.plugins.plugin_utils._runbooks.root import CONSENT
from ansible_collections.vigil.observability.plugins.plugin_utils._runbooks.root import INPUT as ROOT
from ansible_collections.vigil.observability.plugins.plugin_utils._runbooks.shipped import shipped_runbooks

__all__ = ["invalid_runbooks"]

_ENGINE = "incident_response"


def invalid_runbooks(hosts: Sequence[HostInputs], groups: Mapping[str, Iterable[str]]) -> Iterator[Problem]:
    """Yield a problem for actions that cannot be declared, and for each fault of a runbook of an engine."""
    declared: dict[str, Any] = {}
    for host in hosts:
        declared[host.name] = host.value("runbook_actions", {})
        try:
            declared_actions(declared[host.name])
        except OperatorError as error:
            yield Problem("runbook_actions", host.name, f"cannot be used: {error}")
    engines = set(groups.get(_ENGINE, ()))
    consents = {host.name: host.value(CONSENT, []) for host in hosts}
    for host in (host for host in hosts if host.name in engines):
        yield from _of_engine(host, declared, consents, groups, engines)


def _of_engine(
    host: HostInputs,
    declared: Mapping[str, Any],
    consents: Mapping[str, Sequence[str]],
    groups: Iterable[str],
    engines: Iterable[str],
) -> Iterator[Problem]:
    try:
        known = applications(host.value("vigil_applications", []))
    except OperatorError as error:
        yield Problem("vigil_applications", host.name, f"cannot be used: {error}")
        return
    try:
        playbooks = own_playbooks(host.value(PLAYBOOKS, []))
    except OperatorError as error:
        yield Problem(PLAYBOOKS, host.name, f"cannot be used: {error}")
        return
    place = Place(
        hosts=declared,
        groups=groups,
        engines=engines,
        applications=known,
        playbooks=playbooks,
        consents=consents,
    )
    found = [*shipped_runbooks(), *host.value(f"{_ENGINE}_runbooks", [])]
    levels, delay = host.value(f"{_ENGINE}_levels", {}), host.value(f"{_ENGINE}_delay", "5m")
    reconciliation = int(host.value(f"{_ENGINE}_reconciliation_interval", RECONCILIATION))
    root = host.value(ROOT, [])
    for fault in faults_of_all(found, place, levels=levels, delay=str(delay), reconciliation=reconciliation, root=root):
        yield Problem(f"{_ENGINE}_runbooks", host.name, f"cannot be used: {fault}")
    for target, names in consents.items():
        for name in sorted({*names} - {one.get("name") for one in found}):
            yield Problem(CONSENT, target, f"has {name}, which is no runbook: take it out.")
