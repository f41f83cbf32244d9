# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: application_rules
short_description: All rules of Prometheus that follow from applications, with their tests
version_added: 1.0.0
author: Vigil contributors (@vigil-observability)
description:
  - What P(vigil.observability.slo_rules#filter), P(vigil.observability.predictive_rules#filter),
    P(vigil.observability.correlation_rules#filter) and P(vigil.observability.business_rules#filter) make, with their
    usual settings. The role P(vigil.observability.prometheus#role) does so for C(prometheus_applications).
options:
  _input: {description: Applications., type: list, elements: dict, required: true}
"""

EXAMPLES = r"""
- name: Show which rule files an application has
  ansible.builtin.debug:
    msg: "{{ applications | vigil.observability.application_rules | map(attribute='name') }}"
  vars:
    applications:
      - {name: shop, team: sales, objectives: [{kind: availability, target: 0.999}]}
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
def application_rules(described: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the rule sets; raise AnsibleFilterError as the filters of each kind do."""
    from ansible_collections.vigil.observability.plugins.plugin_utils._rules.generated import of_all_kinds

    try:
        return of_all_kinds(described)
    except OperatorError as error:
        raise AnsibleFilterError(str(error)) from error


class FilterModule:
    """The filter application_rules."""

    def filters(self) -> dict[str, Callable[..., list[dict[str, Any]]]]:
        """Return the filter by its name."""
        return {"application_rules": application_rules}
