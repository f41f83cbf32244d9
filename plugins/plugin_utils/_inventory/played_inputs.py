# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Variables that the playbooks set themselves, so that an inventory cannot; and what it can set instead."""

from __future__ import annotations

import difflib
import functools
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from ansible_collections.vigil.observability.plugins.plugin_utils._formats.enumeration import listed
from ansible_collections.vigil.observability.plugins.plugin_utils._formats.yaml_text import parsed
from ansible_collections.vigil.observability.plugins.plugin_utils._inventory.host_inputs import HostInputs
from ansible_collections.vigil.observability.plugins.plugin_utils._inventory.problem import Problem
from ansible_collections.vigil.observability.plugins.plugin_utils._inventory.role_inputs import PROVISIONED, ROLES
from ansible_collections.vigil.observability.plugins.plugin_utils._rules.labels import wrong_labels
from ansible_collections.vigil.observability.plugins.plugin_utils._services.registry import services

__all__ = ["INSTEAD", "invalid_additions", "played_inputs", "replaced_inputs", "shadowed_inputs"]

_VARS = Path(__file__).parents[3] / "playbooks" / "vars"
INSTEAD = {
    **{
        f"{name}_clients": f"add those outside the inventory to {name}_more_clients"
        for name, service in services().items()
        if service.access == "certificate"
    },
    "alertmanager_incident_response_escalations": "set incident_response_escalations",
    "alertmanager_incident_response_password": "set incident_response_passwords.alertmanager",
    "alertmanager_incident_response_runbooks": "set incident_response_runbooks",
    "alertmanager_incident_response_urls": "add a host to the group incident_response",
    "alertmanager_peers": "add those outside the inventory to alertmanager_more_peers",
    "certificates_services": "add services from outside this collection to certificates_more_services",
    "elasticsearch_bootstrap_host": "set elasticsearch_node_roles, by which the first master-eligible host is found",
    "elasticsearch_exporter_cluster_password": "set elasticsearch_passwords.exporter",
    "elasticsearch_exporter_nodes": "add hosts to the group elasticsearch, or set elasticsearch_exporter_url",
    "elasticsearch_nodes": "add hosts to the group elasticsearch",
    "filebeat_application_groups": "add further groups to filebeat_groups",
    "filebeat_application_inputs": "add further inputs to filebeat_inputs",
    "filebeat_logstash_hosts": "add hosts to the group logstash",
    "incident_response_alertmanager_password": "set alertmanager_passwords.incident_response",
    "incident_response_alertmanager_urls": "add hosts to the group alertmanager",
    "incident_response_grafana_urls": "add hosts to the group grafana",
    "incident_response_known_hosts": "add hosts to the inventory",
    "incident_response_known_runbooks": "set incident_response_runbooks",
    "incident_response_known_targets": "add hosts to the group runbook_target",
    "incident_response_prometheus_password": "set prometheus_passwords.incident_response",
    "incident_response_prometheus_urls": "add hosts to the group prometheus",
    "jaeger_elasticsearch_password": "set elasticsearch_passwords.jaeger",
    "jaeger_elasticsearch_urls": "add hosts to the group elasticsearch, or set jaeger_storage",
    "log_exporter_elasticsearch_password": "set elasticsearch_passwords.analysis",
    "log_exporter_elasticsearch_urls": "add hosts to the group elasticsearch",
    "log_exporter_logstash": "add hosts of the group logstash to the group log_exporter",
    "logstash_elasticsearch_password": "set elasticsearch_passwords.writer",
    "logstash_elasticsearch_urls": "add hosts to the group elasticsearch",
    "logstash_services": "set vigil_log_services",
    "metrics_log_services": "set vigil_log_services",
    "metrics_scrapers": "add those outside the inventory to node_exporter_more_clients",
    "metrics_targets": "add those outside the inventory to prometheus_more_targets",
    "prometheus_alertmanager_password": "set alertmanager_passwords.prometheus",
    "prometheus_grafana_password": "set grafana_passwords.prometheus",
    "prometheus_incident_response_password": "set incident_response_passwords.prometheus",
    "prometheus_targets": "add those outside the inventory to prometheus_more_targets",
    "provision_alertmanager_url": "set alertmanager_external_url",
    "provision_authorities": "add authorities to certificates_trusted",
    "provision_dashboards": "put dashboards into provision_dashboard_directory",
    "provision_datasource_uids": "set provision_dashboard_inputs",
    "provision_datasources": "add data sources to provision_more_datasources",
    "provision_folders": "add folders to provision_more_folders",
    "provision_log_known_fields": "set provision_log_fields",
    "provision_log_lifecycle": "set provision_log_retention_days",
    "provision_log_template": "set provision_log_fields, provision_log_field_limit or provision_log_replicas",
    "provision_snapshot_policy": "set provision_snapshot_schedule or provision_snapshot_retention_days",
    "provision_url": "set grafana_listen_address and grafana_port",
    "rsyslog_application_files": "add further files to rsyslog_files",
    "rsyslog_application_groups": "add further groups to rsyslog_groups",
    "rsyslog_elasticsearch_password": "set elasticsearch_passwords.writer",
    "rsyslog_elasticsearch_urls": "add hosts to the group elasticsearch",
    "rsyslog_services": "set vigil_log_services",
    "telemetry_collectors": "add hosts to the group jaeger, or set telemetry_otlp_endpoint",
}
_ALIKE = 0.85
_TWICE = ("remote_read", "remote_write", "scrape_configs")
_OWN_NAME = "give your variable another name"


