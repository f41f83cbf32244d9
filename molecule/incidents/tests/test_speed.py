"""How soon a step is on its host: in pings, as `ansible HOST -m ping` is one, or over a connection that is there."""

from __future__ import annotations

import json
import shlex
from datetime import datetime
from typing import Any

import pytest

testinfra_hosts = ["incidents-1"]
ATTEMPTS = "/var/lib/incident_response/attempts"
SERVICES = ("asked", "broken", "hollow", "node_exporter", "steady")
PINGS = 25
# Run as steps are, by what runs them, on the host of an attempt: seconds for a playbook with one ping, and with eleven.
MEASURE = """
import json, os, subprocess, sys, tempfile, time
from pathlib import Path
from incident_response.steps.runner import Claimed, Runner
from incident_response.steps.spec import read_spec

folder = Path(sys.argv[1])
step = Claimed(Runner(folder.parent, Path("/etc/vigil/steps")), folder, *read_spec(folder), -1)
seconds = []
for pings in (1, 11):
    with tempfile.TemporaryDirectory() as scratch:
        play = Path(scratch, "ping.json")
        task = {"name": "Ping", "ansible.builtin.ping": {}, "loop": list(range(pings))}
        play.write_text(json.dumps([{"hosts": "all", "gather_facts": False, "tasks": [task]}]))
        files = ["--inventory", str(folder / "inventory.json"), str(play)]
        environment = step._environment(scratch) | {"STEP_EVENTS": os.devnull}
        begun = time.monotonic()
        command = [sys.executable, "-P", "-m", "ansible", "playbook", *files]
        subprocess.run(command, env=environment, cwd=folder, check=True, stdout=subprocess.DEVNULL)
        seconds.append(time.monotonic() - begun)
print(json.dumps(seconds))
"""


@pytest.fixture
def waited(targets: list[Any], events: Any) -> dict[str, float]:
    """Return the seconds from the commit of each attempt until its host was asked for something, by attempt."""
    asked: dict[str, float] = {}
    for target in targets:
        lines = target.check_output("journalctl --identifier=vigil-action --output=json --no-pager").splitlines()
        for line in map(json.loads, lines):
            attempt = json.loads(json.loads(line["MESSAGE"])["request"]).get("attempt", "")
            asked.setdefault(attempt, int(line["__REALTIME_TIMESTAMP"]) / 1e6)
    started = [one for service in SERVICES for one in events(service, "step_started")]
    return {one["attempt"]: asked[one["attempt"]] - datetime.fromisoformat(one["at"]).timestamp() for one in started}


def test_step_is_on_its_host_within_25_pings(
    host: Any, waited: dict[str, float], capsys: pytest.CaptureFixture[str]
) -> None:
    folder = f"{ATTEMPTS}/{min(waited, key=lambda one: waited[one])}"
    words = ["runuser", "-u", "incident_response", "--", "/opt/incident_response/bin/python", "-c", MEASURE, folder]
    whole, eleven = json.loads(host.check_output(shlex.join(words)))
    connected = (eleven - whole) / 10
    soonest, latest = min(waited.values()), max(waited.values())
    with capsys.disabled():
        print(f"\nfrom the commit to the host: {soonest:.1f} s alone, {latest:.1f} s when several steps begin at once")
        print(f"ansible -m ping: {whole:.1f} s, {connected:.2f} s over a connection that is there")
    # Others that begin at the same time share the processors with it.
    assert soonest <= PINGS * connected
    assert latest <= PINGS * whole
