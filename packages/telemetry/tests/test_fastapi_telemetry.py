"""Newer releases of FastAPI measure and trace by themselves, which would count everything twice."""

from __future__ import annotations

import pytest

from programs import ran

PROGRAM = """
import asyncio, os, sys
import fastapi, httpx
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
import vigil_telemetry as telemetry

spans = InMemorySpanExporter()
provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(spans))
trace.set_tracer_provider(provider)
telemetry.start(service="shop", environment="test", log_directory=sys.argv[2])

app, mounted = fastapi.FastAPI(), fastapi.FastAPI()

@app.get("/orders/{number}")
async def order(number: int):
    return number

mounted.get("/orders/{number}")(order)
app.mount("/v2", mounted)

async def inner(scope, receive, send):
    await app(scope, receive, send)

async def ask(served):
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=served)) as client:
        for path in ("/orders/1", "/v2/orders/1"):
            assert (await client.get(f"http://shop{path}")).status_code == 200

asyncio.run(ask(telemetry.asgi(app if sys.argv[1] == "instance" else inner)))
print([span.name for span in spans.get_finished_spans() if span.instrumentation_scope.name == "fastapi"])
"""


@pytest.mark.parametrize("wrapped", ["instance", "function"])
def test_fastapi_makes_no_spans_of_its_own(wrapped: str, tmp_path: object) -> None:
    done = ran(PROGRAM, wrapped, str(tmp_path))
    assert done.stdout == "[]\n", done.stderr
