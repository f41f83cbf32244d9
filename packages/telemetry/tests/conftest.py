from __future__ import annotations

from collections.abc import Iterator

import pytest

from seen import Seen
from vigil_telemetry import runtime
from vigil_telemetry.settings import settings_from


@pytest.fixture
def seen() -> Iterator[Seen]:
    """What a running telemetry sees of requests."""
    seen = Seen()
    settings = settings_from({"service": "shop", "environment": "test"}, {})
    runtime.start(runtime.Telemetry(settings, (), seen.observers()))
    yield seen
    runtime.stop()
