# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.vigil.observability.plugins.filter.application_rules import FilterModule, application_rules

SHOP: dict[str, Any] = {
    "name": "shop",
    "team": "sales",
    "objectives": [{"kind": "availability", "target": 0.999}],
    "business": [{"name": "orders", "expr": "sum(rate(orders_total[5m])) * 60"}],
}


def test_an_application_has_rules_of_every_kind_that_it_calls_for() -> None:
    assert [rule_set["name"] for rule_set in application_rules([SHOP])] == [
        "slo-shop",
        "predictive-shop",
        "correlation-shop",
        "business-shop",
    ]
    assert [
        rule_set["name"] for rule_set in application_rules([{"name": "shop", "team": "sales", "symptoms": []}])
    ] == []
    assert application_rules([]) == []


def test_what_is_done_to_the_rules_does_not_come_back_with_the_next_question() -> None:
    application_rules([SHOP])[0]["name"] = "other"
    assert application_rules([SHOP])[0]["name"] == "slo-shop"


def test_an_application_that_cannot_be_used_is_refused_by_name() -> None:
    with pytest.raises(AnsibleFilterError, match="Application 'shop' depends on 'billing', which is not declared"):
        application_rules([{**SHOP, "depends_on": ["billing"]}])


def test_playbooks_know_the_filter_by_its_name() -> None:
    assert FilterModule().filters() == {"application_rules": application_rules}
