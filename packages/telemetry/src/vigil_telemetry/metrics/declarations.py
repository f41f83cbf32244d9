"""Own metrics of an application, declared as data and checked when they are declared."""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..errors import TelemetryError
from .names import APPLICATION_METRICS, RECORDED_BY_RULES, Metric

__all__ = ["Declaration", "declaration", "series_of"]

_NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
_TYPES = ("counter", "gauge", "histogram")
_KEYS = ("name", "type", "help", "labels", "buckets", "across")
# How a gauge of several processes becomes one, in the words of prometheus_client.
_ACROSS = {"sum": "livesum", "max": "livemax", "min": "livemin", "latest": "mostrecent"}
_RESERVED = {"le", "quantile", "job", "instance"}


@dataclass(frozen=True)
class Declaration:
    """A declared metric; `allowed` has the values of the labels that take no others."""

    name: str
    metric: Metric
    allowed: Mapping[str, frozenset[str]] = field(default_factory=dict)


def declaration(described: Mapping[str, Any]) -> Declaration:
    """Return what a mapping with name, type, help, labels, buckets and across declares.

    `labels` is a list of names, or a mapping of names to lists of all values (null: any value). Raises TelemetryError.
    """
    name = _name(described)
    for key in described:
        if key not in _KEYS:
            near = difflib.get_close_matches(str(key), _KEYS, 1)
            raise _refused(name, f"there is no key {key!r}; use {near[0] if near else ', '.join(_KEYS)}")
    kind = described.get("type")
    if kind not in _TYPES:
        raise _refused(name, f"type is {kind!r}; use counter, gauge or histogram")
    if (kind == "counter") != name.endswith("_total"):
        raise _refused(name, f"type is {kind}; names of counters, and of nothing else, end in _total")
    text = described.get("help")
    if not isinstance(text, str) or not text.strip():
        raise _refused(name, "help is missing; write what it counts or measures, in one sentence")
    labels, allowed = _labels(name, described.get("labels") or ())
    buckets, across = _buckets(name, kind, described.get("buckets")), _across(name, kind, described.get("across"))
    return Declaration(name, Metric(kind, "1", text, labels, buckets, across), allowed)


def series_of(declared: Declaration) -> int | None:
    """Return how many series it can have at most, or None if a label takes any value."""
    if set(declared.allowed) != set(declared.metric.labels):
        return None
    of_each = len(declared.metric.buckets) + 3 if declared.metric.type == "histogram" else 1
    return of_each * math.prod(len(values) for values in declared.allowed.values())


def _refused(name: str, reason: str) -> TelemetryError:
    return TelemetryError(f"Declaration of the metric {name}: {reason}.")


def _name(described: Mapping[str, Any]) -> str:
    name = described.get("name")
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise _refused(f"{name!r}", "this is not a name; use letters, digits and _, and begin with a letter")
    if name in RECORDED_BY_RULES:
        raise _refused(name, "rules of Prometheus record it from the metrics of requests; use another name")
    if name in APPLICATION_METRICS or name.startswith(("telemetry_", "process_", "system_")):
        raise _refused(name, "the library exports metrics of this name; use another name")
    return name


def _labels(name: str, given: Any) -> tuple[tuple[str, ...], dict[str, frozenset[str]]]:
    if isinstance(given, str) or not isinstance(given, (Mapping, Sequence)):
        raise _refused(name, f"labels is {given!r}; write a list of names, or a mapping of names to their values")
    for label in given:
        if not isinstance(label, str) or not _NAME.fullmatch(label) or label.startswith("__") or label in _RESERVED:
            raise _refused(name, f"{label!r} cannot be a label; use letters, digits and _, and not {_reserved()}")
    if len(set(given)) != len(given):
        raise _refused(name, f"labels {', '.join(given)} has a label twice; remove one")
    closed = given if isinstance(given, Mapping) else {}
    allowed = {label: _values(name, label, values) for label, values in closed.items() if values is not None}
    return tuple(given), allowed


def _reserved() -> str:
    return f"{', '.join(sorted(_RESERVED))}, which Prometheus sets"


def _values(name: str, label: str, values: Any) -> frozenset[str]:
    if isinstance(values, str) or not isinstance(values, Iterable) or not (found := [str(value) for value in values]):
        raise _refused(name, f"label {label} has the values {values!r}; write a list of them, or null for any value")
    return frozenset(found)


def _buckets(name: str, kind: str, given: Any) -> tuple[float, ...]:
    if kind != "histogram":
        if given is not None:
            raise _refused(name, f"a {kind} has no buckets; remove them, or make it a histogram")
        return ()
    numbers = isinstance(given, Sequence) and not isinstance(given, str) and all(_is_number(bound) for bound in given)
    if not given or not numbers:
        raise _refused(name, f"buckets is {given!r}; write a list of upper bounds, such as [0.1, 0.5, 1]")
    bounds = tuple(float(bound) for bound in given if bound != math.inf)
    if any(after <= before for before, after in zip(given, given[1:])):
        raise _refused(name, f"buckets {list(given)} do not ascend; sort them, each bound once")
    return bounds


def _is_number(bound: object) -> bool:
    return isinstance(bound, (int, float)) and not isinstance(bound, bool) and not math.isnan(bound)


def _across(name: str, kind: str, given: Any) -> str:
    if given is not None and (kind != "gauge" or given not in _ACROSS):
        raise _refused(name, f"across is {given!r}; only a gauge has it, one of {', '.join(_ACROSS)}")
    return _ACROSS[given or "sum"]
