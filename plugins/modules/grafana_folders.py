#!/usr/bin/python
# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: grafana_folders
short_description: The folders of an organisation of Grafana
version_added: 1.0.0
author: Vigil contributors (@vigil-observability)
description:
  - Creates, renames, moves and deletes folders, nested ones too, over one connection. Lists all that is there with one
    request for each 1,000 folders and dashboards, and reads each of O(folders) with one more. Writes what differs.
  - A parent is made before its children and removed after them. A title that another folder of the same parent has is
    refused before anything is written; to Grafana before 9.5, titles that differ in signs alone are one.
  - A folder carries no mark of its owner, so that O(prune) goes by the beginning of the uid.
extends_documentation_fragment:
  - vigil.observability.connection
  - vigil.observability.connection.changes
  - vigil.observability.grafana
options:
  folders:
    description: Folders. Each uid, and each title in a parent, may be there once.
    type: list
    elements: dict
    required: true
    suboptions:
      uid:
        description: By what dashboards and alert rules refer to it.
        type: str
        required: true
      title:
        description: Title that people see. Needed unless O(state=absent).
        type: str
      parent_uid:
        description: Folder that it lies in, by its uid. Without it the folder is at the top. Needs Grafana 11.
        type: str
  state:
    description: Whether they are to be there. V(absent) deletes them, whoever made them.
    type: str
    choices: [present, absent]
    default: present
  prune:
    description:
      - Delete the folders whose uid begins with O(uid_prefix) and that are not listed.
      - One that still holds something stays, with a warning. Prune after the dashboards were pruned, in a task of its
        own.
    type: bool
    default: false
  uid_prefix:
    description: Beginning of the uids of all folders that this list owns. Needed with O(prune).
    type: str
    default: ""
  delete_contents:
    description:
      - Delete folders with all that they hold, dashboards, library panels and alert rules, whoever made them.
      - Otherwise O(state=absent) refuses a folder that is not empty, before anything is written.
    type: bool
    default: false
seealso:
  - module: vigil.observability.grafana_dashboards
"""

EXAMPLES = r"""
- name: Have a folder for each team, in one for all of them
  vigil.observability.grafana_folders:
    url: https://monitor1:3000
    username: admin
    password: "{{ grafana_passwords.admin }}"
    ca_path: /etc/vigil/certificates/authorities.crt
    folders:
      - {uid: team, title: Teams}
      - {uid: team-shop, title: Shop, parent_uid: team}
      - {uid: team-billing, title: Billing, parent_uid: team}

- name: Remove the folders of former teams, once their dashboards are gone
  vigil.observability.grafana_folders:
    url: https://monitor1:3000
    token: "{{ grafana_token }}"
    folders: "{{ team_folders }}"
    uid_prefix: team
    prune: true
"""

RETURN = r"""
created: {description: Uids of the folders that were created., returned: success, type: list, elements: str}
updated: {description: Uids of the folders that were renamed or moved., returned: success, type: list, elements: str}
deleted: {description: Uids of the folders that were deleted., returned: success, type: list, elements: str}
unchanged: {description: Uids of those that already were as wanted., returned: success, type: list, elements: str}
requests: {description: How many requests the task made., returned: success, type: int}
connections: {description: How many connections it took., returned: success, type: int}
"""

from ansible_collections.vigil.observability.plugins.module_utils._grafana.client import run_grafana_module
from ansible_collections.vigil.observability.plugins.module_utils._grafana.folders import OPTIONS, act


def main() -> None:
    """Run the module."""
    run_grafana_module(OPTIONS, act)


if __name__ == "__main__":
    main()
