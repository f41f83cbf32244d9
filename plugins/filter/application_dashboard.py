# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: application_dashboard
short_description: The Grafana dashboard of an application, from its description
version_added: 1.0.0
author: Vigil contributors (@vigil-observability)
description:
  - Response times, error rate, throughput, use of processors and memory, orders and users, error budgets, firing
    alerts, and links to logs and traces. Deployments and incidents are marked in the graphs if a pipeline or a person
    records them in Grafana with the tags C(deployment) or C(incident) and the name of the application; new values of
    the label C(version) of its build are marked without that.
  - Needs the Python library C(grafana-foundation-sdk) on the controller, in the version that
    C(requirements/controller.txt) of the collection names.
options:
  _input:
    description:
      - The application. C(name) and C(team) are required; C(environment), C(job), C(matchers) (which requests count),
        C(runs_on) (V(systemd), V(process) or V(container)), C(unit), C(containers), C(limits), C(metrics),
        C(objectives), C(business), C(depends_on), C(logs_url) and C(traces_url) add more.
      - C(hosts), C(standby_hosts), C(scale_units) and C(failover_command) are for runbooks.
      - With C(measured_by) V(spans) in place of V(metrics), its requests are those that Jaeger counts of its spans,
        whose C(service.name) has to be the name of the application. Its instances and processes are then not known.
    type: dict
    required: true
  hosts:
    description: Whether Grafana has the page of the hosts, to which the application's dashboards then link.
    type: bool
    default: false
  alertmanager_url: {description: Where people silence alerts; empty for no link., type: str, default: ""}
  elasticsearch:
    description: Whether Grafana has an Elasticsearch data source with the logs.
    type: bool
    default: false
  jaeger:
    description: Whether Grafana has a Jaeger data source with the traces.
    type: bool
    default: false
  logs_query:
    description: Lucene query for the logs of the application in Elasticsearch. Defaults to one for C(service).
    type: str
    default: ""
  refresh: {description: Refresh interval of the dashboard., type: str, default: 30s}
"""

EXAMPLES = r"""
- name: Show the dashboard of a shop
  ansible.builtin.debug:
    msg: "{{ shop | vigil.observability.application_dashboard(jaeger=true) }}"
  vars:
    shop:
      name: shop
      team: sales
      metrics: {orders: orders_total, active_users: active_users_total}
      objectives:
        - {kind: availability, target: 0.999}
        - {kind: latency, target: 0.99, threshold: 0.5}
"""

RETURN = r"""
_value:
  description: The JSON model of the dashboard, which has the same C(uid) for the same name and no C(id).
  type: dict
"""

from collections.abc import Callable, Mapping
from typing import Any

from ansible.errors import AnsibleFilterError

from ansible_collections.vigil.observability.plugins.module_utils._errors.sentence import OperatorError
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.requirement import refuse_missing_library
from ansible_collections.vigil.observability.plugins.plugin_utils._formats.same_text import same_text


@same_text
def application_dashboard(
    described: Mapping[str, Any],
    *,
    hosts: bool = False,
    alertmanager_url: str = "",
    elasticsearch: bool = False,
    jaeger: bool = False,
    logs_query: str = "",
    refresh: str = "30s",
) -> dict[str, Any]:
    """Return the JSON model; raise AnsibleFilterError for a wrong description or a missing library."""
    from ansible_collections.vigil.observability.plugins.plugin_utils._applications.description import application
    from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.applications.page import (
        Sources,
        application_page,
    )

    sources = Sources(
        hosts=hosts,
        alertmanager_url=alertmanager_url,
        elasticsearch=elasticsearch,
        jaeger=jaeger,
        logs_query=logs_query,
    )
    try:
        refuse_missing_library()
        page = application_page(application(described), sources, refresh=refresh)
        made: dict[str, Any] = page.model()
    except OperatorError as error:
        raise AnsibleFilterError(f"application_dashboard: {error}") from error
    return made


class FilterModule:
    """The filter application_dashboard."""

    def filters(self) -> dict[str, Callable[..., dict[str, Any]]]:
        """Return the filter by its name."""
        return {"application_dashboard": application_dashboard}
