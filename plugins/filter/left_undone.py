# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: left_undone
short_description: What a run of the playbooks should have done and has not
version_added: 1.0.0
author: Vigil contributors (@vigil-observability)
description:
  - Names hosts that could not be reached and services that failed, each with what was therefore not done.
positional: hostvars, groups, tags
options:
  _input: {description: Services of the playbook., type: list, elements: str, required: true}
  hostvars: {description: The variables of all hosts., type: dict, required: true}
  groups: {description: The groups of the inventory., type: dict, required: true}
  tags:
    description: The tags of the run as P(vigil.observability.chosen_services#filter) takes them.
    type: dict
    required: true
  planned: {description: C(ansible_play_hosts_all)., type: list, elements: str, required: true}
  reached: {description: C(ansible_play_hosts)., type: list, elements: str, required: true}
  stages: {description: Stages that the playbook has., type: list, elements: str, required: true}
"""

EXAMPLES = r"""
- name: Name what was left undone
  ansible.builtin.debug:
    msg: >-
      {{ ['node_exporter'] | vigil.observability.left_undone(
           hostvars, groups, tags, planned=ansible_play_hosts_all, reached=ansible_play_hosts,
           stages=['stage', 'activate']) }}
"""

RETURN = r"""
_value:
  description: A sentence for each host and service; none if everything was done.
  type: list
  elements: str
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.vigil.observability.plugins.plugin_utils._formats.enumeration import listed
from ansible_collections.vigil.observability.plugins.plugin_utils._inventory.run_tags import RunTags
from ansible_collections.vigil.observability.plugins.plugin_utils._services.registry import services as every_service

_DONE = {"activate": "deployed", "stage": "staged", "certificates": "given certificates"}
_FAILED = "__vigil_failed_"
# A cluster is provisioned even if a node has failed.
_CLUSTERS = ("elasticsearch",)


@dataclass(frozen=True)
class _Run:
    """What was to be done where.

    Args:
        said: The variables of each planned host, with what the run registered.
        services: What each of them was to get.
        chosen: The services of each stage that the run has.
        reached: Hosts that can still be reached.
        failed: The hosts on which each service, or the provisioning, failed.
    """

    said: Mapping[str, Mapping[str, Any]]
    services: Mapping[str, list[str]]
    chosen: Mapping[str, list[str]]
    reached: frozenset[str]
    failed: Mapping[str, Sequence[str]]

    def lost(self, host: str) -> bool:
        results = [self._result(host, service) for service in self.services[host]]
        return host not in self.reached or any(result.get("unreachable") for result in results)

    def undone(self, host: str) -> list[str]:
        return [service for service in self.services[host] if not self._done(host, service)]

    def untouched(self, service: str) -> list[str]:
        """Return the hosts that were left alone as the service had failed on another one."""
        return [host for host in self.services if self._result(host, service).get("skipped")]

    def waiting(self, service: str) -> list[str]:
        """Return the hosts whose change was left to a play that did not come."""
        return [host for host in self.services if self._result(host, service).get("waits")]

    def _done(self, host: str, service: str) -> bool:
        if service not in self.chosen.get("activate", ()):
            return not self.lost(host)
        result = self._result(host, service)
        return bool(result) and not any(result.get(what) for what in ("failed", "unreachable", "skipped"))

    def _result(self, host: str, service: str) -> Mapping[str, Any]:
        return self.said[host].get(f"__{service}_activation") or {}


def left_undone(
    services: Iterable[str],
    hostvars: Mapping[str, Mapping[str, Any]],
    groups: Mapping[str, Sequence[str]],
    tags: Mapping[str, Any],
    *,
    planned: Iterable[str],
    reached: Iterable[str],
    stages: Iterable[str],
) -> list[str]:
    """Return the sentences, first of hosts, then of services."""
    asked = RunTags.of(tags)
    chosen = {stage: asked.chosen(services, [stage]) for stage in stages}
    deployed = [service for service in services if any(service in chosen.get(stage, ()) for stage in _DONE)]
    run = _Run(
        said={host: hostvars[host] for host in planned},
        services={host: [service for service in deployed if host in groups.get(service, ())] for host in planned},
        chosen=chosen,
        reached=frozenset(reached),
        failed=_failed(groups),
    )
    return [*_hosts(run), *_services(run), *_mesh(run), *_authority(run), *_provisioning(run, groups)]


def _failed(groups: Mapping[str, Sequence[str]]) -> dict[str, Sequence[str]]:
    """Return the hosts of the groups that the playbooks make where something fails."""
    return {name.removeprefix(_FAILED): hosts for name, hosts in groups.items() if name.startswith(_FAILED)}


def _hosts(run: _Run) -> Iterator[str]:
    done = next((word for stage, word in _DONE.items() if run.chosen.get(stage)), "")
    for host in run.services:
        if run.lost(host):
            why = "could not be reached" if "__vigil_host_preflight" in run.said[host] else "had failed before"
            undone = run.undone(host)
            yield f"{host} {why}: {_are(undone)} not {done} there." if undone else f"{host} {why} at the end."


def _services(run: _Run) -> Iterator[str]:
    for service in (service for service in run.chosen.get("activate", ()) if service in run.failed):
        untouched = run.untouched(service)
        rest = f": {_are(untouched)} not touched" if untouched else ""
        yield f"{service} failed on {listed(run.failed[service])}, for the reasons above{rest}."

    for service in run.chosen.get("activate", ()):
        if waiting := run.waiting(service):
            yield f"{service} was to be changed last on {listed(waiting)}, which did not happen there: run again."


def _mesh(run: _Run) -> Iterator[str]:
    members = [host for host, services in run.services.items() if "alertmanager" in services]
    undone = [host for host in members if "alertmanager" in run.undone(host)]
    if "alertmanager" in run.chosen.get("activate", ()) and undone and len(undone) < len(members):
        yield (
            f"The mesh of Alertmanagers is not whole: {listed(undone)} kept release, peers and trusted authorities of "
            "before, so people may be notified twice until a run has reached all members."
        )


def _authority(run: _Run) -> Iterator[str]:
    lost = [host for host in run.services if run.undone(host) and run.lost(host)]
    if behind := [host for host in lost if run.said[host].get("certificates_trusted")]:
        yield (
            "An authority is being replaced, or others are trusted besides (certificates_trusted), and "
            f"{listed(behind)} did not follow: take no further step of secrets_authority until a "
            "run has reached all hosts."
        )


def _provisioning(run: _Run, groups: Mapping[str, Sequence[str]]) -> Iterator[str]:
    chosen = run.chosen.get("provision", ())
    for service in chosen:
        if not (content := every_service()[service].provisioned):
            continue
        hosts = [host for host in run.said if host in groups.get(service, ())]
        if failed := run.failed.get(f"provisioning_{service}"):
            yield f"Provisioning {service} failed on {listed(failed)}, for the reasons above."
        elif hosts and (not run.reached & set(hosts) or (service in run.failed and service not in _CLUSTERS)):
            yield f"{service} was not provisioned: {content} are as they were."


def _are(words: Sequence[str]) -> str:
    return f"{listed(words)} {'were' if words[1:] else 'was'}"


class FilterModule:
    """The filter left_undone."""

    def filters(self) -> dict[str, Callable[..., list[str]]]:
        """Return the filter by its name."""
        return {"left_undone": left_undone}
