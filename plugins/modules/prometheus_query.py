# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: prometheus_query
short_description: Query Prometheus at an instant or over a range
version_added: 1.0.0
author: Vigil contributors (@vigil-observability)
description:
  - Evaluates an expression in PromQL. Warnings of Prometheus become warnings of the task, so that a partial result is
    not mistaken for a complete one.
extends_documentation_fragment:
  - vigil.observability.connection
  - vigil.observability.connection.reads
options:
  query: {description: Expression in PromQL., type: str, required: true}
  time:
    description: Instant of the evaluation, in the same formats as O(start). Defaults to now, unless O(start) is given.
    type: str
  start:
    description: Start of a range, as V(now), V(now-1h), seconds since 1970, or RFC 3339 with a time zone.
    type: str
  end: {description: "End of the range, in the same formats as O(start).", type: str, default: now}
  step: {description: Distance between points of the range., type: str, default: 1m}
"""

EXAMPLES = r"""
- name: Count the targets that are down
  vigil.observability.prometheus_query:
    url: https://monitor1:9090
    username: admin
    password: "{{ prometheus_passwords.admin }}"
    ca_path: /etc/vigil/certificates/authorities.crt
    query: sum(up == bool 0)
  register: down

- name: Fail if there are any
  ansible.builtin.assert:
    that: down.value == 0

- name: Read the load of the last day
  vigil.observability.prometheus_query:
    url: https://monitor1:9090
    username: admin
    password: "{{ prometheus_passwords.admin }}"
    query: node_load1
    start: now-1d
    step: 5m
"""

RETURN = r"""
result_type:
  description: C(vector), C(matrix), C(scalar) or C(string).
  returned: success
  type: str
result:
  description: Series with C(metric) and C(value), or C(values) of a range, or histograms, as Prometheus returns them.
  returned: success
  type: list
  elements: raw
value:
  description: The value, if the result is a single one at an instant.
  returned: when the result is a single value
  type: float
infos: {description: Notes of Prometheus on the expression., returned: success, type: list, elements: str}
requests: {description: How many requests the task made., returned: success, type: int}
connections: {description: How many connections the task opened., returned: success, type: int}
"""

from datetime import datetime, timezone
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.vigil.observability.plugins.module_utils._api.durations import instant
from ansible_collections.vigil.observability.plugins.module_utils._api.plan import PlanError
from ansible_collections.vigil.observability.plugins.module_utils._http.session import Session
from ansible_collections.vigil.observability.plugins.module_utils._prometheus.client import (
    ask,
    prometheus_api,
    range_of,
    run_prometheus_module,
)

_OPTIONS = {
    "query": {"type": "str", "required": True},
    "time": {"type": "str"},
    "start": {"type": "str"},
    "end": {"type": "str", "default": "now"},
    "step": {"type": "str", "default": "1m"},
}


def _act(module: AnsibleModule, session: Session) -> dict[str, Any]:
    parameters = module.params
    if parameters["time"] and parameters["start"]:
        raise PlanError("time selects an instant and start a range: give only one of them.")
    over = range_of(parameters) if parameters["start"] else None
    now = datetime.now(timezone.utc)
    at = instant(parameters["time"], "time", now=now).timestamp() if parameters["time"] else None
    answer = ask(prometheus_api(session), parameters["query"], over=over, at=at)
    for warning in answer["warnings"]:
        module.warn(f"Prometheus at {session.endpoint.url} returned a warning for {parameters['query']!r}: {warning}")
    return {"changed": False, **_values(answer), "infos": answer["infos"]}


def _values(answer: dict[str, Any]) -> dict[str, Any]:
    kind, result = answer["resultType"], answer["result"]
    found = [item["value"] for item in result if "value" in item] if kind == "vector" else []
    found = [result] if kind == "scalar" else found
    one = {"value": float(found[0][1])} if len(found) == 1 else {}
    return {"result_type": kind, "result": result, **one}


def main() -> None:
    """Run the module."""
    run_prometheus_module(_OPTIONS, _act)


if __name__ == "__main__":
    main()
