# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: stack_dashboards
short_description: The Grafana dashboards of the monitoring itself
version_added: 1.0.0
author: Vigil contributors (@vigil-observability)
description:
  - One page that shows whether everything is healthy, and links to pages of hosts and certificates (C(node_exporter)),
    C(probes), C(prometheus), C(alertmanager), C(grafana), incidents (C(incident_response)) and logs
    (C(elasticsearch)), where they exist.
  - Needs the Python library C(grafana-foundation-sdk) on the controller, in the version that
    C(requirements/controller.txt) of the collection names.
options:
  _input:
    description:
      - The deployed services; V(probes) where something is probed. A service without a page is left out.
    type: list
    elements: str
    required: true
  applications:
    description:
      - Applications, as P(vigil.observability.application_dashboard#filter) takes them. The first page has a line for
        each, which leads to its dashboard.
    type: list
    elements: dict
    default: []
  alertmanager_url:
    description: Where people reach Alertmanager, to silence an alert; empty for no link.
    type: str
    default: ""
  dead_mans_switch: {description: The alert that always fires., type: str, default: DeadMansSwitch}
"""

EXAMPLES = r"""
- name: Show the titles of the dashboards
  ansible.builtin.debug:
    msg: >-
      {{ ['node_exporter', 'prometheus', 'alertmanager', 'grafana'] | vigil.observability.stack_dashboards
         | map(attribute='title') }}
"""

RETURN = r"""
_value:
  description: The JSON models of the dashboards, the page of everything first.
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
def stack_dashboards(
    services: Collection[str],
    *,
    applications: Iterable[Mapping[str, Any]] = (),
    alertmanager_url: str = "",
    dead_mans_switch: str = "DeadMansSwitch",
) -> list[dict[str, Any]]:
    """Return the JSON models; raise AnsibleFilterError for wrong inputs and for a missing library."""
    from ansible_collections.vigil.observability.plugins.plugin_utils._applications.description import application
    from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.stack.pages import stack_pages

    if isinstance(services, str):
        raise AnsibleFilterError(f"stack_dashboards: the services must be a list of names, not {services!r}.")
    try:
        refuse_missing_library()
        known = [application(one) for one in applications]
        pages = stack_pages(services, known, dead_mans_switch=dead_mans_switch, alertmanager_url=alertmanager_url)
        made: list[dict[str, Any]] = [page.model() for page in pages]
    except OperatorError as error:
        raise AnsibleFilterError(f"stack_dashboards: {error}") from error
    return made


class FilterModule:
    """The filter stack_dashboards."""

    def filters(self) -> dict[str, Callable[..., list[dict[str, Any]]]]:
        """Return the filter by its name."""
        return {"stack_dashboards": stack_dashboards}
