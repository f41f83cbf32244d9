# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: prometheus_info
short_description: Read targets, rules, alerts and the status of a Prometheus
version_added: 1.0.0
author: Vigil contributors (@vigil-observability)
description:
  - Reads targets, rules, alerts and the status of the server.
extends_documentation_fragment:
  - vigil.observability.connection
  - vigil.observability.connection.reads
options:
  gather:
    description: What to read. Each takes one request.
    type: list
    elements: str
    choices: [alerts, build, flags, rules, runtime, targets, tsdb]
    default: [alerts, build, rules, runtime, targets]
"""

EXAMPLES = r"""
- name: Read the targets
  vigil.observability.prometheus_info:
    url: https://monitor1:9090
    username: admin
    password: "{{ prometheus_passwords.admin }}"
    ca_path: /etc/vigil/certificates/authorities.crt
    gather: [targets]
  register: prometheus

- name: Show those that are down
  ansible.builtin.debug:
    msg: "{{ prometheus.targets.activeTargets | rejectattr('health', '==', 'up') | map(attribute='lastError') }}"
"""

RETURN = r"""
alerts: {description: Pending and firing alerts., returned: when gathered, type: dict}
build: {description: Version and build information., returned: when gathered, type: dict}
flags: {description: Flags of the server., returned: when gathered, type: dict}
rules: {description: "Groups of rules, with the health and state of each.", returned: when gathered, type: dict}
runtime: {description: "Start time, configuration, retention and more.", returned: when gathered, type: dict}
targets: {description: "Active targets, with health and last error.", returned: when gathered, type: dict}
tsdb: {description: Series by metric and label., returned: when gathered, type: dict}
requests: {description: How many requests the task made., returned: success, type: int}
connections: {description: How many connections the task opened., returned: success, type: int}
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.vigil.observability.plugins.module_utils._http.session import Session
from ansible_collections.vigil.observability.plugins.module_utils._prometheus.client import (
    QUESTIONS,
    fetch,
    prometheus_api,
    run_prometheus_module,
)

_OPTIONS = {
    "gather": {
        "type": "list",
        "elements": "str",
        "choices": list(QUESTIONS),
        "default": ["alerts", "build", "rules", "runtime", "targets"],
    }
}


def _act(module: AnsibleModule, session: Session) -> dict[str, Any]:
    return {"changed": False, **fetch(prometheus_api(session), module.params["gather"])}


def main() -> None:
    """Run the module."""
    run_prometheus_module(_OPTIONS, _act)


if __name__ == "__main__":
    main()
