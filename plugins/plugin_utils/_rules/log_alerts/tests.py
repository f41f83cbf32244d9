# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tests for promtool of the rules of alerts from logs, made of the same data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.vigil.observability.plugins.plugin_utils._rules.log_alerts.description import LogAlert
from ansible_collections.vigil.observability.plugins.plugin_utils._rules.log_alerts.words import labels, texts
from ansible_collections.vigil.observability.plugins.plugin_utils._rules.promtool import values
from ansible_collections.vigil.observability.plugins.plugin_utils._rules.tested import quoted

__all__ = ["tests"]

Test = dict[str, Any]


def tests(alerts: Sequence[LogAlert]) -> list[Test]:
    """Return the tests, each with a name that is a sentence."""
    return [test for alert in alerts for test in _tests(alert)]


def _tests(alert: LogAlert) -> Iterator[Test]:
    few, enough = alert.threshold - 1, alert.threshold
    course = [few, few, enough, enough + 1, few]
    expected = {1: None, 2: enough, 3: enough + 1, 4: None}
    yield _test(alert, f"{alert.name} fires at its threshold, and resolves below it", {"a": course}, expected)
    both = {"a": [enough] * 3, "b": [enough, enough, few]}
    yield _test(alert, f"{alert.name} fires once for two exporters", both, {1: enough, 2: enough})
    yield _test(alert, f"{alert.name} does not fire without data", {}, {1: None})


def _test(
    alert: LogAlert, name: str, matches: Mapping[str, Sequence[float]], expected: Mapping[int, float | None]
) -> Test:
    """Return a test of matches by exporter, a sample a minute, and of the number that fires by minute."""
    given = [
        {
            "series": (
                f'log_alert_matches{{alert={quoted(alert.name)},job="log_exporter",instance="{host}:9479",host="{host}"}}'
            ),
            "values": values(samples),
        }
        for host, samples in matches.items()
    ]
    checks = [
        {
            "eval_time": f"{minute}m",
            "alertname": alert.name,
            "exp_alerts": [] if fires is None else [_fired(alert, fires)],
        }
        for minute, fires in expected.items()
    ]
    return {"name": name, "interval": "1m", "input_series": given, "alert_rule_test": checks}


def _fired(alert: LogAlert, matches: float) -> Test:
    return {"exp_labels": {"alert": alert.name, **labels(alert)}, "exp_annotations": texts(alert, f"{matches:.0f}")}
