#!/usr/bin/python
# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: grafana_export
short_description: Export folders and dashboards of Grafana to files for provisioning
version_added: 1.0.0
author: Vigil contributors (@vigil-observability)
description:
  - Writes C(folders.json) for M(vigil.observability.grafana_folders), and C(dashboards/FOLDER/UID.json) for the filter
    P(vigil.observability.dashboard_files#filter), with C(general) for dashboards that are not in a folder. Library
    panels are in the files of the dashboards that show them (C(__elements)).
  - Reads everything over one connection, with one request per dashboard. Files are replaced atomically, and only if
    they differ.
  - Dashboards from files on the server are left out, as they are already code. Permissions, alert rules and versions
    are left out too.
extends_documentation_fragment:
  - vigil.observability.connection
  - vigil.observability.grafana
options:
  path:
    description: Directory for the files. It is created if it does not exist.
    type: path
    required: true
  exclude_owners:
    description:
      - Owners whose dashboards are left out, because their code is elsewhere. V(provision_grafana) is the owner of the
        playbooks.
    type: list
    elements: str
    default: []
  prune:
    description:
      - Delete files below C(dashboards/) that belong to no dashboard, or to one that has moved to another folder.
      - Otherwise a warning names them.
    type: bool
    default: false
attributes:
  check_mode:
    description: In check mode the module reads and compares, but writes nothing.
    support: full
  diff_mode:
    description: Shows each file that changes, without the passwords in addresses.
    support: full
seealso:
  - module: vigil.observability.grafana_dashboards
  - module: vigil.observability.grafana_folders
"""

EXAMPLES = r"""
- name: Export dashboards that were created in the browser to the repository
  vigil.observability.grafana_export:
    url: https://monitor1:3000
    token: "{{ grafana_token }}"
    ca_path: authorities.crt
    path: "{{ playbook_dir }}/grafana"
    exclude_owners: [provision_grafana]
  delegate_to: localhost
"""

RETURN = r"""
created: {description: Files that were created., returned: success, type: list, elements: str}
updated: {description: Files that were changed., returned: success, type: list, elements: str}
deleted: {description: Files that were deleted., returned: success, type: list, elements: str}
unchanged: {description: Files that needed no change., returned: success, type: list, elements: str}
left_out: {description: Uids of the dashboards that were left out., returned: success, type: list, elements: str}
requests: {description: How many requests the task made., returned: success, type: int}
connections: {description: How many connections the task opened., returned: success, type: int}
"""

from ansible_collections.vigil.observability.plugins.module_utils._grafana.client import run_grafana_module
from ansible_collections.vigil.observability.plugins.module_utils._grafana.export import OPTIONS, act


def main() -> None:
    """Run the module."""
    run_grafana_module(OPTIONS, act)


if __name__ == "__main__":
    main()
