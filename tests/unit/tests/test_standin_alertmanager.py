"""The stand-in for Alertmanager answers as the real one was recorded to answer."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from ansible_collections.vigil.observability.tests.servers import standin_alertmanager

RECORDED = json.loads((Path(standin_alertmanager.__file__).parent / "silences.json").read_text(encoding="utf-8"))
_INSTANT = re.compile(r'"20[0-9]{2}-[0-9-]+T[0-9:.]+Z"')


def replaced(value: Any, words: dict[str, str]) -> Any:
    text = json.dumps(value)
    for word, other in words.items():
        text = text.replace(word, other)
    return json.loads(text)


def comparable(value: Any) -> Any:
    """Instants of the recording are those of its day; instants that a request gives begin in 2034."""
    return json.loads(_INSTANT.sub(lambda found: found[0] if found[0] > '"2034' else '"some time"', json.dumps(value)))


def test_what_was_recorded_is_answered_again() -> None:
    made: dict[str, str] = {}
    with standin_alertmanager.running() as standin:
        for pair in RECORDED:
            request = replaced(pair["request"], made)
            status, body = standin.answer(request["method"], request["path"], request["body"])
            recorded = pair["response"]
            if isinstance(recorded["body"], dict) and "silenceID" in recorded["body"]:
                made.setdefault(recorded["body"]["silenceID"], body["silenceID"])
            if pair["name"] == "list one":
                made["<begun>"] = body[0]["startsAt"]
            assert (status, comparable(body)) == (recorded["status"], comparable(replaced(recorded["body"], made))), (
                pair["name"]
            )
