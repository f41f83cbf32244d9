# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""kill -9 before and after each write of a run's journal, and while its steps run: another engine goes on from there.

The engine and the runners of steps are processes, which systemd's part starts; the runner is the real one, with a
program in place of Ansible. Time is that of a clock which both engines share.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.vigil.observability.tests.unit.packages.incident_response.certificates import Certificates
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.lives import Death
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.runbooks import runbook
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.world import World, seconds

_VERIFICATION = {**runbook()["verification"], "within": 40, "stable": 10, "samples": 2}
_TERM = 180.0  # seconds of a silence
_SOON = 20.0  # seconds in which one ends whose run has, if need be by the next engine
_STARTS = 60.0  # seconds in which an attempt starts, beside those that it may take
_HEAL = "echo 1 > ../../up"
_CLEAR = {"step": "clear_cache", "parameters": {}}
_UNDO = {"step": "run_script", "parameters": {"name": "undo"}}
# Kills what runs it, too, as the end of a unit does.
_KILLED = "kill -9 $PPID $$"


@dataclass(frozen=True)
class Variant:
    """A runbook, what its steps do, which attempts run, how the run ends, and whether people get it.

    `unwatched` is at how many points an engine is dead while a verification ends: what it would have found is not
    known, so nothing more is done, and people get it. `stops` is how often a person stops the run.
    """

    runbook: Mapping[str, Any]
    steps: Mapping[str, str]
    ran: Sequence[str]
    outcome: str
    escalated: int = 0
    approvals: int = 0
    unwatched: int = 0
    stops: int = 0

    @property
    def longest(self) -> float:
        """Return for how many seconds the run may keep its alert from people."""
        places = {one.rpartition("-a")[0] for one in self.ran}
        verified = {one.partition("-h")[0] for one in places} - {"0"}
        attempt, verification = float(self.runbook["limit"]["run"]) + _STARTS, float(_VERIFICATION["within"])
        return len(places) * attempt + len(verified) * verification


def _of(**changed: Any) -> dict[str, Any]:
    return runbook(**{"level": "full", "verification": _VERIFICATION, **changed})


VARIANTS = {
    "helps": Variant(_of(), {"restart_service": _HEAL}, ["1-h1-a1"], "recovered"),
    "is killed and repeated": Variant(
        _of(),
        {"restart_service": f"case $PWD in *-a1) {_KILLED};; esac; {_HEAL}"},
        ["1-h1-a1", "1-h1-a2"],
        "recovered",
        unwatched=1,
    ),
    "is killed and not to be repeated": Variant(
        _of(idempotent=False), {"restart_service": _KILLED}, ["1-h1-a1"], "failing", escalated=1, unwatched=1
    ),
    "two steps on two hosts": Variant(
        _of(
            idempotent=False,
            target={"kind": "application", "name": "service"},
            applications={"shop": {"hosts": ["web1", "web2"]}},
            steps=[*runbook()["steps"], _CLEAR],
        ),
        {"restart_service": "true", "clear_cache": f"case $PWD in *-h2-*) {_HEAL};; esac"},
        ["1-h1-a1", "1-h2-a1", "2-h1-a1", "2-h2-a1"],
        "recovered",
        unwatched=1,
    ),
    "is taken back": Variant(
        _of(rollback=_UNDO, idempotent=False),
        {"restart_service": "echo 0 0 > ../../up", "run_script": "echo 0 > ../../up"},
        ["1-h1-a1", "0-h1-a1"],
        "worse",
        escalated=1,
    ),
    "is approved": Variant(
        _of(level="partial", idempotent=False), {"restart_service": _HEAL}, ["1-h1-a1"], "recovered", approvals=1
    ),
    "is stopped": Variant(_of(rollback=_UNDO), {"restart_service": "exec sleep 600"}, ["1-h1-a1"], "stopped", stops=1),
}


def deaths(writes: Sequence[str], ran: Sequence[str]) -> Iterator[Death]:
    """Yield every point: nothing is left of a transaction that is not committed, at whichever statement it ends."""
    for number in (number for number, write in enumerate(writes, 1) if write == "COMMIT"):
        yield from (Death(number, "before"), Death(number, "after"))
    yield from (Death(running=one) for one in ran)


@pytest.mark.parametrize("name", VARIANTS)
def test_whenever_its_engine_is_killed_a_run_goes_on_to_its_one_end(
    name: str, tmp_path: Path, certificates: Certificates
) -> None:
    variant = VARIANTS[name]
    with World(tmp_path / "whole", certificates, variant.runbook, variant.steps, stops=bool(variant.stops)) as world:
        points = list(deaths(world.live(), variant.ran))
        check(world, variant)
    assert len(points) > 5 * len(variant.ran) + 9

    def killed(numbered: tuple[int, Death]) -> tuple[bool, str]:
        number, death = numbered
        with World(
            tmp_path / str(number), certificates, variant.runbook, variant.steps, stops=bool(variant.stops)
        ) as world:
            world.live(death)
            world.live()
            try:
                return check(world, variant), ""
            except AssertionError as error:
                return False, f"{death}: {error}"

    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(killed, enumerate(points)))
    wrong = [why for _unwatched, why in found if why]
    assert not wrong, "\n".join(wrong)
    assert sum(unwatched for unwatched, _why in found) == variant.unwatched


def check(world: World, variant: Variant) -> bool:
    """Compare what was done with the journal, and what people got with either; return whether it was not watched."""
    incident = world.incident()
    events, (run,) = incident["events"], [one for one in incident["decisions"] if one["allowed"]]
    kinds = Counter(one["kind"] for one in events)
    unwatched: bool = run["verification"]["reason"] == "it was not watched until its end"
    outcome, escalated = ("unknown", 1) if unwatched else (variant.outcome, variant.escalated)
    ran = variant.ran[: len(world.ran)] if unwatched else variant.ran
    assert world.ran == ran, "each attempt runs, and once"
    for kind in ("step_started", "step_ended"):
        assert [one["attempt"].partition("-s")[2] for one in events if one["kind"] == kind] == ran
    assert (run["verification"]["outcome"], kinds["verified"], kinds["opened"]) == (outcome, 1, 1)
    assert (kinds["approval_wanted"], kinds["approved"]) == (variant.approvals, variant.approvals)
    if variant.stops:
        assert [one["outcome"] for one in events if one["kind"] == "step_ended"] == ["cancelled"]
    assert (kinds["stop_wanted"], kinds["taken_over"]) == (variant.stops, variant.stops)
    pages = {(one["labels"]["alertname"], one["labels"].get("attempt")) for each in world.mesh.posted for one in each}
    assert (kinds["escalated"], Counter(name for name, _attempt in pages)) == (
        escalated,
        Counter(IncidentEscalated=escalated, IncidentNeedsApproval=variant.approvals),
    )
    decided, ended = seconds(run["at"]), seconds(run["verification"]["at"])
    for one in world.mesh.renewals:
        assert one.until <= one.at + _TERM, "dead, it is held no longer than that"
        assert one.at <= min(ended, decided + variant.longest), "it is renewed no longer than the run lasts or may"
    assert world.mesh.renewals
    for held in world.mesh.silences.values():
        assert seconds(held["endsAt"]) <= ended + _SOON, "it is left after the end"
    return unwatched
