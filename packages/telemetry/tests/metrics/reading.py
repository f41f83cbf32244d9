"""Reads pages of metrics as Prometheus does."""

from __future__ import annotations

import math
import socket
import time
import urllib.request
from collections.abc import Callable
from typing import Any

from prometheus_client.openmetrics.parser import text_string_to_metric_families as open_metrics
from prometheus_client.parser import text_string_to_metric_families

from programs import PLENTY
from vigil_telemetry.metrics import Metrics
from vigil_telemetry.settings import settings_from

__all__ = ["OPEN_METRICS", "Samples", "free_port", "samples", "scraped", "started", "until"]

OPEN_METRICS = "application/openmetrics-text;version=1.0.0"
# They have no types.
_families: Any = text_string_to_metric_families
_open_families: Any = open_metrics
Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]


def started(**given: object) -> Metrics:
    """Return the metrics of a process with these settings, started."""
    found = Metrics(settings_from({"service": "shop", "environment": "test", **given}, {}))
    found.start()
    return found


def samples(page: bytes) -> Samples:
    """Return the values of a page of text by name and labels; no sample may be there twice."""
    found: Samples = {}
    for family in _families(page.decode()):
        for sample in family.samples:
            key = (sample.name, tuple(sorted(sample.labels.items())))
            assert key not in found
            found[key] = sample.value
    return found


def exemplars(page: bytes) -> dict[str, str]:
    """Return the trace of each bucket that has an exemplar, by its bound."""
    text = page.decode()
    # The parser, unlike Prometheus, wants gauges to have no name that ends like a counter's.
    assert text.endswith("# EOF\n")
    lines = [line for line in text.splitlines() if "active_users_total" not in line]
    found = {}
    for family in _open_families("\n".join([*lines, ""])):
        for sample in family.samples:
            if sample.exemplar:
                found[sample.labels["le"]] = sample.exemplar.labels["trace_id"]
    return found


def value(page: bytes, name: str, **labels: str) -> float:
    """Return the sum of the samples with this name and at least these labels; NaN if there is none."""
    found = [
        number
        for (sample, given), number in samples(page).items()
        if sample == name and labels.items() <= dict(given).items()
    ]
    return sum(found) if found else math.nan


def free_port() -> int:
    """Return a port of loopback that is free now."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def scraped(port: int) -> bytes:
    """Return the page of a port without TLS."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=PLENTY) as answer:
        return bytes(answer.read())


def until(condition: Callable[[], Any], seconds: float = PLENTY) -> Any:
    """Return what the condition returns once that is true; its errors of connections are false."""
    ends = time.monotonic() + seconds
    while True:
        try:
            if found := condition():
                return found
        except OSError as error:
            found = error
        if time.monotonic() > ends:
            raise AssertionError(f"not within {seconds} s, but: {found!r}")
        time.sleep(0.1)
