#!/usr/bin/python
# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: grafana_folders
short_description: Manage the folders of an organisation of Grafana
version_added: 1.0.0
author: Vigil contributors (@vigil-observability)
description:
  - Creates, renames, moves and deletes folders, including nested ones, over one connection. Lists everything with one
    request per 1,000 folders and dashboards, reads each of O(folders) with one more, and writes what differs.
  - A parent is created before its children and deleted after them. A title that another folder with the same parent has
    is refused before anything is written. Grafana before 9.5 treats titles that differ only in punctuation as the same.
  - Folders cannot carry a mark of their owner, so O(prune) selects them by the prefix of the uid.
extends_documentation_fragment:
  - vigil.observability.connection
  - vigil.observability.connection.changes
  - vigil.observability.grafana
options:
  folders:
    description: Folders. Each uid, and each title within a parent, must be unique.
    type: list
    elements: dict
    required: true
    suboptions:
      uid:
        description: Uid with which dashboards and alert rules refer to it.
        type: str
        required: true
      title:
        description: Title that people see. Required unless O(state=absent).
        type: str
      parent_uid:
        description: Uid of the parent folder. Defaults to the top level. Requires Grafana 11.
        type: str
  state:
    description: Whether the folders should exist. V(absent) deletes them, whoever created them.
    type: str
    choices: [present, absent]
    default: present
  prune:
    description:
      - Delete folders that are not listed and whose uid begins with O(uid_prefix).
      - A folder that is not empty is kept, with a warning. Prune folders in a separate task, after the dashboards.
    type: bool
    default: false
  uid_prefix:
    description: Prefix of the uids of all folders that belong to this list. Required with O(prune).
    type: str
    default: ""
  delete_contents:
    description:
      - Delete folders with all their dashboards, library panels and alert rules, whoever created them.
      - Otherwise O(state=absent) refuses a folder that is not empty, before anything is written.
    type: bool
    default: false
seealso:
  - module: vigil.observability.grafana_dashboards
"""

EXAMPLES = r"""
- name: Create one folder per team, within a common folder
  vigil.observability.grafana_folders:
    url: https://monitor1:3000
    username: admin
    password: "{{ grafana_passwords.admin }}"
    ca_path: /etc/vigil/certificates/authorities.crt
    folders:
      - {uid: team, title: Teams}
      - {uid: team-shop, title: Shop, parent_uid: team}
      - {uid: team-billing, title: Billing, parent_uid: team}

- name: Delete the folders of former teams after their dashboards have been deleted
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
unchanged: {description: Uids of those that needed no change., returned: success, type: list, elements: str}
requests: {description: How many requests the task made., returned: success, type: int}
connections: {description: How many connections the task opened., returned: success, type: int}
"""

from ansible_collections.vigil.observability.plugins.module_utils._grafana.client import run_grafana_module
from ansible_collections.vigil.observability.plugins.module_utils._grafana.folders import OPTIONS, act


def main() -> None:
    """Run the module."""
    run_grafana_module(OPTIONS, act)


if __name__ == "__main__":
    main()
