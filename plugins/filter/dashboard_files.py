# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: dashboard_files
short_description: The dashboards in a directory of JSON files
version_added: 1.0.0
author: Vigil contributors (@vigil-observability)
description:
  - Reads every C(.json) file of a directory on the controller, and of its subdirectories, which are named after the uid
    of the folder of their dashboards. C(general) is the top folder.
  - The playbook C(export_dashboards) writes them in this form.
  - The models stay JSON text, which Ansible does not evaluate. A legend such as C({{instance}}) is thus never taken
    for a template, and hundreds of dashboards cost no time. The filter C(from_json) parses one.
  - A model without a uid gets the name of its file, if that is a valid uid.
positional: ""
options:
  _input: {description: The directory. A relative one starts at the run's current one., type: path, required: true}
  keep_unusable:
    description: Whether a file that is not a dashboard becomes an entry with the reason, not an error for all files.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Provision what lies in dashboards/hosts/cpu.json, dashboards/general/start.json and so on
  vigil.observability.grafana_dashboards:
    url: https://monitor1:3000
    token: "{{ grafana_token }}"
    dashboards: "{{ 'dashboards' | vigil.observability.dashboard_files }}"
"""

RETURN = r"""
_value:
  description: A list for O(vigil.observability.grafana_dashboards#module:dashboards), sorted by path.
  type: list
  elements: dict
"""

from collections.abc import Callable

from ansible.errors import AnsibleFilterError

from ansible_collections.vigil.observability.plugins.module_utils._errors.sentence import OperatorError
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.directory import dashboards_in
from ansible_collections.vigil.observability.plugins.plugin_utils._formats.same_text import same_text


@same_text
def dashboard_files(directory: str, *, keep_unusable: bool = False) -> list[dict[str, str]]:
    """Return [{"path": path, "dashboard": text, "folder_uid": uid}], no folder_uid for a file in the directory itself.

    Raises AnsibleFilterError for a directory without dashboards, and for a file that is no JSON object, which has
    `error` in the place of `dashboard` with keep_unusable.
    """
    try:
        return dashboards_in(directory, keep_unusable=keep_unusable)
    except OperatorError as error:
        raise AnsibleFilterError(str(error)) from error


class FilterModule:
    """The filter dashboard_files."""

    def filters(self) -> dict[str, Callable[..., list[dict[str, str]]]]:
        """Return the filter by its name."""
        return {"dashboard_files": dashboard_files}
