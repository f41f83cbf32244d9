"""The stand-in for Grafana answers as the real one was recorded to answer."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

from ansible_collections.vigil.observability.tests.servers.standin_grafana.server import Served
from ansible_collections.vigil.observability.tests.unit.tests.standin_grafana.recorded_start import recorded_server
from ansible_collections.vigil.observability.tests.unit.tests.standin_grafana.replay import Replay, Session, recorded

AREAS = Path(__file__).parent / "replays"
REPLAYS: dict[str, Replay] = {}
for area in sorted(AREAS.glob("*.py")):
    REPLAYS.update(import_module(f"{Replay.__module__.rpartition('.')[0]}.replays.{area.stem}").REPLAYS)


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    """A stand-in of the recorded version with what the recorded server held when the recording began."""
    with recorded_server(tmp_path) as served:
        yield served


@pytest.mark.parametrize("name", sorted(REPLAYS))
def test_what_was_recorded_is_answered_again(name: str, served: Served) -> None:
    replay = REPLAYS[name]
    session = Session(served)
    for before in replay.after:
        list(session.play(before, REPLAYS.get(before, Replay())))
    answers = list(session.play(name, replay))
    differing = {pair.label: difference for pair, difference in answers if difference}
    unknown = replay.differs.keys() - {pair.label for pair in recorded(name)}
    print(f"{name}: {len(answers) - len(differing)} of {len(answers)} pairs reproduced")
    unforeseen = [f"{label}: {text}" for label, text in differing.items() if label not in replay.differs]
    assert not unforeseen, "\n".join(unforeseen)
    assert sorted(replay.differs.keys() - differing.keys()) == [], "these are reproduced, or not in the recording"
    assert unknown == set()
