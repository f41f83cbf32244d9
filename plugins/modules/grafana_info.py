#!/usr/bin/python
# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: grafana_info
short_description: Read the contents of an organisation of Grafana
version_added: 1.0.0
author: Vigil contributors (@vigil-observability)
description:
  - Returns the names and uids of the objects in an organisation, and the models of its dashboards.
  - Returns no secrets. Settings of data sources and contact points are left out, because they may contain tokens.
extends_documentation_fragment:
  - vigil.observability.connection
  - vigil.observability.connection.reads
  - vigil.observability.grafana
options:
  gather:
    description: What to return. Folders and dashboards together take one request per 1,000, all others one each.
    type: list
    elements: str
    choices:
      - health
      - organisation
      - folders
      - dashboards
      - datasources
      - alert_rules
      - contact_points
      - mute_timings
      - templates
    default: [health, organisation]
  models:
    description: Whether to read the models of the dashboards too, which takes one request per dashboard.
    type: bool
    default: false
seealso:
  - module: vigil.observability.grafana_dashboards
"""

EXAMPLES = r"""
- name: List the dashboards
  vigil.observability.grafana_info:
    url: https://monitor1:3000
    token: "{{ grafana_token }}"
    gather: [health, folders, dashboards]
  register: found

- name: Show those that are not in a folder
  ansible.builtin.debug:
    msg: "{{ found.dashboards | selectattr('folder_uid', 'equalto', '') | map(attribute='title') }}"
"""

RETURN = r"""
health:
  description: Version of the server (C(version)) and state of its database (C(database)).
  returned: when gathered
  type: dict
organisation:
  description: C(id) and C(name).
  returned: when gathered
  type: dict
folders:
  description: C(uid), C(title) and C(parent_uid) of each folder, empty at the top level.
  returned: when gathered
  type: list
  elements: dict
dashboards:
  description:
    - C(uid), C(title), C(folder_uid) and C(tags) of each dashboard.
    - With O(models) also its C(dashboard), the model without C(id) and C(version), and C(provisioned_from), the file on
      the server that it comes from, if any.
  returned: when gathered
  type: list
  elements: dict
datasources:
  description: C(uid), C(name), C(type), C(url), C(access), C(is_default) and C(read_only) of each data source.
  returned: when gathered
  type: list
  elements: dict
alert_rules:
  description: C(uid), C(title), C(folder_uid), C(group) and C(provenance) of each alert rule.
  returned: when gathered
  type: list
  elements: dict
contact_points:
  description: C(uid), C(name), C(type) and C(provenance) of each integration of a contact point.
  returned: when gathered
  type: list
  elements: dict
mute_timings:
  description: C(name) and C(provenance) of each mute timing.
  returned: when gathered
  type: list
  elements: dict
templates:
  description: C(name) and C(provenance) of each notification template.
  returned: when gathered
  type: list
  elements: dict
requests: {description: How many requests the task made., returned: success, type: int}
connections: {description: How many connections the task opened., returned: success, type: int}
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.vigil.observability.plugins.module_utils._grafana.client import grafana_api, run_grafana_module
from ansible_collections.vigil.observability.plugins.module_utils._grafana.info import SUBJECTS, gathered
from ansible_collections.vigil.observability.plugins.module_utils._http.session import Session

_OPTIONS = {
    "gather": {"type": "list", "elements": "str", "choices": list(SUBJECTS), "default": ["health", "organisation"]},
    "models": {"type": "bool", "default": False},
}


def _act(module: AnsibleModule, session: Session) -> dict[str, Any]:
    api = grafana_api(module, session)
    return {"changed": False, **gathered(api, module.params["gather"], models=module.params["models"])}


def main() -> None:
    """Run the module."""
    run_grafana_module(_OPTIONS, _act)


if __name__ == "__main__":
    main()
