"""Metrics of prometheus-client whose number of series is bounded, and whose label values can break nothing.

A label set that is over the budget is folded: the label with the most values becomes "other", and when even that is too
much, all of them. What is folded is counted, and no measurement is lost.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.metrics import MetricWrapperBase

from .names import OTHER, Metric

__all__ = ["LimitedCounter", "LimitedGauge", "LimitedHistogram", "Limits", "made"]

_LONGEST = 200  # characters of a label value
_RESERVED = 10  # a tenth of the label sets is for those that are folded


class Limits:
    """How many label sets a metric may have, and which it has.

    `budget` counts series; a histogram has one for each bucket, a sum and a count. `allowed` has the values of labels
    that take no others; `folded` is called for each measurement that is folded.
    """

    def __init__(self, metric: Metric, budget: int, folded: Callable[[], None]) -> None:
        self.allowed: Mapping[str, frozenset[str]] = {}
        self.children: dict[tuple[Any, ...], Any] = {}
        self._labels = metric.labels
        self._most = max(1, budget // (len(metric.buckets) + 3 if metric.type == "histogram" else 1))
        self._folded = folded
        self._lock = threading.Lock()
        self._admitted: set[tuple[str, ...]] = set()
        self._seen: tuple[set[str], ...] = tuple(set() for _label in metric.labels)

    def admitted(self, values: tuple[Any, ...]) -> tuple[str, ...]:
        """Return the label values that stand for these."""
        texts = tuple(self._text(label, value) for label, value in zip(self._labels, values))
        with self._lock:
            found = self._fitting(texts)
        if found != texts:
            self._folded()
        return found

    def forget(self) -> None:
        """Begin anew, because the metric has no label sets anymore."""
        with self._lock:
            self.children = {}
            self._admitted.clear()
            for seen in self._seen:
                seen.clear()

    def _text(self, label: str, value: object) -> str:
        text = _printable(value)
        allowed = self.allowed.get(label)
        return text if allowed is None or text in allowed else OTHER

    def _fitting(self, texts: tuple[str, ...]) -> tuple[str, ...]:
        if texts in self._admitted or self._admit(texts, self._most - max(1, self._most // _RESERVED)):
            return texts
        widest = max(range(len(texts)), key=lambda place: len(self._seen[place]))
        folded = (*texts[:widest], OTHER, *texts[widest + 1 :])
        if folded in self._admitted or self._admit(folded, self._most - 1):
            return folded
        return (OTHER,) * len(texts)

    def _admit(self, texts: tuple[str, ...], most: int) -> bool:
        if len(self._admitted) >= most:
            return False
        self._admitted.add(texts)
        for seen, text in zip(self._seen, texts):
            seen.add(text)
        return True


def _printable(value: object) -> str:
    """Return a text that every scrape can encode, whatever the value is."""
    try:
        text = str.__str__(str(value))
    except Exception:  # noqa: BLE001 - an object that cannot be shown is still counted
        return OTHER
    # Half a surrogate pair would make the whole page fail.
    return text[:_LONGEST].encode("utf-8", "replace").decode("utf-8")


class _Limited(MetricWrapperBase):
    """Whatever asks for a label set gets one that fits the limits, which are set once the metric is made."""

    _limits: Limits

    def labels(self, *labelvalues: Any, **labelkwargs: Any) -> Any:
        """Return the child for these label values, or the one that they are folded into."""
        values = labelvalues
        if labelkwargs:
            values = tuple(labelkwargs[name] for name in self._labelnames if name in labelkwargs) or labelvalues
        try:
            return self._limits.children[values]
        except (AttributeError, KeyError, TypeError):
            return self._new_child(values, labelvalues, labelkwargs)

    def _new_child(self, values: tuple[Any, ...], positional: tuple[Any, ...], named: dict[str, Any]) -> Any:
        given = len(positional) + len(named)
        if self._labelvalues or not given == len(values) == len(self._labelnames):
            return super().labels(*positional, **named)  # raises, because they do not fit the labels
        texts = self._limits.admitted(values)
        child = super().labels(*texts)
        # 1 and True are the same key but other texts; what is folded would fill the dictionary.
        if texts == values and {str}.issuperset(map(type, values)):
            self._limits.children[texts] = child
        return child

    def remove(self, *labelvalues: Any) -> None:
        """Remove one label set; its place in the budget stays taken."""
        super().remove(*labelvalues)
        self._limits.children.pop(tuple(str(value) for value in labelvalues), None)

    def clear(self) -> None:
        """Remove all label sets."""
        super().clear()
        self._limits.forget()


class LimitedCounter(_Limited, Counter):
    """A counter with limits."""


class LimitedGauge(_Limited, Gauge):
    """A gauge with limits."""


class LimitedHistogram(_Limited, Histogram):
    """A histogram with limits."""


def made(name: str, metric: Metric, registry: CollectorRegistry, limits: Limits) -> Any:
    """Return a new metric of prometheus-client with these limits, registered."""
    found: _Limited
    if metric.type == "counter":
        found = LimitedCounter(name, metric.help, metric.labels, registry=registry)
    elif metric.type == "gauge":
        mode: Any = metric.across
        found = LimitedGauge(name, metric.help, metric.labels, registry=registry, multiprocess_mode=mode)
    else:
        found = LimitedHistogram(name, metric.help, metric.labels, registry=registry, buckets=metric.buckets)
    found._limits = limits  # not by the constructor, which makes the children too
    return found
