# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: correlation_rules
short_description: Rules that see several symptoms of an application together
version_added: 1.0.0
author: Vigil contributors (@vigil-observability)
description:
  - Makes rules of Prometheus and their tests for each application that has symptoms.
  - When C(symptoms_needed) of them (2) appear within ten minutes, C(ServiceDegradedCorrelated) fires, with the label
    C(action=incident_creation). While an application of C(depends_on) is in that state too, it is
    C(ServiceDegradedByDependency) instead, which pages nobody, so that in a chain only the last one is an incident.
  - C(SymptomSignalMissing) fires when a symptom has no data, which does not count as healthy.
  - Without C(symptoms) an application has C(high_error_rate) (more than 5 % of its requests fail, 3 at least in five
    minutes), C(increased_response_time) (the 95th percentile reaches the lowest bound of an objective that promises it
    to 95 % of requests or more, or 1 s), and C(connection_pool_exhaustion) (more than 90 % of a pool is in use) when
    its metrics name C(pool_in_use) and C(pool_size). The C(threshold) of each can be changed. Any other symptom is an
    C(expr) with a C(threshold), above which it appears.
  - To compare with the usual level, such as twice the median of the last day, set an C(expr).
options:
  _input:
    description: Applications, with C(name), C(team), C(depends_on), C(symptoms) and what else describes them.
    type: list
    elements: dict
    required: true
"""

EXAMPLES = r"""
- name: Show the rules
  ansible.builtin.debug:
    msg: "{{ applications | vigil.observability.correlation_rules }}"
  vars:
    applications:
      - name: shop
        team: sales
        depends_on: [payment]
        symptoms:
          - name: high_error_rate
          - {name: increased_response_time, threshold: 0.5}
          - {name: complaints, expr: 'sum(rate(log_messages_total{job="shop",level="error"}[5m])) * 60', threshold: 30}
      - {name: payment, team: money}
"""

RETURN = r"""
_value:
  description: >-
    Pairs with C(name), C(rules) and C(tests), for O(vigil.observability.prometheus#role:main:prometheus_rules).
  type: list
  elements: dict
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ansible.errors import AnsibleFilterError

from ansible_collections.vigil.observability.plugins.module_utils._errors.sentence import OperatorError
from ansible_collections.vigil.observability.plugins.plugin_utils._formats.same_text import same_text


@same_text
def correlation_rules(described: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the rule sets; raise AnsibleFilterError for applications that cannot be used."""
    from ansible_collections.vigil.observability.plugins.plugin_utils._rules.generated import correlation

    try:
        return correlation(described)
    except OperatorError as error:
        raise AnsibleFilterError(str(error)) from error


class FilterModule:
    """The filter correlation_rules."""

    def filters(self) -> dict[str, Callable[..., list[dict[str, Any]]]]:
        """Return the filter by its name."""
        return {"correlation_rules": correlation_rules}
