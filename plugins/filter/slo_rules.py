# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: slo_rules
short_description: Rules of Prometheus from the objectives of applications, with their tests
version_added: 1.0.0
author: Vigil contributors (@vigil-observability)
description:
  - For each application with an objective, a rule file that records how well it is met and alerts on how fast its error
    budget is spent, and a test file for promtool.
  - Recorded series have the labels C(service), the name of the application, and C(slo), the name of the objective.
    Alerts carry C(team), C(environment) and C(severity) besides.
  - All windows weigh every request equally, whenever it arrived and whichever instance answered it.
options:
  _input:
    description:
      - Applications. Each has at least C(name) and C(team), and its C(objectives).
      - An objective has a C(kind), V(availability) or V(latency), and a C(target), the share of requests that must be
        good, between 0 and 1. It may have a C(name), and a C(window) from V(7d) to V(90d), such as V(4w); the
        default is V(30d).
      - C(matchers) of the application and of the objective, such as C(route!~"/healthz|/metrics"), select the requests
        that count.
      - A latency objective has a C(threshold) in seconds, which must be a bound of the histogram.
      - With C(measured_by) V(spans) in place of V(metrics), the requests are those that Jaeger counts of the spans of
        the application, before any is dropped by tail sampling. Their C(service.name) has to be the name of the
        application.
    type: list
    elements: dict
    required: true
"""

EXAMPLES = r"""
- name: Show the rules
  ansible.builtin.debug:
    msg: "{{ applications | vigil.observability.slo_rules }}"
  vars:
    applications:
      - name: shop
        team: web
        objectives:
          - {kind: availability, target: 0.999}
          - {kind: latency, target: 0.99, threshold: 0.5}
"""

RETURN = r"""
_value:
  description:
    - A rule set for each application that has an objective. C(name) is that of both files, C(rules) the rule file, and
      C(tests) the test file but for its C(rule_files).
  type: list
  elements: dict
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ansible.errors import AnsibleFilterError

from ansible_collections.vigil.observability.plugins.module_utils._errors.sentence import OperatorError
from ansible_collections.vigil.observability.plugins.plugin_utils._formats.same_text import same_text


@same_text
def slo_rules(described: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the rule sets; raise AnsibleFilterError for applications that cannot be used."""
    from ansible_collections.vigil.observability.plugins.plugin_utils._rules.generated import slo

    try:
        return slo(described)
    except OperatorError as error:
        raise AnsibleFilterError(str(error)) from error


class FilterModule:
    """The filter slo_rules."""

    def filters(self) -> dict[str, Callable[..., list[dict[str, Any]]]]:
        """Return the filter by its name."""
        return {"slo_rules": slo_rules}