@functools.cache
def played_inputs() -> frozenset[str]:
    """Return the names of all variables that the playbooks set for their plays, above the inventory.

    Those with two underscores are registered by the run itself, and so are in the variables of its hosts.
    """
    files = [parsed(path.read_text(encoding="utf-8")) for path in _VARS.glob("*.yml")]
    return frozenset(name for said in files for name in said if not name.startswith("__"))


@functools.cache
def _internals(role: str) -> frozenset[str]:
    """Return the names of the variables of a role that are no inputs, and lie above the inventory too."""
    path = ROLES / role / "vars" / "main.yml"
    return frozenset(parsed(path.read_text(encoding="utf-8")) if path.exists() else ())


def shadowed_inputs(hosts: Iterable[HostInputs]) -> Iterator[Problem]:
    """Yield a problem for each variable of a played host, or of the command line, that overrides an input."""
    for host in (host for host in hosts if host.services):
        for name in sorted(host.variable_names):
            if rest := "" if name.startswith(host.foreign) else _shadowed(name, host):
                yield Problem(name, host.name, rest)


def _shadowed(name: str, host: HostInputs) -> str:
    if name in played_inputs():
        return f"is set by the playbooks, whatever the inventory says: {INSTEAD.get(name, _OWN_NAME)}."
    if name.startswith("__"):
        role = next((role for role in host.services if name in _internals(role)), "")
        return f"is an internal variable of the role {role}: set one of its inputs instead." if role else ""
    provisioned = [known for service in host.services for known in PROVISIONED.get(service, ())]
    if name.startswith("provision_") and name not in provisioned:
        near = difflib.get_close_matches(name, provisioned, n=1, cutoff=_ALIKE)
        return f"is not a variable of this collection: correct it to {near[0]}, or remove it." if near else ""
    return ""


def invalid_additions(host: HostInputs) -> Iterator[Problem]:
    """Yield a problem for what a host adds to that which the playbooks find, and which cannot be added."""
    if host.services:
        names = [*host.certified, *(each["name"] for each in host.value("certificates_more_services", []))]
        if twice := [name for name, times in Counter(names).items() if times > 1]:
            rest = f"contains {listed(twice)} more than once: a service has one certificate, so list it once."
            yield Problem("certificates_more_services", host.name, rest)
    peers = host.value("alertmanager_more_peers", []) if "alertmanager" in host.services else []
    for lacking in (key for key in ("host", "address", "identity") if not all(peer.get(key) for peer in peers)):
        yield Problem("alertmanager_more_peers", host.name, f"needs {lacking} in each entry: set it.")
    if "prometheus" in host.services:
        for service, targets in host.value("prometheus_more_targets", {}).items():
            for wrong in _wrong_targets(targets):
                yield Problem("prometheus_more_targets", host.name, f"cannot be used: {service} {wrong}")


def replaced_inputs(host: HostInputs) -> Iterator[Problem]:
    """Yield a problem for each list of an input that a list in upstream's configuration would take the place of."""
    if "prometheus" in host.services:
        for key in (key for key in _TWICE if key in host.value("prometheus_config", {})):
            if host.value(f"prometheus_{key}"):
                rest = f"has no effect, because prometheus_config.{key} replaces it: set only one of them."
                yield Problem(f"prometheus_{key}", host.name, rest)


def _wrong_targets(targets: Any) -> Iterator[str]:
    if not isinstance(targets, list) or not all(isinstance(each, Mapping) and each.get("address") for each in targets):
        yield "has to be a list of targets, each with an address and its port."
        return
    for labels in (each.get("labels") or {} for each in targets):
        yield from wrong_labels(labels, ("host", "instance")) if isinstance(labels, Mapping) else ["has no labels."]
