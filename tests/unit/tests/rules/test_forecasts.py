"""No rule foresees anything from less history than it looks back on."""

from __future__ import annotations

import pytest

from ansible_collections.vigil.observability.tests.house_rules import forecasts
from ansible_collections.vigil.observability.tests.unit.tests.rules.generated import RULE_SETS


@pytest.mark.parametrize(
    ("expr", "faults"),
    [
        ("deriv(a[6h]) < 0", 1),
        ("predict_linear(a{x='y'}[6h], 3600) < 0 and deriv(a[1h]) < 0 and 64 < count_over_time(a[6h:5m])", 0),
        ("deriv(a[6h]) < 0 and 30 < count_over_time(a[6h:5m])", 1),
        ("deriv(a[6h]) < 0 and 64 < count_over_time(a[6h])", 1),
        ("deriv(a[6h]) < 0 and 53 < count_over_time(a[1h:1m])", 1),
        ("deriv(a[6h]) < 0 and 64 < count_over_time(b[6h:5m])", 1),
        ("stddev_over_time(a[6h]) * forecast", 0),
        ("deriv(a[30m]) * forecast", 0),
        ("deriv(b[30m]) * forecast", 1),
    ],
)
def test_a_forecast_without_the_history_that_it_needs_is_found(expr: str, faults: int) -> None:
    recorded = {"forecast": "predict_linear(a[30m], 60) and 26 < count_over_time(a[30m:1m])"}
    assert len(list(forecasts.too_early(expr, recorded))) == faults


def test_forecasts_of_generated_rules_wait_for_the_history_that_they_need() -> None:
    groups = [group for rule_set in RULE_SETS for group in rule_set["rules"]["groups"]]
    foreseeing = 0
    for group in groups:
        recorded = {rule["record"]: rule["expr"] for rule in group["rules"] if "record" in rule}
        for rule in group["rules"]:
            assert list(forecasts.too_early(rule["expr"], recorded)) == []
            foreseeing += "deriv(" in rule["expr"] or "predict_linear(" in rule["expr"]
    assert foreseeing >= 9
