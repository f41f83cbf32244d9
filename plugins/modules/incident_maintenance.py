# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: incident_maintenance
short_description: Open, plan and end windows in which automation leaves a service, a host or everything alone
version_added: 1.0.0
author: Vigil contributors (@vigil-observability)
description:
  - Opens a window of maintenance or a freeze in incident_response before planned work, and ends it afterwards.
  - O(kind), the service or host, and O(reason) identify a window, whoever opened it. Other windows are never touched.
  - A window changes no alert and no notification; M(vigil.observability.alertmanager_silence) does.
extends_documentation_fragment:
  - vigil.observability.connection
  - vigil.observability.connection.changes
options:
  kind:
    description: V(maintenance) of a service or a host, or a V(freeze) of one of them, or of everything.
    type: str
    choices: [maintenance, freeze]
    default: maintenance
  service:
    description: Service that automation leaves alone. Mutually exclusive with O(host).
    type: str
  host:
    description: Host that automation leaves alone, as the label C(host) of its alerts has it.
    type: str
  reason:
    description: Why, for people who look at incidents meanwhile.
    type: str
    required: true
  starts_at:
    description:
      - When the window begins, at most 90 days ahead, such as V(2026-03-10T22:00:00+01:00). By default, now.
      - A window that begins within a minute of it is the same one, also once it has begun.
    type: str
  minutes:
    description:
      - Minutes from its begin until the window ends by itself, at most 129600 (90 days). Choose more than the work
        takes, so that it also ends if O(state=absent) is never reached.
    type: int
    default: 60
  tolerance:
    description: A window that ends up to so many minutes earlier than it would now stays, else it is replaced.
    type: int
    default: 5
  state:
    description: Whether the window should be open or planned. V(absent) ends it, also before it begins.
    type: str
    choices: [present, absent]
    default: present
"""

EXAMPLES = r"""
- name: Keep automation from the shop during its deployment
  vigil.observability.incident_maintenance:
    url: https://monitor1:9095
    username: deployer
    password: "{{ incident_response_account_passwords.deployer }}"
    ca_path: /etc/vigil/certificates/authorities.crt
    service: shop
    reason: Deployment of the shop
    minutes: 30

- name: Plan the maintenance of a host
  vigil.observability.incident_maintenance:
    url: https://monitor1:9095
    username: deployer
    password: "{{ incident_response_account_passwords.deployer }}"
    ca_path: /etc/vigil/certificates/authorities.crt
    host: web1
    reason: New disks
    starts_at: "2026-03-10T22:00:00+01:00"
    minutes: 120

- name: End the window
  vigil.observability.incident_maintenance:
    url: https://monitor1:9095
    username: deployer
    password: "{{ incident_response_account_passwords.deployer }}"
    ca_path: /etc/vigil/certificates/authorities.crt
    service: shop
    reason: Deployment of the shop
    state: absent
"""

RETURN = r"""
window: {description: Number of the window., returned: when one is open or planned, type: int}
starts_at: {description: When it begins., returned: when one is open or planned, type: str}
ends_at: {description: When it ends by itself., returned: when one is open or planned, type: str}
requests: {description: How many requests the task made., returned: success, type: int}
connections: {description: How many connections the task opened., returned: success, type: int}
"""

from datetime import datetime, timezone
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.vigil.observability.plugins.module_utils._api.module import apply
from ansible_collections.vigil.observability.plugins.module_utils._http.session import Session
from ansible_collections.vigil.observability.plugins.module_utils._incidents.client import (
    IncidentResponse,
    person_in,
    run_incident_module,
)
from ansible_collections.vigil.observability.plugins.module_utils._incidents.windows import Windows

_OPTIONS = {
    "kind": {"type": "str", "choices": ["maintenance", "freeze"], "default": "maintenance"},
    "service": {"type": "str"},
    "host": {"type": "str"},
    "reason": {"type": "str", "required": True},
    "starts_at": {"type": "str"},
    "minutes": {"type": "int", "default": 60},
    "tolerance": {"type": "int", "default": 5},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
}


def _act(module: AnsibleModule, session: Session) -> dict[str, Any]:
    absent = module.params["state"] == "absent"
    person_in(module.params)
    now = datetime.now(timezone.utc)
    windows = Windows.of(IncidentResponse(session), module.params, now)
    resource = windows.resource(now, absent=absent)
    made = apply(module, resource.plan(absent=absent))
    result: dict[str, Any] = {name: made[name] for name in ("changed", "diff") if name in made}
    if not absent:
        window = (resource.there if windows.name in made["unchanged"] else resource.wanted)[windows.name]
        result.update({key: window[key] for key in ("starts_at", "ends_at")})
        result.update({"window": window["id"]} if "id" in window else {})
    return result


def main() -> None:
    """Run the module."""
    run_incident_module(_OPTIONS, _act)


if __name__ == "__main__":
    main()
