# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: dashboard_data
short_description: Read the metrics and alerts of an application over a time range
version_added: 1.0.0
author: Vigil contributors (@vigil-observability)
description:
  - Reads from Prometheus what the dashboard of an application shows first, response time, error rate, throughput,
    orders and active users, with the same expressions, and the alerts that were firing. Use it for reports.
extends_documentation_fragment:
  - vigil.observability.connection
  - vigil.observability.connection.reads
options:
  name: {description: "Name of the application, as in the label C(service) of alerts.", type: str, required: true}
  job: {description: Prometheus job that scrapes it. Defaults to O(name)., type: str}
  metrics:
    description: Names of its metrics, as in the description of the application (C(orders), C(active_users) and others).
    type: dict
    default: {}
  matchers:
    description: Matchers of the requests to count, in PromQL, as in the C(matchers) of the application.
    type: list
    elements: str
    default: []
  start:
    description: Start of the range, such as V(now-1h), in seconds since 1970 or in RFC 3339 with its zone.
    type: str
    default: now-1h
  end: {description: "End of the range, like O(start).", type: str, default: now}
  step: {description: Time between points., type: str, default: 1m}
seealso:
  - plugin: vigil.observability.application_dashboard
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Read the last day of the shop
  vigil.observability.dashboard_data:
    url: https://monitor1:9090
    username: admin
    password: "{{ prometheus_passwords.admin }}"
    ca_path: /etc/vigil/certificates/authorities.crt
    name: shop
    metrics: {orders: orders_total, active_users: active_users_total}
    start: now-1d
    step: 5m
  register: shop

- name: Show how many alerts there were
  ansible.builtin.debug:
    msg: "{{ shop.alerts | length }} alerts, {{ shop.alerts | selectattr('active') | length }} of them are still firing"
"""

RETURN = r"""
series:
  description:
    - C(response_time) (mean, in seconds), C(error_rate) (percent), C(throughput) and C(order_rate) (per second) and
      C(active_users), the last two if the application has such metrics.
    - Each has C(unit), C(expr) and C(points), a list of time (seconds since 1970) and value, null if not a number.
      Without traffic, there are no points.
  returned: success
  type: dict
alerts:
  description: Alerts with C(labels), the C(first) and C(last) time at which they fired, and whether they are C(active).
  returned: success
  type: list
  elements: dict
requests: {description: Number of requests that the task made., returned: success, type: int}
connections: {description: Number of connections that it used., returned: success, type: int}
"""

import math
from collections.abc import Iterable, Mapping
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.vigil.observability.plugins.module_utils._api.plan import PlanError
from ansible_collections.vigil.observability.plugins.module_utils._http.session import Session
from ansible_collections.vigil.observability.plugins.module_utils._prometheus.application_queries import (
    METRIC_NAMES,
    ApplicationQueries,
    quoted,
    report_series,
)
from ansible_collections.vigil.observability.plugins.module_utils._prometheus.client import (
    ask,
    prometheus_api,
    range_of,
    run_prometheus_module,
)

_OPTIONS = {
    "name": {"type": "str", "required": True},
    "job": {"type": "str"},
    "metrics": {"type": "dict", "default": {}},
    "matchers": {"type": "list", "elements": "str", "default": []},
    "start": {"type": "str", "default": "now-1h"},
    "end": {"type": "str", "default": "now"},
    "step": {"type": "str", "default": "1m"},
}
_UNITS = {
    "response_time": "s",
    "error_rate": "percent",
    "throughput": "requests/s",
    "order_rate": "orders/s",
    "active_users": "users",
}
_HIDDEN = ("__name__", "alertstate")


def _expressions(parameters: Mapping[str, Any], job: str) -> dict[str, str]:
    unknown = sorted(set(parameters["metrics"]) - set(METRIC_NAMES))
    if unknown:
        raise PlanError(f"metrics contains unknown names: {', '.join(unknown)}. Use {', '.join(METRIC_NAMES)}.")
    metrics, matchers = {**METRIC_NAMES, **parameters["metrics"]}, tuple(parameters["matchers"])
    return report_series(ApplicationQueries(job=job, metrics=metrics, requests_where=matchers))


def _points(result: Iterable[Mapping[str, Any]]) -> list[list[float | None]]:
    # What is asked counts all instances together, so there is one series at most.
    numbers = [(when, float(value)) for series in result for when, value in series["values"]]
    return [[when, value if math.isfinite(value) else None] for when, value in numbers]


def _alerts(result: Iterable[Mapping[str, Any]], end: float, step: float) -> list[dict[str, Any]]:
    found = [
        {
            "labels": {name: value for name, value in series["metric"].items() if name not in _HIDDEN},
            "first": series["values"][0][0],
            "last": series["values"][-1][0],
            "active": series["values"][-1][0] > end - step,
        }
        for series in result
    ]
    return sorted(found, key=lambda alert: (alert["first"], sorted(alert["labels"].items())))


def _act(module: AnsibleModule, session: Session) -> dict[str, Any]:
    parameters = module.params
    over, job = range_of(parameters), parameters["job"] or parameters["name"]
    expressions, api = _expressions(parameters, job), prometheus_api(session)
    series = {
        name: {"unit": _UNITS[name], "expr": expr, "points": _points(ask(api, expr, over=over)["result"])}
        for name, expr in expressions.items()
    }
    firing = 'ALERTS{{alertstate="firing",{}={}}}'
    alerts = f"{firing.format('service', quoted(parameters['name']))} or {firing.format('job', quoted(job))}"
    _start, end, step = over
    return {"changed": False, "series": series, "alerts": _alerts(ask(api, alerts, over=over)["result"], end, step)}


def main() -> None:
    """Run the module."""
    run_prometheus_module(_OPTIONS, _act)


if __name__ == "__main__":
    main()
