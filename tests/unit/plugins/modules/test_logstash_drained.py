# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from ansible_collections.vigil.observability.plugins.modules import logstash_drained
from ansible_collections.vigil.observability.tests.unit.plugins.conftest import LoopbackServer

Run = Callable[..., dict[str, Any]]

PATH = "/_node/stats/pipelines"


class Answers(dict[str, bytes]):
    """One answer after the other, of which the last one stays."""

    def __init__(self, *answers: bytes) -> None:
        super().__init__()
        self.left = list(answers)

    def get(self, path: str, default: Any = None) -> Any:
        if path != PATH:
            return default
        return self.left.pop(0) if len(self.left) > 1 else self.left[0]


def counts(read: int, sent: int, *, waiting: int = 0, refused: int = 0) -> bytes:
    """Return what Logstash has on a pipeline."""
    documents = {"successes": sent - refused, "dlq_routed": refused}
    outputs = [{"name": "elasticsearch", "documents": documents}]
    pipeline = {
        "events": {"in": read, "out": sent},
        "plugins": {"outputs": outputs},
        "queue": {"events_count": waiting},
    }
    return json.dumps({"pipelines": {"main": {}, "replay": pipeline}}).encode()


@pytest.fixture
def drained(server: LoopbackServer, run_module: Run) -> Run:
    """A function that waits for the pipeline of a Logstash with these answers."""

    def waited(*answers: bytes, **options: Any) -> dict[str, Any]:
        server.bodies = Answers(*answers)
        return run_module(logstash_drained, url=server.url, **{"pipeline": "replay", "quiet": 0.1, **options})

    return waited


def test_it_waits_until_everything_is_sent(drained: Run) -> None:
    stopped = b'{"pipelines": {"replay": {"events": null, "plugins": {"outputs": []}, "queue": null}}}'
    before = [b'{"pipelines": {}}', stopped, counts(9, 3, waiting=4), counts(9, 8)]
    result = drained(*before, counts(9, 9, refused=2))
    found = {name: result[name] for name in ("changed", "read", "accepted", "refused")}
    assert found == {"changed": False, "read": 9, "accepted": 7, "refused": 2}


def test_what_is_read_meanwhile_is_waited_for(drained: Run) -> None:
    assert drained(counts(0, 0), counts(5, 5), counts(6, 6), quiet=0.7)["accepted"] == 6


def test_check_mode_does_not_wait(drained: Run, server: LoopbackServer) -> None:
    assert drained(b'{"pipelines": {}}', check=True)["accepted"] == 0
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (b'{"pipelines": {}}', "does not run in Logstash at {url} after 1 s: the journal of Logstash has the reason."),
        (
            counts(9, 3, waiting=4),
            (
                "has not sent everything in Logstash at {url} after 1 s: 4 documents wait in its queue on disk, 3 were "
                "accepted. The journal of Logstash has the answers of Elasticsearch."
            ),
        ),
    ],
)
def test_it_fails_with_the_reason_when_that_takes_too_long(
    drained: Run, server: LoopbackServer, answer: bytes, reason: str
) -> None:
    result = drained(answer, deadline=1)
    assert (result["failed"], result["msg"]) == (True, "The pipeline 'replay' " + reason.format(url=server.url))
