"""The examples of the guide, run as they are printed."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from programs import ran

GUIDE = Path(__file__).resolve().parents[3] / "docs" / "instrument-my-application.md"
EXAMPLES = dict(
    re.findall(r"^## ([^\n]+)\n\n```python\n(.*?)^```$", GUIDE.read_text("utf-8"), re.MULTILINE | re.DOTALL)
)
OF_FASTAPI = """
from starlette.testclient import TestClient
web = TestClient(app)
assert web.get("/orders/7", headers={"X-Request-ID": "order-7"}).headers["X-Request-ID"] == "order-7"
assert web.post("/orders").json() == {"status": "placed"}
"""
OF_FLASK = """
web = app.test_client()
assert web.get("/orders/7", headers={"X-Request-ID": "order-7"}, buffered=True).headers["X-Request-ID"] == "order-7"
assert web.get("/logout", buffered=True).json == {"status": "logged out"}
"""


def lines_of(example: str, use: str, folder: Path) -> list[dict[str, object]]:
    process = ran(EXAMPLES[example] + use, changed={"VIGIL_TELEMETRY_LOG_DIRECTORY": str(folder)})
    assert process.returncode == 0, process.stderr
    text = (folder / "combined.log").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


@pytest.mark.parametrize(
    ("example", "use", "messages"),
    [
        ("FastAPI", OF_FASTAPI, {"Order read", "Transaction started", "Payment taken", "Transaction completed"}),
        ("Flask", OF_FLASK, {"Order read", "Security event detected"}),
        ("A worker without HTTP", "", {"Job done"}),
    ],
)
def test_an_example_runs_and_logs(tmp_path: Path, example: str, use: str, messages: set[str]) -> None:
    lines = lines_of(example, use, tmp_path)
    assert messages <= {line["message"] for line in lines}
    own = [line for line in lines if line["message"] in ("Order read", "Job done")]
    assert {line["correlationId"] for line in own} <= {"order-7", "order-1", "order-2"}
    assert all(line["correlationId"] for line in own)


def test_examples_are_short() -> None:
    assert len(EXAMPLES) == 3
    assert {name: size for name, text in EXAMPLES.items() if (size := len(text.strip().splitlines())) > 25} == {}
