# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Signs of trouble that an application shows: which there are, by default, and what is wrong with the described."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.vigil.observability.plugins.plugin_utils._applications.expression import answers_without_data

__all__ = ["SYMPTOMS", "SYMPTOM_OPTIONS", "Symptom", "faults_of_symptoms", "usual_symptoms"]

SYMPTOMS = ("high_error_rate", "increased_response_time", "connection_pool_exhaustion")
SYMPTOM_OPTIONS = {
    "name": {"type": "str", "required": True},
    "expr": {"type": "str"},
    "threshold": {"type": "float"},
}
_POOL = "connection_pool_exhaustion"
_SHARES = ("high_error_rate", _POOL)


@dataclass(frozen=True, kw_only=True)
class Symptom:
    """A sign of trouble: an expression above its threshold. Without an expression it is one of SYMPTOMS."""

    name: str
    expr: str
    threshold: float | None


def usual_symptoms(metrics: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return the symptoms of an application that names none: a pool runs out only where its metrics are named."""
    has_pool = metrics["pool_in_use"] and metrics["pool_size"]
    return [{"name": name, "expr": None, "threshold": None} for name in SYMPTOMS if has_pool or name != _POOL]


def faults_of_symptoms(application: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is wrong with the symptoms of an application, as ends of sentences."""
    metrics, symptoms, needed = (application[part] for part in ("metrics", "symptoms", "symptoms_needed"))
    if bool(metrics["pool_in_use"]) != bool(metrics["pool_size"]):
        yield "its metrics must name both pool_in_use and pool_size, or neither."
    for one in symptoms:
        yield from _faults_of_own(one) if one["expr"] else _faults_of_usual(one, metrics)
    if not 1 <= needed <= max(1, len(symptoms)):
        yield f"symptoms_needed {needed} must be 1 to {len(symptoms)}, the number of its symptoms."


def _faults_of_own(one: Mapping[str, Any]) -> Iterator[str]:
    if one["threshold"] is None:
        yield f"the symptom {one['name']!r} has an expr of its own and so needs a threshold."
    if answers_without_data(one["expr"]):
        yield (
            f"the symptom {one['name']!r} has a value even when it has no data (vector() or absent() in its expr), so "
            "missing data would look healthy: remove that; missing data has an alert of its own."
        )


def _faults_of_usual(one: Mapping[str, Any], metrics: Mapping[str, str]) -> Iterator[str]:
    name, threshold = one["name"], one["threshold"]
    if name not in SYMPTOMS:
        yield f"the symptom {name!r} needs an expr, because it is not one of {', '.join(SYMPTOMS)}."
    elif name == _POOL and not (metrics["pool_in_use"] or metrics["pool_size"]):
        yield f"the symptom {name!r} needs metrics pool_in_use and pool_size, or an expr."
    if name in _SHARES and threshold is not None and not 0 < threshold < 1:
        yield f"threshold {threshold} of the symptom {name!r} must lie between 0 and 1, such as 0.05 for 5 %."
    elif threshold is not None and threshold <= 0:
        yield f"threshold {threshold} of the symptom {name!r} must be more than 0 seconds."
