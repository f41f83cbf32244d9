# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The real engine of Prometheus fires random alerts at each evaluation at which the state machine does."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from ansible_collections.vigil.observability.plugins.module_utils._alert_history.state_machine import fired
from ansible_collections.vigil.observability.tests.unit.plugins.promtool import evaluate

STEPS, ALERTS = 60, 80


def series(chosen: random.Random) -> list[bool]:
    """Return whether a condition holds at each minute: runs and pauses of a few minutes."""
    found: list[bool] = []
    while len(found) < STEPS:
        found += [bool(chosen.randrange(2))] * chosen.randrange(1, 8)
    return found[:STEPS]


@pytest.mark.parametrize("seed", range(3))
def test_an_alert_fires_when_prometheus_fires_it(tmp_path: Path, seed: int) -> None:
    chosen = random.Random(seed)  # noqa: S311 - the same each time
    made = {
        f"Random{number}": (series(chosen), chosen.choice([0, 1, 3, 5]), chosen.choice([0, 0, 1, 2, 4]))
        for number in range(ALERTS)
    }
    rules = [
        {"alert": name, "expr": f"{name} > 0", "for": f"{hold}m", "keep_firing_for": f"{keep}m"}
        for name, (_held, hold, keep) in made.items()
    ]
    firing = {
        name: {
            minute
            for begun, ended in fired(range(STEPS), {at for at, held in enumerate(values) if held}, hold, keep)
            for minute in range(int(begun), int(ended) + 1)
        }
        for name, (values, hold, keep) in made.items()
    }
    assert {minute for minutes in firing.values() for minute in minutes} > set(range(8, STEPS))
    found = [
        [{"labels": f'{{alertname="{name}"}}', "value": 1} for name, minutes in firing.items() if minute in minutes]
        for minute in range(STEPS)
    ]
    expr = 'count by (alertname) (ALERTS{alertstate="firing"})'
    asked = [{"expr": expr, "eval_time": f"{at}m", "exp_samples": samples} for at, samples in enumerate(found)]
    # A pause is a stale series at times, and a value at which the condition does not hold at others.
    inputs = [
        {"series": name, "values": " ".join("1" if held else chosen.choice(["0", "stale"]) for held in values)}
        for name, (values, _hold, _keep) in made.items()
    ]
    test = {"interval": "1m", "input_series": inputs, "promql_expr_test": asked}
    told = evaluate(tmp_path, test, [{"name": "random", "interval": "1m", "rules": rules}])
    assert "SUCCESS" in told, told[:3000]
