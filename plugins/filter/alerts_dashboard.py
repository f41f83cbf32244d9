# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: alerts_dashboard
short_description: The Grafana dashboard of all alerts and service-level objectives
version_added: 1.0.0
author: Vigil contributors (@vigil-observability)
description:
  - Alerts that fire, each with its runbook, a new silence and the page of its host or application; objectives and
    whether they are met, error budgets and burn rates, forecasts, and alerts that fired before.
  - Prometheus does not keep annotations. Summaries and runbooks of firing alerts are shown for rules of which the
    series C(alert:summary:firing) is recorded; the others refer to Alertmanager.
  - Needs the Python library C(grafana-foundation-sdk) on the controller, in the version that
    C(requirements/controller.txt) of the collection names.
options:
  _input: {description: Where people reach Alertmanager; empty for no link., type: str, required: true}
  applications:
    description:
      - Applications, as P(vigil.observability.application_dashboard#filter) takes them, to whose dashboards rows link.
    type: list
    elements: dict
    default: []
  services:
    description: Deployed services. Rows link to the page of hosts if C(node_exporter) is one of them.
    type: list
    elements: str
    default: [node_exporter]
  refresh: {description: Refresh interval of the dashboard., type: str, default: 1m}
"""

EXAMPLES = r"""
- name: Show the dashboard
  ansible.builtin.debug:
    msg: "{{ 'https://alerts.example' | vigil.observability.alerts_dashboard }}"
"""

RETURN = r"""
_value:
  description: The JSON model of the dashboard.
  type: dict
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

from ansible.errors import AnsibleFilterError

from ansible_collections.vigil.observability.plugins.module_utils._errors.sentence import OperatorError
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.requirement import refuse_missing_library
from ansible_collections.vigil.observability.plugins.plugin_utils._formats.same_text import same_text


@same_text
def alerts_dashboard(
    alertmanager_url: str,
    *,
    applications: Iterable[Mapping[str, Any]] = (),
    services: Collection[str] = ("node_exporter",),
    refresh: str = "1m",
) -> dict[str, Any]:
    """Return the JSON model; raise AnsibleFilterError for wrong inputs or a missing library."""
    from ansible_collections.vigil.observability.plugins.plugin_utils._applications.description import application
    from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.stack.alerts import alerts_page
    from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.stack.pages import leads_of

    try:
        refuse_missing_library()
        leads = leads_of(services, map(application, applications), alertmanager_url)
        made: dict[str, Any] = alerts_page(leads, refresh=refresh).model()
    except OperatorError as error:
        raise AnsibleFilterError(f"alerts_dashboard: {error}") from error
    return made


class FilterModule:
    """The filter alerts_dashboard."""

    def filters(self) -> dict[str, Callable[..., dict[str, Any]]]:
        """Return the filter by its name."""
        return {"alerts_dashboard": alerts_dashboard}
