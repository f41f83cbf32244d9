#!/usr/bin/python
# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: grafana_dashboards
short_description: The dashboards of an organisation of Grafana
version_added: 1.0.0
author: Vigil contributors (@vigil-observability)
description:
  - Creates, updates, moves and deletes any number of dashboards over one connection. Lists all that is there with one
    request for each 1,000, reads each of O(dashboards) with one more, and writes those that differ. A change that
    somebody made in the browser is therefore noticed, and an unchanged run writes nothing.
  - Nothing is ever overwritten by its title. A title that another dashboard of the folder has, a uid that belongs to a
    folder, and a dashboard that comes from a file on the server are refused by name before anything is written.
  - Library panels are left alone; what a dashboard says of them is stored as it is.
extends_documentation_fragment:
  - vigil.observability.connection
  - vigil.observability.connection.changes
  - vigil.observability.grafana
options:
  dashboards:
    description: Dashboards. Each uid, and each title in a folder, may be there once.
    type: list
    elements: dict
    required: true
    suboptions:
      dashboard:
        description:
          - Model of the dashboard, as Grafana exports it, its API answers it, or a filter makes it, as data or as JSON
            text. Its C(id) and C(version) do not matter. Needed unless O(state=absent).
          - A model that leaves data sources open (C(__inputs), as on grafana.com) needs O(inputs).
        type: dict
      uid:
        description: By what the dashboard is known. Without it that of the model, which has to have one.
        type: str
      folder_uid:
        description: Folder that it lies in, by its uid. Without it O(folder_uid).
        type: str
      inputs:
        description: Values for its C(__inputs), before those of O(inputs).
        type: dict
  folder_uid:
    description: Folder of the dashboards that name none. Empty is the top.
    type: str
    default: ""
  inputs:
    description: Values for C(__inputs) by name, such as C(DS_PROMETHEUS), where it is a data source its uid.
    type: dict
    default: {}
  owner:
    description:
      - Tag that every dashboard gets which is written, and by which O(prune) knows what is ours. An empty one adds no
        tag.
      - Lists that are applied apart from each other and prune need owners apart. A copy that somebody saves with the
        tags counts as ours too.
    type: str
    default: vigil.observability
  version_message:
    description: What the history of a dashboard says of a change.
    type: str
    default: Written by Ansible
  state:
    description: Whether they are to be there. V(absent) deletes them, whoever made them.
    type: str
    choices: [present, absent]
    default: present
  prune:
    description: Delete the dashboards with the tag of O(owner) that are not listed.
    type: bool
    default: false
seealso:
  - module: vigil.observability.grafana_folders
  - module: vigil.observability.grafana_datasources
"""

EXAMPLES = r"""
- name: Provision all dashboards of a directory, with a directory in it for each folder
  vigil.observability.grafana_dashboards:
    url: https://monitor1:3000
    username: admin
    password: "{{ grafana_passwords.admin }}"
    ca_path: /etc/vigil/certificates/authorities.crt
    dashboards: "{{ 'dashboards' | vigil.observability.dashboard_files }}"
    prune: true

- name: Provision one that was downloaded from grafana.com
  vigil.observability.grafana_dashboards:
    url: https://monitor1:3000
    token: "{{ grafana_token }}"
    folder_uid: hosts
    inputs: {DS_PROMETHEUS: prometheus}
    dashboards:
      - dashboard: "{{ lookup('ansible.builtin.file', 'node-exporter-full.json') }}"
"""

RETURN = r"""
created: {description: Uids of the dashboards that were created., returned: success, type: list, elements: str}
updated: {description: Uids of the dashboards that were changed or moved., returned: success, type: list, elements: str}
deleted: {description: Uids of the dashboards that were deleted., returned: success, type: list, elements: str}
unchanged: {description: Uids of those that already were as wanted., returned: success, type: list, elements: str}
requests: {description: How many requests the task made., returned: success, type: int}
connections: {description: How many connections it took., returned: success, type: int}
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.vigil.observability.plugins.module_utils import _grafana_dashboards
from ansible_collections.vigil.observability.plugins.module_utils._api_module import apply
from ansible_collections.vigil.observability.plugins.module_utils._grafana import (
    OWNER,
    grafana_api,
    run_grafana_module,
)
from ansible_collections.vigil.observability.plugins.module_utils._grafana_search import search
from ansible_collections.vigil.observability.plugins.module_utils._http import Session
from ansible_collections.vigil.observability.plugins.module_utils._plan import PlanError

_DASHBOARD = {
    "dashboard": {"type": "dict"},
    "uid": {"type": "str"},
    "folder_uid": {"type": "str"},
    "inputs": {"type": "dict"},
}
_OPTIONS = {
    "dashboards": {
        "type": "list",
        "elements": "dict",
        "required": True,
        "options": _DASHBOARD,
        "required_one_of": [("dashboard", "uid")],
    },
    "folder_uid": {"type": "str", "default": ""},
    "inputs": {"type": "dict", "default": {}},
    "owner": {"type": "str", "default": OWNER},
    "version_message": {"type": "str", "default": "Written by Ansible"},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "prune": {"type": "bool", "default": False},
}


def _act(module: AnsibleModule, session: Session) -> dict[str, Any]:
    parameters = module.params
    absent, owner = parameters["state"] == "absent", parameters["owner"]
    if parameters["prune"] and (absent or not owner):
        raise PlanError("prune needs an owner, whose tag says what is ours, and state present.")
    wanted = _wanted(parameters, absent=absent)
    api = grafana_api(module, session)
    hits = search(api)
    missing = [] if absent else _grafana_dashboards.missing_folders(wanted.values(), hits)
    if missing:
        named = f"There is no folder with the uid {', '.join(map(repr, missing))}"
        if not module.check_mode:
            raise PlanError(f"{named}: make it with grafana_folders, or correct folder_uid.")
        module.warn(f"{named} yet.")
    ours = [uid for uid, hit in hits.items() if parameters["prune"] and owner in hit.tags and not hit.is_folder]
    plan = _grafana_dashboards.plan(api, wanted, hits, prunable=ours, absent=absent)
    apply(module, plan, _grafana_dashboards.write(api, parameters["version_message"]))
    return {**plan.outcome(), **({"diff": plan.diffs(_grafana_dashboards.shown)} if module._diff else {})}


def _wanted(parameters: dict[str, Any], *, absent: bool) -> dict[str, Any]:
    listed = parameters["dashboards"]
    for index, item in enumerate(listed):
        if not absent and item["dashboard"] is None:
            raise PlanError(f"dashboards[{index}] ({item['uid']!r}) needs dashboard, its model.")
        if absent and not _uid(item):
            raise PlanError(f"dashboards[{index}] has no uid: give uid, or a model with one.")
    if absent:
        return dict.fromkeys(map(_uid, listed))
    shared = {name: parameters[name] for name in ("folder_uid", "inputs")}
    return _grafana_dashboards.desired(listed, **shared, tag=parameters["owner"])


def _uid(item: dict[str, Any]) -> str:
    return str(item["uid"] or (item["dashboard"] or {}).get("uid") or "")


def main() -> None:
    """Run the module."""
    run_grafana_module(_OPTIONS, _act)


if __name__ == "__main__":
    main()
