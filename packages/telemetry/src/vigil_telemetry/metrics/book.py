"""The metrics that exist in this process: those of the list, and those that the application declares."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from prometheus_client import CollectorRegistry

from ..errors import TelemetryError
from .declarations import Declaration, declaration, series_of
from .locks import renew
from .names import APPLICATION_METRICS, Metric
from .series import Limits, made

__all__ = ["Book"]

_FOLDED = "telemetry_series_folded_total"


class Book:
    """Metrics by name, each with at most `budget` series."""

    def __init__(self, budget: int) -> None:
        self.registry = CollectorRegistry()
        self._budget = budget
        self._lock = threading.Lock()
        self._declared: dict[str, tuple[Declaration, Any]] = {}
        nothing_folds = Limits(APPLICATION_METRICS[_FOLDED], 1_000_000, lambda: None)
        self._folded = made(_FOLDED, APPLICATION_METRICS[_FOLDED], self.registry, nothing_folds)
        self._of_list = {_FOLDED: self._folded}
        for name, metric in APPLICATION_METRICS.items():
            if name not in self._of_list and not name.startswith("system_"):
                self._of_list[name] = self._made(name, metric)

    def __getitem__(self, name: str) -> Any:
        """Return a metric of the list."""
        return self._of_list[name]

    def declare(self, declarations: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
        """Return the declared metrics by name; all of them are checked before one is made.

        What is declared again in the same way is the same metric. Raises TelemetryError.
        """
        with self._lock:
            checked: dict[str, Declaration] = {}
            for described in declarations:
                declared = declaration(described)
                self._check(declared, checked.get(declared.name))
                checked[declared.name] = declared
            for declared in checked.values():
                if declared.name not in self._declared:
                    metric = self._made(declared.name, declared.metric, declared.allowed)
                    self._declared[declared.name] = (declared, metric)
            return {name: self._declared[name][1] for name in checked}

    def forked(self) -> None:
        """Go on in a child, where no thread lets go of locks that its parent held."""
        self._lock = threading.Lock()
        renew(self.registry)

    def _check(self, declared: Declaration, before: Declaration | None) -> None:
        earlier = before or self._declared.get(declared.name, (declared,))[0]
        if earlier != declared:
            raise TelemetryError(
                f"Declaration of the metric {declared.name}: it is declared already, as {_text(earlier)}, and now as "
                f"{_text(declared)}; declare it once, or in the same way."
            )
        most = series_of(declared)
        if most is not None and most > self._budget:
            raise TelemetryError(
                f"Declaration of the metric {declared.name}: its labels make up to {most} series, and "
                f"metrics_series_budget is {self._budget}; remove a label or values, or raise the budget."
            )

    def _made(self, name: str, metric: Metric, allowed: Mapping[str, frozenset[str]] | None = None) -> Any:
        folded: Callable[[], None] = self._folded.labels(name).inc if metric.labels else lambda: None
        # Labels with closed sets of values need no budget.
        budget = sys.maxsize if allowed and set(allowed) == set(metric.labels) else self._budget
        limits = Limits(metric, budget, folded)
        limits.allowed = allowed or {}
        return made(name, metric, self.registry, limits)


def _text(declared: Declaration) -> str:
    metric = declared.metric
    labels = ", ".join(
        f"{label} ({', '.join(sorted(declared.allowed[label]))})" if label in declared.allowed else label
        for label in metric.labels
    )
    parts = [f"a {metric.type}", f"with the labels {labels}" if labels else "without labels"]
    parts += [f"with the buckets {list(metric.buckets)}"] if metric.buckets else []
    return " ".join([*parts, f"and the help {metric.help!r}"])
