from __future__ import annotations

from collections.abc import Iterator

import pytest
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from tracing.collectors import Plain, settings
from vigil_telemetry.tracing import Tracing


@pytest.fixture
def ended() -> Iterator[InMemorySpanExporter]:
    """Have tracing run, and return the spans that have ended."""
    exporter = InMemorySpanExporter()
    tracing = Tracing(settings(), Plain(), SimpleSpanProcessor(exporter))
    tracing.start()
    yield exporter
    tracing.stop(1.0)
