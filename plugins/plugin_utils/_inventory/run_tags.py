# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the tags of a run ask for: services, pillars and stages have a tag of their name."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.vigil.observability.plugins.plugin_utils._formats.enumeration import listed
from ansible_collections.vigil.observability.plugins.plugin_utils._services.registry import pillars, services

__all__ = ["STAGES", "RunTags"]

STAGES = ("certificates", "stage", "activate", "provision")
# What Ansible itself knows, and what Molecule skips in every run, whatever its playbooks have.
_EVERY = frozenset({"all", "tagged"})
_SPECIAL = _EVERY | {"always", "never", "untagged"}
_SKIPPED_BY_MOLECULE = {"molecule-idempotence-notest", "molecule-notest", "notest"}


@dataclass(frozen=True)
class RunTags:
    """The tags of a run.

    Args:
        run: What C(--tags) says.
        skip: What C(--skip-tags) says.
        own: Tags of the user's own playbooks, and the collection's tag that each stands for.
    """

    run: frozenset[str]
    skip: frozenset[str]
    own: Mapping[str, Iterable[str]]

    @classmethod
    def of(cls, said: Mapping[str, Any]) -> RunTags:
        """Return the tags that C(deployment_tags) of the playbooks holds."""
        return cls(frozenset(said["run"]), frozenset(said["skip"]), said.get("own") or {})

    def chosen(self, names: Iterable[str], stages: Iterable[str]) -> list[str]:
        """Return the services of which Ansible would run a task with the tags of the service and of these stages."""
        run, skip = self._meant(self.run), self._meant(self.skip)
        marks = {service: {service, services()[service].pillar, *stages} for service in names}
        wanted = [service for service, own in marks.items() if run & (own | _EVERY)]
        return [service for service in wanted if not skip & (marks[service] | _EVERY)]

    def touched(self, names: Iterable[str]) -> list[str]:
        """Return the services for which anything is done."""
        deployed = {service for stage in STAGES[:-1] for service in self.chosen(names, [stage])}
        provisioned = [one for one in self.chosen(names, ["provision"]) if services()[one].provisioned]
        return [service for service in names if service in deployed or service in provisioned]

    def problems(self) -> Iterator[str]:
        """Yield a sentence for each tag that no shipped playbook has, and for what activates without staging."""
        known = [*services(), *pillars(), *STAGES]
        for option, tags in (("--tags", self.run), ("--skip-tags", self.skip - _SKIPPED_BY_MOLECULE)):
            for tag in sorted(tags - _SPECIAL - set(known) - set(self.own)):
                near = difflib.get_close_matches(tag, known, n=1)
                meant = f"did you mean {near[0]}?" if near else f"the tags are {listed(known)}."
                yield f"{option} contains {tag}, which no playbook of this collection has: {meant} {_OWN.format(tag)}"
        staged = self.chosen(services(), ["stage"])
        if bare := [service for service in self.chosen(services(), ["activate"]) if service not in staged]:
            yield f"The tags of this run activate {listed(bare)} without staging it. {_STAGE}"

    def _meant(self, tags: Iterable[str]) -> set[str]:
        return {meant for tag in tags for meant in (self.own.get(tag, ()) if tag in self.own else (tag,))}


_OWN = "If it belongs to a playbook of your own, declare it: vigil_tags: {{{}: []}}."
_STAGE = "A run activates only what it has staged: add the tag stage, or use only tags of services or pillars."
