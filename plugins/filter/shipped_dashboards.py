# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: shipped_dashboards
short_description: All dashboards for an inventory, each with its folder
version_added: 1.0.0
author: Vigil contributors (@vigil-observability)
description:
  - The dashboards of the monitoring itself and of alerts in one folder, those of applications in another.
options:
  _input: {description: "Applications, as P(vigil.observability.application_dashboard#filter) takes them.", type: list,
    elements: dict, required: true}
  services: {description: "Deployed services; V(probes) where something is probed.", type: list, elements: str,
    required: true}
  folder_uid: {description: Folder of the monitoring itself., type: str, default: vigil-monitoring}
  applications_folder_uid: {description: Folder of the applications., type: str, default: vigil-applications}
  alertmanager_url: {description: Where people reach Alertmanager., type: str, default: ""}
seealso:
  - module: vigil.observability.grafana_dashboards
"""

EXAMPLES = r"""
- name: Show what would be provisioned
  ansible.builtin.debug:
    msg: >-
      {{ [{'name': 'shop', 'team': 'sales'}] | vigil.observability.shipped_dashboards(services=['prometheus'])
         | map(attribute='dashboard.title') }}
"""

RETURN = r"""
_value:
  description: Entries for the option C(dashboards) of M(vigil.observability.grafana_dashboards).
  type: list
  elements: dict
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

from ansible.errors import AnsibleFilterError

from ansible_collections.vigil.observability.plugins.module_utils._errors.sentence import OperatorError
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.requirement import refuse_missing_library
from ansible_collections.vigil.observability.plugins.plugin_utils._formats.same_text import same_text


@same_text
def shipped_dashboards(
    applications: Iterable[Mapping[str, Any]],
    *,
    services: Collection[str],
    folder_uid: str = "vigil-monitoring",
    applications_folder_uid: str = "vigil-applications",
    alertmanager_url: str = "",
) -> list[dict[str, Any]]:
    """Return [{"dashboard": model, "folder_uid": uid}]; raise AnsibleFilterError for a wrong application."""
    from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.shipped import shipped_pages

    try:
        refuse_missing_library()
        own, theirs = shipped_pages(applications, services, alertmanager_url)
    except OperatorError as error:
        raise AnsibleFilterError(f"shipped_dashboards: {error}") from error
    folders = ((folder_uid, own), (applications_folder_uid, theirs))
    return [{"dashboard": page.model(), "folder_uid": folder} for folder, pages in folders for page in pages]


class FilterModule:
    """The filter shipped_dashboards."""

    def filters(self) -> dict[str, Callable[..., list[dict[str, Any]]]]:
        """Return the filter by its name."""
        return {"shipped_dashboards": shipped_dashboards}
