# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The runbook pages of alerts that are made from applications: shipped alerts are compared with theirs by a linter."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ansible_collections.vigil.observability.packages.incident_response.incident_response.intake.alert import OWN
from ansible_collections.vigil.observability.plugins.filter.business_rules import business_rules
from ansible_collections.vigil.observability.plugins.filter.correlation_rules import correlation_rules
from ansible_collections.vigil.observability.plugins.filter.predictive_rules import predictive_rules
from ansible_collections.vigil.observability.plugins.filter.slo_rules import slo_rules
from ansible_collections.vigil.observability.tests.house_rules import runbooks
from ansible_collections.vigil.observability.tests.house_rules.tree import Tree

ROOT = Path(__file__).resolve().parents[3]
# Together they make every alert that the filters know.
APPLICATIONS = [
    {
        "name": "shop",
        "team": "web",
        "objectives": [
            {"kind": "availability", "target": 0.99},
            {"kind": "latency", "target": 0.99, "threshold": 0.5},
        ],
        "depends_on": ["pay"],
        "business": [{"name": "orders", "expr": "sum(rate(orders_total[5m])) * 60"}],
    },
    {"name": "pay", "team": "pay", "objectives": [{"kind": "availability", "target": 0.99}]},
]
PAGES = {
    "objectives": slo_rules,
    "predictive": predictive_rules,
    "correlation": correlation_rules,
    "business": business_rules,
}


def links(rule_sets: list[dict[str, Any]]) -> dict[str, str]:
    """Return the link of each alert of rule sets by its name."""
    groups = [group for rule_set in rule_sets for group in rule_set["rules"]["groups"]]
    rules = [rule for group in groups for rule in group["rules"] if "alert" in rule]
    return {rule["alert"]: rule["annotations"].get("runbook_url", "") for rule in rules}


@pytest.mark.parametrize("page", PAGES)
def test_each_alert_made_from_applications_has_a_section_and_each_section_an_alert(page: str) -> None:
    tree, made = Tree.of(ROOT), links(PAGES[page](APPLICATIONS))
    assert made
    assert list(runbooks.misled(tree, made)) == []
    assert list(runbooks.superfluous(tree, [f"docs/runbooks/{page}.md"], made)) == []


def test_each_alert_that_the_engine_of_incidents_posts_has_a_section() -> None:
    assert set(OWN) <= set(runbooks.sections(Tree.of(ROOT), "docs/runbooks/incidents.md"))
