# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Applications as the inventory describes them: who owns them, what they promise, what they depend on."""

from __future__ import annotations

import graphlib
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.vigil.observability.plugins.module_utils._errors.sentence import OperatorError
from ansible_collections.vigil.observability.plugins.plugin_utils._applications.business_metric import (
    BUSINESS_OPTIONS,
    BusinessMetric,
    business_metric,
    faults_of_business,
)
from ansible_collections.vigil.observability.plugins.plugin_utils._applications.matcher import Matcher, matcher
from ansible_collections.vigil.observability.plugins.plugin_utils._applications.objective import (
    OBJECTIVE_OPTIONS,
    Objective,
    faults_of_objective,
    faults_of_requests,
    objective,
)
from ansible_collections.vigil.observability.plugins.plugin_utils._applications.symptom import (
    SYMPTOM_OPTIONS,
    SYMPTOMS,
    Symptom,
    faults_of_symptoms,
    usual_symptoms,
)
from ansible_collections.vigil.observability.plugins.plugin_utils._applications.telemetry import (
    TELEMETRY_OPTIONS,
    faults_of_telemetry,
    measured_by_spans,
)

__all__ = [
    "SYMPTOMS",
    "Application",
    "BusinessMetric",
    "Objective",
    "application",
    "applications",
]

_NAME = re.compile(r"[a-z][a-z0-9_-]{0,39}")
_LINK = re.compile(r"(https?://|/(?!/))[^\x00-\x20\x7f]*")

# How runbooks find the application, and what they may do to it.
RECOVERY_OPTIONS = {
    "hosts": {"type": "list", "elements": "str", "default": []},
    "standby_hosts": {"type": "list", "elements": "str", "default": []},
    "scale_units": {"type": "list", "elements": "str", "default": []},
    "failover_command": {"type": "str", "default": ""},
}
_APPLICATION = {
    "name": {"type": "str", "required": True},
    "team": {"type": "str", "required": True},
    "environment": {"type": "str", "default": "production"},
    "job": {"type": "str"},
    "matchers": {"type": "list", "elements": "str", "default": []},
    **TELEMETRY_OPTIONS,
    "objectives": {"type": "list", "elements": "dict", "default": [], "options": OBJECTIVE_OPTIONS},
    "depends_on": {"type": "list", "elements": "str", "default": []},
    "symptoms": {"type": "list", "elements": "dict", "options": SYMPTOM_OPTIONS},
    "symptoms_needed": {"type": "int"},
    "business": {"type": "list", "elements": "dict", "default": [], "options": BUSINESS_OPTIONS},
    **RECOVERY_OPTIONS,
}


@dataclass(frozen=True, kw_only=True)
class Application:
    """One application; `metrics` holds the names of its metrics and labels, empty for those that it lacks.

    `measured_by` is `metrics`, its own, or `spans`, which Jaeger counts: then nothing is known of its instances.
    `containers` is the label and pattern that select the metrics of its containers; `limits` is what one instance
    may use (`cpu_cores`, `memory_bytes`), None where nothing limits it; `matchers` select which of its requests count.
    `hosts` run `unit`, `standby_hosts` can take over by `failover_command`, and `scale_units` are more instances.
    """

    name: str
    team: str
    environment: str
    job: str
    runs_on: str
    unit: str
    measured_by: str
    metrics: Mapping[str, str]
    symptoms_needed: int
    logs_url: str
    traces_url: str
    containers: Mapping[str, str]
    limits: Mapping[str, float | None]
    matchers: tuple[Matcher, ...] = ()
    objectives: tuple[Objective, ...] = ()
    depends_on: tuple[str, ...] = ()
    symptoms: tuple[Symptom, ...] = ()
    business: tuple[BusinessMetric, ...] = field(default=())
    hosts: tuple[str, ...] = ()
    standby_hosts: tuple[str, ...] = ()
    scale_units: tuple[str, ...] = ()
    failover_command: str = ""


def applications(described: Iterable[Mapping[str, Any]]) -> list[Application]:
    """Return the applications, in their order.

    Raises OperatorError with every fault of all of them: unknown keys, wrong types, two of one name, objectives
    that cannot be met or missed, dependencies that nobody declares or that go round.
    """
    faults: list[str] = []
    found = [one for number, item in enumerate(described) if (one := _application(number, item, faults))]
    faults += [f"Two applications are named {name!r}." for name, times in _repeated(one.name for one in found)]
    faults += _faults_of_dependencies(found)
    if faults:
        raise OperatorError(" ".join(faults))
    return found


