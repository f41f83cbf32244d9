# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The rules and tests that follow from applications, of each kind and of all kinds together."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.vigil.observability.plugins.module_utils._errors.sentence import OperatorError
from ansible_collections.vigil.observability.plugins.plugin_utils._applications.description import applications
from ansible_collections.vigil.observability.plugins.plugin_utils._rules.business.generator import business_rule_set
from ansible_collections.vigil.observability.plugins.plugin_utils._rules.correlation.generator import (
    correlation_rule_set,
)
from ansible_collections.vigil.observability.plugins.plugin_utils._rules.predictive.forecast import Forecast
from ansible_collections.vigil.observability.plugins.plugin_utils._rules.predictive.generator import predictive_rule_set
from ansible_collections.vigil.observability.plugins.plugin_utils._rules.slo.generator import slo_rule_set

__all__ = ["business", "correlation", "of_all_kinds", "predictive", "slo"]

Described = Iterable[Mapping[str, Any]]
RuleSets = list[dict[str, Any]]


def slo(described: Described) -> RuleSets:
    """Return a rule set for each application that has an objective."""
    try:
        return [slo_rule_set(one).as_dict() for one in applications(described) if one.objectives]
    except OperatorError as error:
        raise OperatorError(f"Cannot generate rules from these objectives: {error}") from error


def predictive(described: Described, minutes: int = 15, probability: float = 0.8) -> RuleSets:
    """Return a rule set for each application that has an objective, forecasting so many minutes ahead."""
    try:
        forecast = Forecast(minutes=int(minutes), probability=float(probability))
        return [predictive_rule_set(one, forecast).as_dict() for one in applications(described) if one.objectives]
    except (OperatorError, ValueError) as error:
        raise OperatorError(f"Cannot forecast violations of these objectives: {error}") from error


def correlation(described: Described) -> RuleSets:
    """Return a rule set for each application that has symptoms."""
    try:
        return [correlation_rule_set(one).as_dict() for one in applications(described) if one.symptoms]
    except OperatorError as error:
        raise OperatorError(f"correlation_rules: {error}") from error


def business(described: Described, weeks: int = 4) -> RuleSets:
    """Return a rule set for each application that has business metrics, comparing with so many weeks before."""
    try:
        return [business_rule_set(one, weeks).as_dict() for one in applications(described) if one.business]
    except OperatorError as error:
        raise OperatorError(f"business_rules: {error}") from error


def of_all_kinds(described: Described) -> RuleSets:
    """Return the rule sets of every kind, with their usual settings."""
    return json.loads(_made(json.dumps(list(described))))  # type: ignore[no-any-return]


# A task asks for the rules several times over, and those of a hundred applications take seconds.
@functools.lru_cache(maxsize=8)
def _made(described: str) -> str:
    made = (rules(json.loads(described)) for rules in (slo, predictive, correlation, business))
    return json.dumps([rule_set for rule_sets in made for rule_set in rule_sets])
