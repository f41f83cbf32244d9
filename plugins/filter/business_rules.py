# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: business_rules
short_description: Rules that compare business metrics with the same time in previous weeks
version_added: 1.0.0
author: Vigil contributors (@vigil-observability)
description:
  - Makes rules of Prometheus and their tests for each application that has metrics in C(business).
  - The average of the last 30 minutes is compared with the median of the same time in previous weeks.
    C(BusinessMetricDrop) fires when it is lower by C(drop) (0.1) or more for ten minutes, and by more than the weeks
    differ among themselves, with the label C(action=executive_notification) and the loss per minute as an annotation.
  - C(expr) is a level per minute or a ratio, as one series. For a ratio, set C(counts) to V(false), and take both parts
    over 30 minutes, so that busy minutes weigh more. Where C(counts) is true, the default for everything but money, a
    drop also has to exceed what chance explains.
  - C(loss_per_unit) is what one unit costs, in C(currency). A metric with only a currency is money itself.
  - Rules compare with what they have recorded themselves, which takes two weeks to begin with.
  - In the weeks after clocks were changed the same time is an hour off. A drop therefore has to be one in comparison
    with an hour earlier and an hour later as well; in hours in which the level falls or rises steeply, it is detected
    late.
positional: weeks
options:
  _input:
    description: Applications, with C(name), C(team), C(business) and what else describes them.
    type: list
    elements: dict
    required: true
  weeks:
    description: How many previous weeks to compare with, 2 to 12. Samples have to be kept for an hour longer.
    type: int
    default: 4
"""

EXAMPLES = r"""
- name: Show the rules
  ansible.builtin.debug:
    msg: "{{ applications | vigil.observability.business_rules }}"
  vars:
    applications:
      - name: shop
        team: sales
        business:
          - name: orders_per_minute
            expr: 'sum(rate(orders_total{job="shop"}[5m])) * 60'
            loss_per_unit: 40
            currency: EUR
          - {name: revenue_per_minute, expr: 'sum(rate(revenue_total{job="shop"}[5m])) * 60', currency: EUR}
          - name: conversion_rate
            expr: 'sum(rate(orders_total{job="shop"}[30m])) / sum(rate(visits_total{job="shop"}[30m]))'
            counts: false
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
def business_rules(described: Iterable[Mapping[str, Any]], weeks: int = 4) -> list[dict[str, Any]]:
    """Return the rule sets; raise AnsibleFilterError for applications that cannot be used."""
    from ansible_collections.vigil.observability.plugins.plugin_utils._rules.generated import business

    try:
        return business(described, weeks)
    except OperatorError as error:
        raise AnsibleFilterError(str(error)) from error


class FilterModule:
    """The filter business_rules."""

    def filters(self) -> dict[str, Callable[..., list[dict[str, Any]]]]:
        """Return the filter by its name."""
        return {"business_rules": business_rules}
