"""The rules that are made of applications, with all that an application can have."""

from __future__ import annotations

from typing import Any

from ansible_collections.vigil.observability.plugins.filter.business_rules import business_rules
from ansible_collections.vigil.observability.plugins.filter.correlation_rules import correlation_rules
from ansible_collections.vigil.observability.plugins.filter.predictive_rules import predictive_rules
from ansible_collections.vigil.observability.plugins.filter.slo_rules import slo_rules

__all__ = ["APPLICATIONS", "RULE_SETS"]

APPLICATIONS: list[dict[str, Any]] = [
    {
        "name": "shop",
        "team": "sales",
        "depends_on": ["stock"],
        "objectives": [
            {"kind": "availability", "target": 0.99},
            {"kind": "latency", "target": 0.9, "threshold": 0.5},
        ],
        "business": [{"name": "orders_per_minute", "expr": 'sum(rate(orders_total{job="shop"}[5m])) * 60'}],
    },
    {"name": "stock", "team": "sales", "objectives": [{"kind": "availability", "target": 0.999}]},
]
# Rules and their tests, as filters make them.
RULE_SETS: list[dict[str, Any]] = [
    rule_set
    for made in (
        slo_rules(APPLICATIONS),
        *(predictive_rules(APPLICATIONS, minutes=minutes) for minutes in (1, 15, 60)),
        correlation_rules(APPLICATIONS),
        business_rules(APPLICATIONS),
    )
    for rule_set in made
]
