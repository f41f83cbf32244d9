# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tests of promtool for the symptoms that are known by name: from the application's own metrics to 0 or 1."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.vigil.observability.plugins.plugin_utils._applications.description import Application
from ansible_collections.vigil.observability.plugins.plugin_utils._applications.matcher import (
    counted_labels,
    left_out_labels,
)
from ansible_collections.vigil.observability.plugins.plugin_utils._applications.symptom import SYMPTOMS
from ansible_collections.vigil.observability.plugins.plugin_utils._rules.correlation.symptoms import threshold_of
from ansible_collections.vigil.observability.plugins.plugin_utils._rules.promtool import counter, expectation, scenario
from ansible_collections.vigil.observability.plugins.plugin_utils._rules.slo.indicator import bound_spellings
from ansible_collections.vigil.observability.plugins.plugin_utils._rules.slo.load import example_statuses
from ansible_collections.vigil.observability.plugins.plugin_utils._rules.tested import quoted

__all__ = ["signal_tests"]

_LEG = 15
_SLOWER = 0.05
_FAILING, _SLOW, _POOL = SYMPTOMS

Series = dict[str, Sequence[float | None]]
# The application, its threshold, and for each minute the requests and the share of them that is in trouble.
Load = Callable[[Application, float, Sequence[float], Sequence[float]], Series]


def signal_tests(application: Application) -> Iterator[dict[str, Any]]:
    """Yield the tests of the symptoms without an expression of the user's own."""
    found = {one.name: threshold_of(application, one) for one in application.symptoms if not one.expr}
    if found:
        yield _above(application, found)
    if found.keys() - {_POOL}:
        yield _sparse(application, found)


def _above(application: Application, thresholds: Mapping[str, float]) -> dict[str, Any]:
    """Return a test that goes from none to just below the limit, above it, back, and at last to no data."""
    series: Series = {}
    checks = []
    for name, threshold in thresholds.items():
        limit = _SLOWER if name == _SLOW else threshold
        shares = [share for share in (0, 0.8 * limit, (limit + min(1, 1.4 * limit)) / 2, 0) for _minute in range(_LEG)]
        series |= _LOADS[name](application, threshold, [math.ceil(100 / limit)] * len(shares), shares)
        series |= _left_out(application, name, threshold, [math.ceil(1000 / limit)] * len(shares))
        for leg, expected in enumerate((0, 0, 1, 0), 1):
            checks.append(_active(application, name, leg * _LEG - 1, expected))
        checks.append(_active(application, name, 4 * _LEG + 6, None))
    name = f"{application.name}: a symptom shows above its threshold, not below it, and not without data"
    return scenario(name, series, checks)


def _left_out(application: Application, name: str, threshold: float, requests: Sequence[float]) -> Series:
    """Return many good requests that do not count, none where all do."""
    metrics = application.metrics
    series: Series = {}
    said, _failed = example_statuses(metrics["bad_status"])
    bound = bound_spellings(threshold)[0]
    for labels in left_out_labels(application.matchers):
        own = {"job": application.job, "instance": "a", **labels}
        if name == _FAILING:
            series[_named(metrics["requests"], {**own, metrics["status_label"]: said})] = counter(requests)
        elif name == _SLOW:
            series |= {
                _named(f"{metrics['duration']}_bucket", {**own, "le": le}): counter(requests) for le in (bound, "+Inf")
            }
    return series


def _sparse(application: Application, thresholds: Mapping[str, float]) -> dict[str, Any]:
    """Return a test in which nothing is asked, then one request ends in trouble, and then an instance restarts."""
    requests = [0.0] * _LEG + [1.0] + [0.0] * _LEG
    series: Series = {}
    checks = []
    for name in (name for name in thresholds if name != _POOL):
        loaded = _LOADS[name](application, thresholds[name], requests, [1.0] * len(requests))
        series |= {key: [*samples, *[0.0] * _LEG] for key, samples in loaded.items()}
        minutes = (_LEG - 1, _LEG + 1, _LEG + 3, 2 * _LEG, 2 * _LEG + 3, 3 * _LEG)
        checks += [_active(application, name, minute, 0) for minute in minutes]
    name = f"{application.name}: no symptom shows without requests, for a single one, or when an instance restarts"
    return scenario(name, series, checks)


def _failures(
    application: Application, _threshold: float, requests: Sequence[float], shares: Sequence[float]
) -> Series:
    """Return the requests by status. Nobody knows the status of a failure before the first one."""
    said, failed = example_statuses(application.metrics["bad_status"])
    bad = [count * share for count, share in zip(requests, shares, strict=True)]
    good = [count - failures for count, failures in zip(requests, bad, strict=True)]
    first = next(minute for minute, count in enumerate(bad) if count)
    metric, label = application.metrics["requests"], application.metrics["status_label"]
    own = {"job": application.job, "instance": "a", **counted_labels(application.matchers)}
    return {
        _named(metric, {**own, label: said}): counter(good),
        _named(metric, {**own, label: failed}): [*[None] * first, *counter(bad[first:])],
    }


def _delays(application: Application, threshold: float, requests: Sequence[float], shares: Sequence[float]) -> Series:
    """Return a histogram whose largest bound is the threshold."""
    quick = [count * (1 - share) for count, share in zip(requests, shares, strict=True)]
    faster, bound = f"{threshold / 2:.12g}", bound_spellings(threshold)[0]
    own = {"job": application.job, "instance": "a", **counted_labels(application.matchers)}
    return {
        _named(f"{application.metrics['duration']}_bucket", {**own, "le": le}): counter(counts)
        for le, counts in ((faster, quick), (bound, quick), ("+Inf", requests))
    }


def _pools(application: Application, _threshold: float, _requests: Sequence[float], shares: Sequence[float]) -> Series:
    """Return the pools of two instances, one of which is never short."""
    series: Series = {}
    for instance, used in (("a", [0.1] * len(shares)), ("b", shares)):
        labels = {"job": application.job, "instance": instance}
        series[_named(application.metrics["pool_in_use"], labels)] = [100 * share for share in used]
        series[_named(application.metrics["pool_size"], labels)] = [100.0] * len(used)
    return series


def _active(application: Application, name: str, minute: int, expected: float | None) -> dict[str, Any]:
    labels = f'service:symptom:active{{service="{application.name}",symptom="{name}"}}'
    return expectation(labels, minute, expected, labels)


def _named(metric: str, labels: Mapping[str, str]) -> str:
    return f"{metric}{{{','.join(f'{name}={quoted(value)}' for name, value in labels.items())}}}"


_LOADS: Mapping[str, Load] = {_FAILING: _failures, _SLOW: _delays, _POOL: _pools}
