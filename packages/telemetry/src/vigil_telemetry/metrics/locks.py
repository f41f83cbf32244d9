"""Locks of prometheus-client after a fork: a thread of the parent may have had one, and is not there to let it go."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

from prometheus_client import REGISTRY, CollectorRegistry, values
from prometheus_client.metrics import MetricWrapperBase

__all__ = ["renew"]

_LOCK = type(threading.Lock())


def renew(registry: CollectorRegistry) -> None:
    """Give new locks to all metrics of this registry and of the default one, in the only thread of a child.

    They cannot be released: a thread that was just getting one has it already, but is not known to have it.
    """
    for cell in getattr(values.ValueClass.inc, "__closure__", None) or ():
        # What values in files of several processes have in common.
        if isinstance(cell.cell_contents, _LOCK):
            cell.cell_contents = threading.Lock()
    for part in (*_of_registry(REGISTRY), *_of_registry(registry)):
        if isinstance(getattr(part, "_lock", None), _LOCK):
            part._lock = threading.Lock()


def _of_registry(registry: CollectorRegistry) -> Iterator[Any]:
    yield registry
    for metric in set(registry._names_to_collectors.values()):
        if isinstance(metric, MetricWrapperBase):
            yield from _of_metric(metric)


def _of_metric(metric: Any) -> Iterator[Any]:
    yield from (metric, *(getattr(metric, name, None) for name in ("_limits", "_value", "_sum")))
    yield from getattr(metric, "_buckets", ())
    for child in getattr(metric, "_metrics", {}).values():
        yield from _of_metric(child)
