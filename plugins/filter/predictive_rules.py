# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: predictive_rules
short_description: Rules of Prometheus that foresee violations of objectives, with their tests
version_added: 1.0.0
author: Vigil contributors (@vigil-observability)
description:
  - For each application with an objective, a rule file that records how probable it is that the share of bad requests
    over the rolling hour exceeds the objective in some minutes, and how good such forecasts have been.
  - They read what the rules of P(vigil.observability.slo_rules#filter) record, so both go to the same Prometheus.
  - The number of minutes is part of the names, such as C(slo:violation:probability15m).
positional: minutes, probability
options:
  _input:
    description: Applications, as P(vigil.observability.slo_rules#filter) takes them.
    type: list
    elements: dict
    required: true
  minutes: {description: "How far to look ahead, at most 60.", type: int, default: 15}
  probability: {description: "Above which probability to alert, between 0 and 1.", type: float, default: 0.8}
"""

EXAMPLES = r"""
- name: Show the rules
  ansible.builtin.debug:
    msg: "{{ applications | vigil.observability.predictive_rules(minutes=30) }}"
  vars:
    applications:
      - name: shop
        team: web
        objectives:
          - {kind: availability, target: 0.99}
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
def predictive_rules(
    described: Iterable[Mapping[str, Any]], minutes: int = 15, probability: float = 0.8
) -> list[dict[str, Any]]:
    """Return the rule sets; raise AnsibleFilterError for applications or a forecast that cannot be used."""
    from ansible_collections.vigil.observability.plugins.plugin_utils._rules.generated import predictive

    try:
        return predictive(described, minutes, probability)
    except OperatorError as error:
        raise AnsibleFilterError(str(error)) from error


class FilterModule:
    """The filter predictive_rules."""

    def filters(self) -> dict[str, Callable[..., list[dict[str, Any]]]]:
        """Return the filter by its name."""
        return {"predictive_rules": predictive_rules}
