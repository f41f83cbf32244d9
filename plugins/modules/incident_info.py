# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: incident_info
short_description: Read incidents, their post-mortems, and what automation leaves alone
version_added: 1.0.0
author: Vigil contributors (@vigil-observability)
description:
  - Reads incidents of the teams that O(username) may look at, whether all automation is stopped, and the open windows.
extends_documentation_fragment:
  - vigil.observability.connection
  - vigil.observability.connection.reads
options:
  incident:
    description: Number of one incident to read with its alerts, events and decisions, whatever the other options say.
    type: int
  state:
    description: State of the incidents to list.
    type: str
    choices: [open, closed, all]
    default: open
  service:
    description: Service of the incidents to list. Defaults to all.
    type: str
  team:
    description: Team of the incidents to list. Defaults to all.
    type: str
  limit:
    description: How many incidents are listed at most, the newest first.
    type: int
    default: 100
  post_mortem:
    description: Format in which the post-mortem of O(incident) is read.
    type: str
    choices: [md, html, json]
"""

EXAMPLES = r"""
- name: List the open incidents of the shop
  vigil.observability.incident_info:
    url: https://monitor1:9095
    username: ben
    password: "{{ incident_response_account_passwords.ben }}"
    ca_path: /etc/vigil/certificates/authorities.crt
    service: shop
  register: found

- name: Deploy only while the shop has no incident
  ansible.builtin.assert:
    that: found.incidents | length == 0

- name: Read the post-mortem of an incident
  vigil.observability.incident_info:
    url: https://monitor1:9095
    username: ben
    password: "{{ incident_response_account_passwords.ben }}"
    ca_path: /etc/vigil/certificates/authorities.crt
    incident: 4
    post_mortem: md
"""

RETURN = r"""
incidents:
  description:
    - Incidents with C(id), C(state), C(priority), C(services), C(teams), C(cause), C(holder) and more.
    - Of the one that O(incident) names also C(alerts), C(events), C(decisions), C(reports), C(onset), C(context) and
      C(changes).
  returned: success
  type: list
  elements: dict
post_mortem: {description: The post-mortem as text., returned: when O(post_mortem) is set, type: str}
stopped:
  description: Who stopped all automation (C(person)), when (C(at)) and why (C(reason)). Null while nobody has.
  returned: success
  type: dict
windows:
  description: Open windows of maintenance and freezes, with C(kind), C(service) or C(host), C(reason) and C(ends_at).
  returned: success
  type: list
  elements: dict
requests: {description: How many requests the task made., returned: success, type: int}
connections: {description: How many connections the task opened., returned: success, type: int}
"""

from collections.abc import Mapping
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.vigil.observability.plugins.module_utils._api.plan import PlanError
from ansible_collections.vigil.observability.plugins.module_utils._http.session import Session
from ansible_collections.vigil.observability.plugins.module_utils._incidents.client import (
    IncidentResponse,
    run_incident_module,
)

_OPTIONS = {
    "incident": {"type": "int"},
    "state": {"type": "str", "choices": ["open", "closed", "all"], "default": "open"},
    "service": {"type": "str"},
    "team": {"type": "str"},
    "limit": {"type": "int", "default": 100},
    "post_mortem": {"type": "str", "choices": ["md", "html", "json"]},
}


def _act(module: AnsibleModule, session: Session) -> dict[str, Any]:
    asked, service = module.params, IncidentResponse(session)
    number, kind = asked["incident"], asked["post_mortem"]
    if kind and number is None:
        raise PlanError("post_mortem needs incident, the number of the one whose post-mortem it is.")
    if asked["limit"] < 1:
        raise PlanError("limit must be at least 1.")

    def fits(incident: Mapping[str, Any]) -> bool:
        parts = (("service", "services"), ("team", "teams"))
        return all(asked[option] in (None, *incident[field]) for option, field in parts)

    found = service.incidents(asked["state"], asked["limit"], fits) if number is None else [service.incident(number)]
    text = {"post_mortem": service.post_mortem(number, kind)} if kind else {}
    return {"changed": False, "incidents": found, **service.automation(), **text}


def main() -> None:
    """Run the module."""
    run_incident_module(_OPTIONS, _act)


if __name__ == "__main__":
    main()
