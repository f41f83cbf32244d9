#!/usr/bin/python

# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: trace_analysis
short_description: Find out what makes requests slow or fail, and what a fix gains
version_added: 1.0.0
author: Vigil contributors (@vigil-observability)
extends_documentation_fragment: [vigil.observability.connection, vigil.observability.connection.reads]
description:
  - Reads the traces of a window from Jaeger 2, or from files, and reports on each service and each operation at which
    requests enter it, on operations by what a fix of them gains, and on faults with three traces as evidence.
  - Faults are statements in a loop (N+1), chatty calls, fan-outs, calls in sequence that could be made at once,
    retries, waits between a client and its server, time-outs, and where the errors of requests begin.
  - What could not be seen is stated before any conclusion, in RV(analysis.coverage).
  - Jaeger is asked in slices of the window, and those that are full or fail are halved, so that the traces that are
    read are spread evenly over it.
options:
  url:
    description: Address of Jaeger's query, such as V(https://monitor1:16686), optionally with a path.
    type: str
    required: false
  files:
    description:
      - Files with traces in place of O(url), as OTLP in JSON (one document, or one a line) or as Jaeger's JSON.
    type: list
    elements: path
    default: []
  baseline_files:
    description: Files with earlier traces, with which O(files) are compared.
    type: list
    elements: path
    default: []
  services:
    description: Services whose traces are read. Defaults to all that Jaeger knows.
    type: list
    elements: str
    default: []
  start:
    description: Start of the window, as V(now-1h), seconds since 1970, or RFC 3339 with a time zone.
    type: str
    default: now-1h
  end: {description: "End of the window, in the same formats as O(start).", type: str, default: now}
  baseline_start:
    description: Start of an earlier window of the same length, with which the window is compared.
    type: str
  limit:
    description: How many traces of each service are read at most.
    type: int
    default: 1000
  trace_url:
    description:
      - Address of a trace for people, with V({trace}) in place of its id, for example in Grafana. Defaults to the page
        of Jaeger at O(url).
    type: str
  prometheus:
    description:
      - Prometheus with the span metrics of Jaeger. Where it has a service, requests, errors, quantiles and means are
        those of all requests of the window, and not only of those whose traces were kept.
      - Its options can come from the environment, as those of M(vigil.observability.prometheus_query) do.
    type: dict
    suboptions:
      url: {description: "Address, such as V(https://monitor1:9090).", type: str, required: true}
      username: {description: "User to log in as, with O(prometheus.password).", type: str}
      password: {description: "Password of O(prometheus.username).", type: str}
      token: {description: "Token to use instead of them.", type: str}
      ca_path: {description: "File with the trusted certificate authorities.", type: path}
      client_cert: {description: "File with a client certificate.", type: path}
      client_key: {description: "File with the key of O(prometheus.client_cert).", type: path}
      validate_certs: {description: "Whether its certificate must be valid.", type: bool, default: true}
"""

EXAMPLES = r"""
- name: Find out what makes requests slow
  vigil.observability.trace_analysis:
    url: https://monitor1:16686
    username: analysis
    password: "{{ jaeger_passwords.analysis }}"
    ca_path: /etc/vigil/certificates/authorities.crt
    start: now-1h
    baseline_start: now-25h
    prometheus:
      url: https://monitor1:9090
      username: admin
      password: "{{ prometheus_passwords.admin }}"
      ca_path: /etc/vigil/certificates/authorities.crt
  register: traces

- name: Show what a fix gains
  ansible.builtin.debug:
    msg: "{{ traces.analysis.findings | map(attribute='sentence') }}"
"""

RETURN = r"""
msg: {description: The analysis in one sentence., returned: success, type: str}
analysis:
  description: Times in milliseconds, shares from 0 to 1.
  returned: success
  type: dict
  contains:
    coverage:
      description:
        - How many traces and spans were read, which are incomplete, and whose clocks differ.
        - C(failed) are slices of the window that could not be read, C(truncated) services with more traces than
          O(limit), C(without_traces) services with span metrics only, C(notes) what cannot be concluded, in sentences.
      type: dict
      returned: success
    services:
      description:
        - Requests, error rate, quantiles, mean, most and least of each service and of each of its entries.
        - C(source) is V(span metrics) or V(traces), C(kept) the share of all requests whose traces were read.
      type: list
      elements: dict
      returned: success
    operations:
      description:
        - Operations of most C(drag_ms) first, which is how much shorter a mean request gets if the operation itself
          costs nothing. C(self_ms) and C(critical_path_ms) are per request, too.
        - C(severity) is V(medium) for a mean over 1 s, V(high) for one over 5 s.
        - C(confidence) is V(low) if other calls overlap for more than a tenth of the requests that wait for it.
      type: list
      elements: dict
      returned: success
    findings:
      description:
        - Faults of most gain first, with C(kind), C(where), C(entry), C(sentence), C(gain_ms) of a request that is
          affected, C(share) of requests, C(confidence), and C(evidence). C(variant) is the usual order of the calls of
          a sequence, or what only passes an error on.
      type: list
      elements: dict
      returned: success
    changes:
      description: What differs from the earlier window, by call path. Empty without one.
      type: list
      elements: dict
      returned: success
    dependencies: {description: "Which service calls which.", type: list, elements: dict, returned: success}
    critical_paths:
      description: The critical path of each entry, as milliseconds by call path, and its slowest request.
      type: list
      elements: dict
      returned: success
requests: {description: How many requests the task made., returned: success, type: int}
connections: {description: How many connections the task opened., returned: success, type: int}
"""

from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any

from ansible.module_utils.basic import AnsibleModule, env_fallback

from ansible_collections.vigil.observability.plugins.module_utils._api.connection import (
    connection_rules,
    connection_spec,
    endpoint_of,
)
from ansible_collections.vigil.observability.plugins.module_utils._api.module import run_module
from ansible_collections.vigil.observability.plugins.module_utils._http.session import Endpoint, Session
from ansible_collections.vigil.observability.plugins.module_utils._jaeger.analysed import analysed
from ansible_collections.vigil.observability.plugins.module_utils._jaeger.windows import windows_of

_OPTIONS = {
    "url": {"type": "str", "fallback": (env_fallback, ["JAEGER_URL"])},
    "files": {"type": "list", "elements": "path", "default": []},
    "baseline_files": {"type": "list", "elements": "path", "default": []},
    "services": {"type": "list", "elements": "str", "default": []},
    "start": {"type": "str", "default": "now-1h"},
    "end": {"type": "str", "default": "now"},
    "baseline_start": {"type": "str"},
    "limit": {"type": "int", "default": 1000},
    "trace_url": {"type": "str"},
    "prometheus": {
        "type": "dict",
        "options": {
            name: option
            for name, option in connection_spec("PROMETHEUS").items()
            if name not in ("timeout", "deadline", "retries")
        },
        **connection_rules(),
    },
}


def _endpoint(parameters: Mapping[str, Any]) -> Endpoint:
    # Files need no server. The session that run_module opens is then never used.
    return endpoint_of(parameters if parameters["url"] else {**parameters, "url": "https://localhost"})


def _act(module: AnsibleModule, session: Session) -> dict[str, Any]:
    windows = windows_of(module.params, datetime.now(timezone.utc))
    return {"changed": False, **analysed(session, module.params, windows)}


def main() -> None:
    """Run the module."""
    run_module("JAEGER", _OPTIONS, _endpoint, _act)


if __name__ == "__main__":
    main()
