# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is wrong with what an inventory says of the nodes of Elasticsearch: their names, roles and settings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from ansible_collections.vigil.observability.plugins.plugin_utils._inventory.checks.flat_settings import (
    invalid_flat_settings,
)
from ansible_collections.vigil.observability.plugins.plugin_utils._inventory.host_inputs import HostInputs
from ansible_collections.vigil.observability.plugins.plugin_utils._inventory.problem import Problem

__all__ = ["invalid_cluster", "invalid_exporters", "invalid_node", "invalid_provisioning"]

_ROLES = {
    "master",
    "data",
    "data_content",
    "data_hot",
    "data_warm",
    "data_cold",
    "data_frozen",
    "ingest",
    "ml",
    "remote_cluster_client",
    "transform",
    "voting_only",
}
_PAIR = 2
# Settings that inputs of the role make, with those inputs.
_OWN = {
    "cluster.initial_master_nodes": "elasticsearch_bootstrap_host",
    "discovery.seed_hosts": "elasticsearch_nodes",
    "http.port": "elasticsearch_port",
    "node.name": "elasticsearch_node_name",
    "node.roles": "elasticsearch_node_roles",
    "path.data": "elasticsearch_data_dir",
    "transport.port": "elasticsearch_transport_port",
}
_LEAST = {
    "provision_log_field_limit": 1,
    "provision_log_replicas": 0,
    "provision_log_retention_days": 1,
    "provision_snapshot_retention_days": 1,
}


def invalid_cluster(hosts: Sequence[HostInputs]) -> Iterator[Problem]:
    """Yield a problem for each node that cannot be in one cluster with the others."""
    nodes = [host for host in hosts if "elasticsearch" in host.services]
    names: dict[str, list[str]] = {}
    for host in nodes:
        names.setdefault(str(host.value("elasticsearch_node_name", host.name)), []).append(host.name)
    for name, members in names.items():
        rest = f"is {name!r} for each of them, but names a single node: set another on each, or none."
        yield from (Problem("elasticsearch_node_name", member, rest) for member in members if len(members) > 1)
    for host in nodes:
        emptied = host.value("elasticsearch_empty_failed_node", "")
        if emptied and emptied not in names:
            rest = f"is {emptied!r}, but the nodes are {', '.join(sorted(names))}: name one of them."
            yield Problem("elasticsearch_empty_failed_node", host.name, rest)
    masters = [host.name for host in nodes if _is_master(host)]
    if nodes and not masters:
        rest = "makes none of them master-eligible: add master to the roles of one node, or of three."
        yield from (Problem("elasticsearch_node_roles", host.name, rest) for host in nodes)
    if len(masters) == _PAIR:
        rest = (
            "makes exactly two nodes master-eligible, which cannot elect a master when one of them is down: use one or "
            "three."
        )
        yield from (Problem("elasticsearch_node_roles", name, rest) for name in masters)


def invalid_exporters(hosts: Sequence[HostInputs]) -> Iterator[Problem]:
    """Yield a problem for each exporter that no node is there for."""
    if any("elasticsearch" in host.services for host in hosts):
        return
    for host in (host for host in hosts if "elasticsearch_exporter" in host.services):
        if host.is_missing("elasticsearch_exporter_url"):
            rest = "is missing: name a node of the cluster, or add hosts to the group elasticsearch."
            yield Problem("elasticsearch_exporter_url", host.name, rest)


def invalid_node(host: HostInputs) -> Iterator[Problem]:
    """Yield a problem for each input of a node that is of the right type and yet cannot be used."""
    if "elasticsearch" not in host.services:
        return
    for role in host.value("elasticsearch_node_roles", []):
        if role not in _ROLES:
            rest = f"contains {role!r}, which is no role of a node. Roles are {', '.join(sorted(_ROLES))}."
            yield Problem("elasticsearch_node_roles", host.name, rest)
    yield from invalid_flat_settings(host, "elasticsearch_config", _OWN, "cluster.max_shards_per_node")
    unknown = host.value("elasticsearch_user_roles", {}).keys() - host.value("elasticsearch_passwords", {}).keys()
    for user in sorted(unknown):
        rest = "has no password: add one to elasticsearch_passwords."
        yield Problem(f"elasticsearch_user_roles.{user}", host.name, rest)


def invalid_provisioning(host: HostInputs, nodes: int) -> Iterator[Problem]:
    """Yield a problem for what is to be provisioned, is of the right type, and could not be used by so many nodes."""
    if "elasticsearch" not in host.services:
        return
    for name, least in _LEAST.items():
        if isinstance(value := host.value(name), int) and value < least:
            yield Problem(name, host.name, f"is {value}: it has to be at least {least}.")
    replicas = host.value("provision_log_replicas")
    if isinstance(replicas, int) and replicas >= nodes:
        rest = f"is {replicas}, but each copy needs a node beside that of the original: use at most {nodes - 1}."
        yield Problem("provision_log_replicas", host.name, rest)
    repository = host.value("provision_snapshot_repository")
    if isinstance(repository, Mapping) and repository:
        yield from _invalid_repository(host, repository)


def _invalid_repository(host: HostInputs, repository: Mapping[str, object]) -> Iterator[Problem]:
    kind, config = repository.get("type"), host.value("elasticsearch_config", {})
    if not kind:
        yield Problem("provision_snapshot_repository", host.name, "lacks type: set it, such as fs, beside settings.")
    if kind == "fs" and not config.get("path.repo"):
        rest = "is a directory, which Elasticsearch uses only below path.repo: set that in elasticsearch_config."
        yield Problem("provision_snapshot_repository", host.name, rest)


def _is_master(host: HostInputs) -> bool:
    roles = host.value("elasticsearch_node_roles", [])
    return not roles or "master" in roles
