# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: alertmanager_info
short_description: Read alerts, silences, receivers and the status of an Alertmanager
version_added: 1.0.0
author: Vigil contributors (@vigil-observability)
description:
  - Reads alerts, silences, receivers and the status of the server and its mesh, without the configuration.
extends_documentation_fragment:
  - vigil.observability.connection
  - vigil.observability.connection.reads
options:
  gather:
    description: What to read. Each takes one request.
    type: list
    elements: str
    choices: [alerts, receivers, silences, status]
    default: [alerts, receivers, silences, status]
  filters:
    description: Matchers that select alerts and silences, such as V(severity="critical").
    type: list
    elements: str
    default: []
"""

EXAMPLES = r"""
- name: Read the critical alerts
  vigil.observability.alertmanager_info:
    url: https://monitor1:9093
    username: admin
    password: "{{ alertmanager_passwords.admin }}"
    ca_path: /etc/vigil/certificates/authorities.crt
    gather: [alerts]
    filters: ['severity="critical"']
"""

RETURN = r"""
alerts: {description: Alerts with their labels and states., returned: when gathered, type: list, elements: dict}
receivers: {description: Receivers by name., returned: when gathered, type: list, elements: dict}
silences: {description: "Silences, including expired ones.", returned: when gathered, type: list, elements: dict}
status: {description: "Version, uptime and the members of the mesh.", returned: when gathered, type: dict}
requests: {description: How many requests the task made., returned: success, type: int}
connections: {description: How many connections the task opened., returned: success, type: int}
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.vigil.observability.plugins.module_utils._alertmanager.silences import (
    QUESTIONS,
    alertmanager_api,
    fetch,
    run_alertmanager_module,
)
from ansible_collections.vigil.observability.plugins.module_utils._http.session import Session

_OPTIONS = {
    "gather": {"type": "list", "elements": "str", "choices": list(QUESTIONS), "default": list(QUESTIONS)},
    "filters": {"type": "list", "elements": "str", "default": []},
}


def _act(module: AnsibleModule, session: Session) -> dict[str, Any]:
    return {"changed": False, **fetch(alertmanager_api(session), module.params["gather"], module.params["filters"])}


def main() -> None:
    """Run the module."""
    run_alertmanager_module(_OPTIONS, _act)


if __name__ == "__main__":
    main()
