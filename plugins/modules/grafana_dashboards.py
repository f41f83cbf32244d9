#!/usr/bin/python
# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: grafana_dashboards
short_description: Manage the dashboards of an organisation of Grafana
version_added: 1.0.0
author: Vigil contributors (@vigil-observability)
description:
  - Creates, updates, moves and deletes any number of dashboards over one connection. Lists all folders and dashboards
    with one request per 1,000, reads each of O(dashboards) with one more, and writes those that differ. Changes in the
    browser are therefore detected, and an unchanged run writes nothing.
  - A dashboard is never overwritten because of its title. A title that another dashboard in the folder has, the uid of
    a folder, and a dashboard from a file on the server are refused by name before anything is written. Before
    9.5, Grafana treats titles that differ only in punctuation as the same, and refuses a dashboard with the title of a
    folder.
  - Library panels of a dashboard must exist or come with it (in C(__elements), as written by
    M(vigil.observability.grafana_export) and by Grafana's own export for sharing). Those that come with it are created
    if they are missing, in their original folder if it exists, otherwise in that of the dashboard. A dashboard with
    other missing library panels is refused, and they are named. Library panels are never deleted.
  - A dashboard that Grafana would store differently, so that every run would change it, is refused. A C(refresh) that
    is invalid or below the minimum of the server (C(min_refresh_interval)) is replaced with that minimum, with a
    warning.
extends_documentation_fragment:
  - vigil.observability.connection
  - vigil.observability.connection.changes
  - vigil.observability.grafana
  - vigil.observability.connection.owner
options:
  dashboards:
    description: Dashboards. Each uid, and each title in a folder, must be unique.
    type: list
    elements: dict
    required: true
    suboptions:
      dashboard:
        description:
          - Model of the dashboard, from an export, Grafana's API or a filter, as data or as JSON text. Its C(id) and
            C(version) are ignored. Required unless O(state=absent).
          - A model with open data sources (C(__inputs), as on grafana.com) needs O(datasources) or O(inputs).
        type: dict
      uid:
        description: Uid of the dashboard. Defaults to that of the model, which must then have one.
        type: str
      folder_uid:
        description: Uid of its folder. Defaults to O(folder_uid).
        type: str
      inputs:
        description: Values for its C(__inputs), which override those of O(inputs).
        type: dict
      path:
        description: File that it comes from, for messages.
        type: str
      error:
        description: Why that file contains no model, as reported by P(vigil.observability.dashboard_files#filter).
        type: str
  folder_uid:
    description: Uid of the folder of dashboards without their own. Empty for the top level.
    type: str
    default: ""
  inputs:
    description:
      - Values for C(__inputs) by name, such as C(DS_PROMETHEUS); for a data source, its uid.
      - A constant without a value here keeps the one in the export.
    type: dict
    default: {}
  datasources:
    description: Uid of a data source by type, such as V(prometheus), for C(__inputs) that are not in O(inputs).
    type: dict
    default: {}
  owner:
    description:
      - Owner of this list. The mark of a dashboard is a tag, V(vigil.observability) or V(vigil.observability:<owner>).
        An empty owner adds no tag.
      - A copy that somebody saves with the tag also belongs to the owner.
    type: str
    default: vigil.observability
  update_library_panels:
    description:
      - Whether existing library panels are updated to those that come with the dashboards. This changes all dashboards
        that show them.
      - Otherwise they stay unchanged, and a warning names those that differ.
    type: bool
    default: false
  skip_unusable:
    description:
      - Whether dashboards that cannot be used are left out, with a warning, and the others are written. They are listed
        in RV(unusable), so that a later task can fail. Such a run prunes nothing.
      - Otherwise a single one of them fails the task, before anything is written.
    type: bool
    default: false
  version_message:
    description: Message for the history of the dashboard.
    type: str
    default: Written by Ansible
  state:
    description: Whether the dashboards should exist. V(absent) deletes them, whoever created them.
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
- name: Provision all dashboards of a directory with one subdirectory for each folder
  vigil.observability.grafana_dashboards:
    url: https://monitor1:3000
    username: admin
    password: "{{ grafana_passwords.admin }}"
    ca_path: /etc/vigil/certificates/authorities.crt
    dashboards: "{{ 'dashboards' | vigil.observability.dashboard_files }}"
    prune: true

- name: Provision a dashboard from grafana.com
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
unchanged: {description: Uids of those that needed no change., returned: success, type: list, elements: str}
library_panels:
  description: Uids of the library panels that came with the dashboards, by C(created), C(updated) and C(unchanged).
  returned: success
  type: dict
unusable:
  description: A sentence for each dashboard that was left out, with O(skip_unusable).
  returned: success
  type: list
  elements: str
requests: {description: How many requests the task made., returned: success, type: int}
connections: {description: How many connections the task opened., returned: success, type: int}
"""

from ansible_collections.vigil.observability.plugins.module_utils._grafana.client import run_grafana_module
from ansible_collections.vigil.observability.plugins.module_utils._grafana.dashboards.listed import OPTIONS
from ansible_collections.vigil.observability.plugins.module_utils._grafana.dashboards.task import act


def main() -> None:
    """Run the module."""
    run_grafana_module(OPTIONS, act)


if __name__ == "__main__":
    main()
