# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: counted_log_alerts
short_description: Alerts on log lines as log_exporter takes them
version_added: 1.0.0
author: Vigil contributors (@vigil-observability)
description:
  - Checks alerts as P(vigil.observability.log_alert_rules#filter) does, and returns what the service log_exporter needs
    to count their log lines.
options:
  _input:
    description: Alerts as P(vigil.observability.log_alert_rules#filter) takes them.
    type: list
    elements: dict
    required: true
"""

EXAMPLES = r"""
- name: Show what is counted
  ansible.builtin.debug:
    msg: "{{ alerts | vigil.observability.counted_log_alerts }}"
  vars:
    alerts:
      - {name: slow_orders, query: "service:shop AND durationMs:>5000", threshold: 20, window: 10m, severity: warning}
"""

RETURN = r"""
_value:
  description: Entries with C(name), C(query), C(threshold) and C(window) in seconds.
  type: list
  elements: dict
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ansible.errors import AnsibleFilterError

from ansible_collections.vigil.observability.plugins.module_utils._errors.sentence import OperatorError
from ansible_collections.vigil.observability.plugins.plugin_utils._formats.same_text import same_text


@same_text
def counted_log_alerts(described: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the entries; raise AnsibleFilterError for alerts that cannot be used."""
    from ansible_collections.vigil.observability.plugins.plugin_utils._rules.log_alerts.description import (
        for_exporter,
        log_alerts,
    )

    try:
        return for_exporter(log_alerts(described))
    except OperatorError as error:
        raise AnsibleFilterError(f"Cannot count log lines for these alerts: {error}") from error


class FilterModule:
    """The filter counted_log_alerts."""

    def filters(self) -> dict[str, Callable[..., list[dict[str, Any]]]]:
        """Return the filter by its name."""
        return {"counted_log_alerts": counted_log_alerts}
