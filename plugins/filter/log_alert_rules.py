# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: log_alert_rules
short_description: Rules of Prometheus from alerts on log lines, with their tests
version_added: 1.0.0
author: Vigil contributors (@vigil-observability)
description:
  - A rule for each alert, on the number of log lines that the service log_exporter counts, and tests for promtool.
  - Several exporters that count the same lines cause one alert.
options:
  _input:
    description:
      - Alerts. Each has a C(name), that of the alert; a C(query) in Lucene's syntax or as a mapping, which
        log_exporter asks; a C(threshold), the number of matching documents from which on it fires, at
        least 1; a C(window) such as V(5m), in which they are counted; and a C(severity), V(critical), V(high),
        V(warning) or V(info).
      - C(action) becomes a label, for routes of Alertmanager; C(labels) are additional ones.
    type: list
    elements: dict
    required: true
"""

EXAMPLES = r"""
- name: Show the rules
  ansible.builtin.debug:
    msg: "{{ alerts | vigil.observability.log_alert_rules }}"
  vars:
    alerts:
      - {name: slow_orders, query: "service:shop AND durationMs:>5000", threshold: 20, window: 10m, severity: warning}
"""

RETURN = r"""
_value:
  description: >-
    One rule set with C(name), C(rules) and C(tests), for
    O(vigil.observability.prometheus#role:main:prometheus_rules); none without an alert.
  type: list
  elements: dict
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ansible.errors import AnsibleFilterError

from ansible_collections.vigil.observability.plugins.module_utils._errors.sentence import OperatorError
from ansible_collections.vigil.observability.plugins.plugin_utils._formats.same_text import same_text


@same_text
def log_alert_rules(described: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the rule set; raise AnsibleFilterError for alerts that cannot be used."""
    from ansible_collections.vigil.observability.plugins.plugin_utils._rules.log_alerts.description import log_alerts
    from ansible_collections.vigil.observability.plugins.plugin_utils._rules.log_alerts.generator import (
        log_alert_rule_set,
    )

    try:
        alerts = log_alerts(described)
    except OperatorError as error:
        raise AnsibleFilterError(f"Cannot generate rules from these log alerts: {error}") from error
    return [log_alert_rule_set(alerts).as_dict()] if alerts else []


class FilterModule:
    """The filter log_alert_rules."""

    def filters(self) -> dict[str, Callable[..., list[dict[str, Any]]]]:
        """Return the filter by its name."""
        return {"log_alert_rules": log_alert_rules}
