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
    folder, and a dashboard that comes from a file on the server are refused by name before anything is written. To
    Grafana before 9.5, titles that differ in signs alone are one, and that of a folder is no dashboard's.
  - Library panels that a dashboard shows have to be there, or to come along with it (C(__elements), as
    M(vigil.observability.grafana_export) and Grafana's own export for sharing write them). Those that are not there are
    created, in the folder that they come from or in that of the dashboard; others are named, and the dashboard is
    refused. Nothing deletes a library panel.
  - What Grafana would store as something else, so that every run would change it, is refused; a C(refresh) below the
    least one of the server (C(min_refresh_interval)), or one that is no duration, becomes that one, with a warning.
extends_documentation_fragment:
  - vigil.observability.connection
  - vigil.observability.connection.changes
  - vigil.observability.grafana
  - vigil.observability.grafana.owner
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
          - A model that leaves data sources open (C(__inputs), as on grafana.com) needs O(datasources) or O(inputs).
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
      path:
        description: File that it comes from, by which messages call it.
        type: str
      error:
        description: Why that file has no model, as reported by P(vigil.observability.dashboard_files#filter).
        type: str
  folder_uid:
    description: Folder of the dashboards that name none. Empty is the top.
    type: str
    default: ""
  inputs:
    description:
      - Values for C(__inputs) by name, such as C(DS_PROMETHEUS), where it is a data source its uid.
      - A constant without a value here keeps the one that the export gives it.
    type: dict
    default: {}
  datasources:
    description: Uid of a data source by type, such as V(prometheus), for C(__inputs) that O(inputs) leaves out.
    type: dict
    default: {}
  owner:
    description:
      - As in every list; here the mark is a tag, V(vigil.observability) or V(vigil.observability:<owner>). An empty
        owner adds no tag.
      - A copy that somebody saves with the tags counts as the owner's too.
    type: str
    default: vigil.observability
  update_library_panels:
    description:
      - Whether library panels that are there are changed to what the dashboards bring along. All dashboards that show
        them change with them.
      - Otherwise they stay as they are, and a warning names those that differ.
    type: bool
    default: false
  skip_unusable:
    description:
      - Whether dashboards that cannot be used are left out, with a warning, while the others are written. RV(unusable)
        names them, so that a later task can fail. Nothing is pruned by such a run.
      - Otherwise one of them is enough to refuse all, before anything is written.
    type: bool
    default: false
  version_message:
    description: Message for a change in the history of a dashboard.
    type: str
    default: Written by Ansible
  state:
    description: Whether they are to be there. V(absent) deletes them, whoever made them.
    type: str
    choices: [present, absent]
    default: present
  prune:
    description: Delete the dashboards with the mark of O(owner) that are not listed.
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
library_panels:
  description: Uids of the library panels that were C(created), C(updated) or C(unchanged), of those brought along.
  returned: success
  type: dict
unusable:
  description: A sentence on each dashboard that was left out, with O(skip_unusable).
  returned: success
  type: list
  elements: str
requests: {description: How many requests the task made., returned: success, type: int}
connections: {description: How many connections it took., returned: success, type: int}
"""

from ansible_collections.vigil.observability.plugins.module_utils._grafana.client import run_grafana_module
from ansible_collections.vigil.observability.plugins.module_utils._grafana.dashboards.listed import OPTIONS
from ansible_collections.vigil.observability.plugins.module_utils._grafana.dashboards.task import act


def main() -> None:
    """Run the module."""
    run_grafana_module(OPTIONS, act)


if __name__ == "__main__":
    main()
