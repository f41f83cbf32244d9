#!/usr/bin/python
# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: grafana_export
short_description: Folders and dashboards of Grafana as files, to be provisioned from then on
version_added: 1.0.0
author: Vigil contributors (@vigil-observability)
description:
  - Writes C(folders.json) for M(vigil.observability.grafana_folders), and C(dashboards/FOLDER/UID.json) for the filter
    P(vigil.observability.dashboard_files#filter), with C(general) for what lies in no folder. Library panels come in
    the files of the dashboards that show them (C(__elements)).
  - Reads everything over one connection, with one request for each dashboard. Each file is replaced in one step, and
    written when it differs.
  - Dashboards that come from files on the server are left out; they are code already. Permissions, alert rules and
    versions are left out too.
extends_documentation_fragment:
  - vigil.observability.connection
  - vigil.observability.grafana
options:
  path:
    description: Directory that gets the files. It is made when it is missing.
    type: path
    required: true
  exclude_owners:
    description:
      - Owners of lists (V(provision_grafana) is that of the playbooks) whose dashboards are left out, since their code
        is elsewhere.
    type: list
    elements: str
    default: []
  prune:
    description:
      - Delete the files below C(dashboards/) that no dashboard has, or no longer at that place. A dashboard that moved
        to another folder leaves its file in the former one.
      - Otherwise a warning names them.
    type: bool
    default: false
attributes:
  check_mode:
    description: Reads and compares in check mode, and writes nothing.
    support: full
  diff_mode:
    description: Shows each file that changes, addresses without their passwords.
    support: full
seealso:
  - module: vigil.observability.grafana_dashboards
  - module: vigil.observability.grafana_folders
"""

EXAMPLES = r"""
- name: Write what people made in the browser into the repository
  vigil.observability.grafana_export:
    url: https://monitor1:3000
    token: "{{ grafana_token }}"
    ca_path: authorities.crt
    path: "{{ playbook_dir }}/grafana"
    exclude_owners: [provision_grafana]
  delegate_to: localhost
"""

RETURN = r"""
created: {description: Files that were written anew., returned: success, type: list, elements: str}
updated: {description: Files that were changed., returned: success, type: list, elements: str}
deleted: {description: Files that were deleted., returned: success, type: list, elements: str}
unchanged: {description: Files that already were as wanted., returned: success, type: list, elements: str}
left_out: {description: Uids of the dashboards that were left out., returned: success, type: list, elements: str}
requests: {description: How many requests the task made., returned: success, type: int}
connections: {description: How many connections it took., returned: success, type: int}
"""

from ansible_collections.vigil.observability.plugins.module_utils._grafana.client import run_grafana_module
from ansible_collections.vigil.observability.plugins.module_utils._grafana.export import OPTIONS, act


def main() -> None:
    """Run the module."""
    run_grafana_module(OPTIONS, act)


if __name__ == "__main__":
    main()
