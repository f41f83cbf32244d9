# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rules that see several symptoms of one application together, and whether it suffers from one that it depends on."""

from __future__ import annotations

from collections.abc import Iterator

from ansible_collections.vigil.observability.plugins.plugin_utils._applications.description import Application
from ansible_collections.vigil.observability.plugins.plugin_utils._rules.correlation.alerts import alerts
from ansible_collections.vigil.observability.plugins.plugin_utils._rules.correlation.symptoms import (
    symptom_shows,
    symptom_value,
)
from ansible_collections.vigil.observability.plugins.plugin_utils._rules.correlation.tests import EVALUATION, tests
from ansible_collections.vigil.observability.plugins.plugin_utils._rules.tested import (
    Rule,
    RuleSet,
    group,
    recording,
)

__all__ = ["correlation_rule_set"]

_INTERVAL = "30s"


def correlation_rule_set(application: Application) -> RuleSet:
    """Return the rules for the symptoms of an application, of which it has one at least, and their tests.

    What the rules need of another application is one series that the rule set of that one records: each rule set can be
    tested alone, and a change of one application changes one file.
    """
    name = f"correlation-{application.name}"
    groups = [group(name, _INTERVAL, list(_rules(application)))]
    return RuleSet(name=name, groups=groups, tests=tests(application), evaluation_interval=EVALUATION)


def _rules(application: Application) -> Iterator[Rule]:
    service = application.name
    own, of = {"service": service}, f'{{service="{service}"}}'
    for symptom in application.symptoms:
        labels = {**own, "symptom": symptom.name}
        yield recording("service:symptom:value", symptom_value(application, symptom), labels)
        yield recording("service:symptom:active", symptom_shows(application, symptom), labels)
    yield recording("service:symptoms:active10m", f"sum(max_over_time(service:symptom:active{of}[10m]))", own)
    # Nothing observed is a number too: an absent series would alert nobody.
    yield recording("service:symptoms:observed", f"count(service:symptom:active{of}) or vector(0)", own)
    correlated = f"service:symptoms:active10m{of} >= bool {application.symptoms_needed}"
    yield recording("service:symptoms:correlated", correlated, own)
    for dependency in application.depends_on:
        yield recording("service_depends_on", "vector(1)", {**own, "dependency": dependency})
    if application.depends_on:
        yield recording("service:symptoms:victim", _victim(application), own)
    yield from alerts(application)


def _victim(application: Application) -> str:
    """Return an expression that is 1 while a direct dependency is correlated, 0 while none is."""
    dependencies = "|".join(application.depends_on)
    state = f'service:symptoms:correlated{{service=~"{dependencies}"}}'
    return (
        f'max(service_depends_on{{service="{application.name}"}}\n'
        f'* on (dependency) group_left () label_replace({state}, "dependency", "$1", "service", "(.+)"))'
    )
