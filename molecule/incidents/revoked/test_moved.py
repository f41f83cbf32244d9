"""An engine on another host: the key of the old one opens no host any more, and hosts remember what the old one did."""

from __future__ import annotations

import json
import shlex
from typing import Any

import pytest

testinfra_hosts = ["incidents-1"]
SSH = "runuser -u incident_response -- ssh -F /dev/null -o BatchMode=yes -o IdentitiesOnly=yes"
OWN = "-o UserKnownHostsFile=/etc/vigil/steps/known_hosts -i /etc/vigil/steps/id_ed25519"


@pytest.fixture(scope="module")
def ask(machine: Any) -> Any:
    """Return a function that asks a host for something with the key of an engine."""

    def asked(engine: str, target: str = "incidents-3", action: str = "status", **request: Any) -> Any:
        text = shlex.quote(json.dumps({"action": action, **request}))
        command = f"{SSH} {OWN} vigil-runbook@{target} sudo -n /usr/local/libexec/vigil-action"
        return machine(engine).run(f"echo {text} | {command}")

    return asked


def test_key_of_the_old_engine_opens_what_does_not_know_the_new_one_yet_and_nothing_else(ask: Any) -> None:
    assert ask("incidents-1", "incidents-2").rc == 0
    refused = ask("incidents-1")
    assert (refused.rc, "Permission denied (publickey" in refused.stderr) == (255, True)


def test_new_engine_is_refused_what_the_old_one_has_just_done_and_may_do_the_rest(ask: Any) -> None:
    run = {"attempt": "inc-1-d1-1-s1-h1-a1", "run": "inc-1-d1-1", "holder": "incidents-2", "seconds": 60, "age": 0}
    limit = {"cooldown": 3600, "runs": 3, "within": 86400}
    known = json.loads(ask("incidents-2").stdout)["attempts"]
    assert {one["holder"] for one in known} == {"incidents-1"}
    (last,) = [one["attempt"] for one in known if one["runbook"] == "steady_down"]
    refused = ask("incidents-2", action="acquire", runbook="steady_down", **run, **limit)
    told = json.loads(refused.stdout)["message"]
    waits = "steady_down waits for 3600 s between two runs"
    assert told.startswith(f"{waits}: it ran here in {last} of incidents-1, since ")
    assert ask("incidents-2", action="acquire", runbook="worsened_down", **run, **limit | {"cooldown": 0}).rc == 0
    restarted = ask("incidents-2", action="restart", attempt=run["attempt"], name="sample@steady.service")
    assert json.loads(restarted.stdout)["active"]
    assert ask("incidents-2", action="release", attempt=run["attempt"]).rc == 0