def application(described: Mapping[str, Any]) -> Application:
    """Return one application by itself: what it depends on may be declared elsewhere. Raises OperatorError."""
    faults: list[str] = []
    found = _application(0, described, faults)
    if found is None:
        raise OperatorError(" ".join(faults))
    return found


def _application(number: int, item: Any, faults: list[str]) -> Application | None:
    who = f"Application {item.get('name', number)!r}" if isinstance(item, Mapping) else f"Application {number}"
    if not isinstance(item, Mapping):
        faults.append(f"{who} must be a mapping, not {item!r}.")
        return None
    by_spans = item.get("measured_by") == "spans"
    checked = ArgumentSpecValidator(_APPLICATION).validate(measured_by_spans(item) if by_spans else dict(item))
    values = _completed(checked.validated_parameters) if not checked.error_messages else {}
    wrong = [f"{who}: {message}." for message in checked.error_messages]
    wrong = wrong or [f"{who}: {sentence}" for sentence in _faults_of_values(values)]
    faults += wrong
    if wrong:
        return None
    return Application(
        **{
            **values,
            "job": values["job"] or values["name"],
            "matchers": tuple(matcher(text) for text in values["matchers"]),
            "unit": values["unit"] or f"{values['name']}.service",
            "containers": {**values["containers"], "pattern": values["containers"]["pattern"] or f"{values['name']}.*"},
            "objectives": tuple(objective(one) for one in values["objectives"]),
            "depends_on": tuple(values["depends_on"]),
            "symptoms": tuple(Symptom(**{**one, "expr": one["expr"] or ""}) for one in values["symptoms"]),
            "business": tuple(business_metric(one) for one in values["business"]),
            **{key: tuple(values[key]) for key in ("hosts", "standby_hosts", "scale_units")},
        }
    )


def _completed(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values with the symptoms that the application can show, where it names none."""
    symptoms = usual_symptoms(values["metrics"]) if values["symptoms"] is None else values["symptoms"]
    needed = min(2, max(1, len(symptoms))) if values["symptoms_needed"] is None else values["symptoms_needed"]
    return {**values, "symptoms": symptoms, "symptoms_needed": needed}


def _faults_of_values(values: Mapping[str, Any]) -> Iterable[str]:
    names = {"": values["name"]}
    for part in ("objectives", "symptoms", "business"):
        listed = [one["name"] or one["kind"] for one in values[part]]
        names |= {f"{part}[{number}] ": name for number, name in enumerate(listed)}
        yield from (f"two of its {part} are named {name!r}." for name, _times in _repeated(listed))
    for where, name in names.items():
        if not _NAME.fullmatch(name):
            yield f"{where}name {name!r} must be at most 40 lower-case letters, digits, _ and -, a letter first."
    yield from _faults_of_texts(values)
    yield from faults_of_telemetry(values)
    yield from faults_of_requests(values["matchers"], values["metrics"])
    for one in values["objectives"]:
        yield from faults_of_objective(one, values)
    yield from faults_of_symptoms(values)
    yield from faults_of_business(values["business"])


def _faults_of_texts(values: Mapping[str, Any]) -> Iterable[str]:
    """Yield a sentence for each text that a label of an alert could not take: Prometheus reads templates there."""
    for key in ("team", "environment", "job"):
        text = values[key]
        if text is not None and (not text.strip() or not text.isprintable() or "{{" in text):
            yield f"{key} {text!r} must be one line of text without {{{{."
    for key in ("logs_url", "traces_url"):
        if values[key] and not _LINK.fullmatch(values[key]):
            yield f"{key} {values[key]!r} must begin with https:// or http://, or with / for a page of Grafana."
    try:
        re.compile(values["metrics"]["bad_status"])
    except re.error as error:
        yield f"metrics.bad_status {values['metrics']['bad_status']!r} is not a valid regular expression ({error})."


def _faults_of_dependencies(found: Iterable[Application]) -> Iterable[str]:
    graph = {one.name: one.depends_on for one in found}
    for name, needed in graph.items():
        for missing in (other for other in needed if other not in graph):
            yield f"Application {name!r} depends on {missing!r}, which is not declared."
    try:
        graphlib.TopologicalSorter(graph).prepare()
    except graphlib.CycleError as error:
        yield f"Applications depend on each other in a circle: {' -> '.join(reversed(error.args[1]))}."


def _repeated(names: Iterable[str]) -> list[tuple[str, int]]:
    return [(name, times) for name, times in Counter(names).items() if times > 1]
