from __future__ import annotations

from collections.abc import Iterator

import pytest

from programs import PLENTY
from seen import Seen
from vigil_telemetry import runtime, tracing
from vigil_telemetry.logs import writer
from vigil_telemetry.settings import settings_from


@pytest.fixture(autouse=True)
def busy_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give a busy machine the time that it needs for what an application does not wait for so long."""
    monkeypatch.setattr(writer, "SECONDS_FOR_SECURITY", PLENTY)
    monkeypatch.setattr(tracing, "SECONDS_TO_SEND", PLENTY)


@pytest.fixture
def seen() -> Iterator[Seen]:
    """What a running telemetry sees of requests."""
    seen = Seen()
    settings = settings_from({"service": "shop", "environment": "test"}, {})
    runtime.start(runtime.Telemetry(settings, (), seen.observers()))
    yield seen
    runtime.stop()
