# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a symptom measures and from where on it shows, for those that are known by name and for the user's own."""

from __future__ import annotations

from ansible_collections.vigil.observability.plugins.plugin_utils._applications.description import Application
from ansible_collections.vigil.observability.plugins.plugin_utils._applications.symptom import Symptom
from ansible_collections.vigil.observability.plugins.plugin_utils._rules.tested import quoted

__all__ = ["symptom_shows", "symptom_value", "threshold_of"]

_SLOW = "increased_response_time"
_ERROR_RATIO = 0.05
_RESPONSE_SECONDS = 1.0
_POOL_RATIO = 0.9
_FEWEST_ERRORS = 3
_FEWEST_REQUESTS = 10
_QUANTILE = 0.95


def symptom_value(application: Application, symptom: Symptom) -> str:
    """Return the expression of a symptom: one sample without labels, none while its telemetry is missing."""
    if symptom.expr:
        return f"max({symptom.expr})"
    return _VALUES[symptom.name](application)


def symptom_shows(application: Application, symptom: Symptom) -> str:
    """Return the expression that is 1 while the recorded value is above the threshold, and else 0."""
    value = f'service:symptom:value{{service="{application.name}",symptom="{symptom.name}"}}'
    # The quantile of a histogram never is above its largest bound, which may be the threshold.
    above = ">=" if symptom.name == _SLOW and not symptom.expr else ">"
    return f"{value} {above} bool {threshold_of(application, symptom):.12g}"


def threshold_of(application: Application, symptom: Symptom) -> float:
    """Return the value above which the symptom shows.

    A response is too slow above the bound that the objectives promise to nearly all requests. A bound is better than a
    multiple of what is usual: a service that goes from 20 to 45 ms hurts nobody, and after a day of trouble the
    trouble is what is usual.
    """
    if symptom.threshold is not None:
        return symptom.threshold
    if symptom.name != _SLOW:
        return _ERROR_RATIO if symptom.name == "high_error_rate" else _POOL_RATIO
    kept = [one.threshold for one in application.objectives if one.threshold and one.target >= _QUANTILE]
    return min(kept, default=_RESPONSE_SECONDS)


def _where(application: Application) -> str:
    """Return the matchers of the requests that count."""
    return ",".join((f"job={quoted(application.job)}", *map(str, application.matchers)))


def _error_ratio(application: Application) -> str:
    """Return the share of failed requests, 0 when there are too few to speak of."""
    metrics, where = application.metrics, _where(application)
    source = f"{metrics['requests']}{{{where}}}"
    failed = f"{metrics['requests']}{{{where},{metrics['status_label']}=~{quoted(metrics['bad_status'])}}}"
    # The series of a status begins with its first response: until then nothing has failed.
    return (
        f"(sum(rate({failed}[5m])) or 0 * sum(rate({source}[5m]))) / sum(rate({source}[5m]))\n"
        f"* ((sum(increase({failed}[5m])) or 0 * sum(rate({source}[5m]))) >= bool {_FEWEST_ERRORS})"
    )


def _response_seconds(application: Application) -> str:
    """Return what 95 % of the requests stay below, 0 when there are too few to speak of.

    It reads the bounds of buckets as numbers, however they are spelled, and its largest answer is the largest of them
    that is finite.
    """
    buckets = f"{application.metrics['duration']}_bucket{{{_where(application)}}}"
    every = f'{application.metrics["duration"]}_bucket{{{_where(application)},le="+Inf"}}'
    return (
        f"histogram_quantile({_QUANTILE}, sum by (le) (rate({buckets}[5m])))\n"
        f"* (sum(increase({every}[5m])) >= bool {_FEWEST_REQUESTS})"
    )


def _pool_ratio(application: Application) -> str:
    """Return how full the fullest pool is: what an instance waits for is its own pool."""
    job = f"{{job={quoted(application.job)}}}"
    return f"max({application.metrics['pool_in_use']}{job} / ({application.metrics['pool_size']}{job} > 0))"


_VALUES = {
    "high_error_rate": _error_ratio,
    _SLOW: _response_seconds,
    "connection_pool_exhaustion": _pool_ratio,
}
