# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which runbooks may become root, and where: the engine's inventory names them, and each host agrees to them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.vigil.observability.plugins.plugin_utils._runbooks.place import (
    Place,
    every_step,
    named_hosts,
)
from ansible_collections.vigil.observability.plugins.plugin_utils._runbooks.playbooks import Playbook

__all__ = ["CONSENT", "INPUT", "faults_of_consent", "faults_of_root", "own_steps"]

INPUT = "incident_response_root_runbooks"
CONSENT = "runbook_target_root_runbooks"


def own_steps(runbook: Mapping[str, Any], place: Place) -> dict[str, Playbook]:
    """Return the steps of a runbook that are the operator's own playbooks."""
    names = [str(one["step"]) for one in every_step(runbook)]
    return {name: place.playbooks[name] for name in names if name in place.playbooks}


def faults_of_root(runbooks: Sequence[Mapping[str, Any]], place: Place, root: Sequence[str]) -> Iterator[str]:
    """Yield a sentence for a runbook that becomes root and is not named, and for each name that is of no use.

    Args:
        runbooks: Valid ones.
        place: Where they act.
        root: Names of those that may become root.
    """
    rooted = {}
    for one in runbooks:
        rooted[str(one["name"])] = steps = [name for name, own in own_steps(one, place).items() if own.root]
        if steps and one["name"] not in root:
            yield f"Runbook {one['name']!r}: {steps[0]} becomes root: name the runbook in {INPUT}."
    for name in root:
        if name not in rooted:
            yield f"There is no runbook {name!r} that could become root: take it out of {INPUT}."
        elif not rooted[name]:
            yield f"Runbook {name!r}: no step becomes root: take it out of {INPUT}."


def faults_of_consent(runbook: Mapping[str, Any], place: Place) -> Iterator[str]:
    """Yield the end of a sentence for each host that does not let a runbook become root, as far as it is known."""
    if not any(one.root for one in own_steps(runbook, place).values()):
        return
    hosts = named_hosts(runbook, place)
    agreed = [host for host, names in place.consents.items() if runbook["name"] in names]
    if hosts is None and not agreed:
        yield f"no host lets it become root: name it in {CONSENT} of those on which it may."
    for host in hosts or ():
        if host not in agreed:
            yield f"{host} does not let it become root: name it in {CONSENT} of {host}."
