# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: stack_datasources
short_description: Grafana's data sources for the services of an inventory, linked with each other
version_added: 1.0.0
author: Vigil contributors (@vigil-observability)
description:
  - Every Prometheus and Alertmanager, and one Elasticsearch and one Jaeger where they exist. The first of each has the
    name of its service as its uid, so dashboards keep working when a machine is removed. Grafana lists the alert rules
    of only the first Prometheus, because its replicas have the same.
  - Where both ends exist, exemplars link to their traces, traces to logs and metrics, and logs to their traces.
positional: passwords
options:
  _input:
    description: Targets by service, as P(vigil.observability.inventory_targets#filter) gives them.
    type: dict
    required: true
  passwords:
    description: Password of the user C(grafana) at each service. A service without one is read without a password.
    type: dict
    required: true
  authorities: {description: "Certificates of authorities that sign for the services, as text.", type: str, default: ""}
  scrape_interval: {description: How often Prometheus reads a target., type: str, default: 15s}
  logs_index: {description: Index or data stream of the logs., type: str, default: logs-*}
seealso:
  - module: vigil.observability.grafana_datasources
"""

EXAMPLES = r"""
- name: Show the data sources, without their passwords
  ansible.builtin.debug:
    msg: "{{ targets | vigil.observability.stack_datasources({}) | map(attribute='url') }}"
  vars:
    targets: "{{ hostvars | vigil.observability.inventory_targets(groups) }}"
"""

RETURN = r"""
_value:
  description: Entries for the option C(datasources) of M(vigil.observability.grafana_datasources).
  type: list
  elements: dict
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ansible_collections.vigil.observability.plugins.plugin_utils._formats.same_text import same_text

Source = dict[str, Any]

_NAMES = {
    "prometheus": "Prometheus",
    "alertmanager": "Alertmanager",
    "elasticsearch": "Elasticsearch",
    "jaeger": "Jaeger",
}
# One address is enough for what is a cluster of its own.
_ONE = ("elasticsearch", "jaeger")
_SHOWN = "${__value.raw}"


@same_text
def stack_datasources(
    targets: Mapping[str, Iterable[Mapping[str, Any]]],
    passwords: Mapping[str, str],
    *,
    authorities: str = "",
    scrape_interval: str = "15s",
    logs_index: str = "logs-*",
) -> list[Source]:
    """Return the data sources of all services that have targets, each with upstream's keys."""
    found = {service: list(targets.get(service, [])) for service in _NAMES}
    there = {service for service, items in found.items() if items}
    settings = {
        "prometheus": _prometheus(there, scrape_interval),
        "alertmanager": {"implementation": "prometheus", "handleGrafanaManagedAlerts": False},
        "elasticsearch": _elasticsearch(there, logs_index),
        "jaeger": _jaeger(there),
    }
    return [
        {
            **_source(service, number, target),
            **_access(passwords.get(service, ""), authorities, {**settings[service], **_shows_rules(service, number)}),
            **({"isDefault": True} if (service, number) == ("prometheus", 1) else {}),
        }
        for service, items in found.items()
        for number, target in enumerate(items[:1] if service in _ONE else items, start=1)
    ]


def _source(service: str, number: int, target: Mapping[str, Any]) -> Source:
    further = number > 1
    return {
        # Without a dash: Grafana 9 does not forward what is asked of a data source that has one in its uid.
        "uid": f"{service}_{number}" if further else service,
        "name": f"{_NAMES[service]} {number} ({target['host']})" if further else _NAMES[service],
        "type": service,
        "url": f"https://{target['address']}",
    }


def _access(password: str, authorities: str, settings: Source) -> Source:
    login = {"basicAuth": True, "basicAuthUser": "grafana"} if password else {}
    secrets = {"basicAuthPassword": password, "tlsCACert": authorities}
    trust = {"tlsAuthWithCACert": True} if authorities else {}
    given = {name: secret for name, secret in secrets.items() if secret}
    return {**login, "jsonData": {**settings, **trust}, **({"secureJsonData": given} if given else {})}


def _prometheus(there: set[str], scrape_interval: str) -> Source:
    exemplars = [{"name": "trace_id", "datasourceUid": "jaeger"}] if "jaeger" in there else []
    return {
        "httpMethod": "POST",
        "prometheusType": "Prometheus",
        "timeInterval": scrape_interval,
        "allowAsRecordingRulesTarget": False,
        **({"alertmanagerUid": "alertmanager"} if "alertmanager" in there else {}),
        **({"exemplarTraceIdDestinations": exemplars} if exemplars else {}),
    }


def _shows_rules(service: str, number: int) -> Source:
    """Return whether Grafana lists the rules, which belong to the configuration of Prometheus: once, not by replica."""
    return {"manageAlerts": number == 1} if service == "prometheus" else {}


def _elasticsearch(there: set[str], index: str) -> Source:
    link = {"field": "trace_id", "url": _SHOWN, "urlDisplayLabel": "Trace", "datasourceUid": "jaeger"}
    return {
        "index": index,
        "timeField": "@timestamp",
        "logMessageField": "message",
        "logLevelField": "level",
        **({"dataLinks": [link]} if "jaeger" in there else {}),
    }


def _jaeger(there: set[str]) -> Source:
    logs = {
        "datasourceUid": "elasticsearch",
        "spanStartTimeShift": "-5m",
        "spanEndTimeShift": "5m",
        "filterByTraceID": False,
        "filterBySpanID": False,
        "customQuery": True,
        "query": 'trace_id:"${__trace.traceId}"',
    }
    metrics = {
        "datasourceUid": "prometheus",
        "tags": [{"key": "service.name", "value": "service"}],
        "queries": [
            {"name": "Requests per second", "query": "service:spans:rate5m{$__tags}"},
            {"name": "Share of failed requests", "query": "service:spans:error_ratio5m{$__tags}"},
            {"name": "95th percentile of durations", "query": "service:spans:p95_5m{$__tags}"},
        ],
    }
    return {
        "nodeGraph": {"enabled": True},
        **({"tracesToLogsV2": logs} if "elasticsearch" in there else {}),
        **({"tracesToMetrics": metrics} if "prometheus" in there else {}),
    }


class FilterModule:
    """The filter stack_datasources."""

    def filters(self) -> dict[str, Callable[..., list[Source]]]:
        """Return the filter by its name."""
        return {"stack_datasources": stack_datasources}
