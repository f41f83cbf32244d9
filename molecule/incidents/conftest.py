"""What the engine knows, what the pager got, and how samples are broken; each sample is a service with its incident."""

from __future__ import annotations

import json
import os
import re
import shlex
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import testinfra

AMTOOL = "amtool --alertmanager.url=https://localhost:9093 --http.config.file=/etc/alertmanager/amtool.yml"
STATUS = """echo '{"action": "status"}' | /usr/local/libexec/vigil-action"""
# Secrets, and the lines that have them.
PRINTED = {
    "hunter2secret": "connecting with password=hunter2secret",
    "AbCdEf0123456789": "Authorization: Bearer AbCdEf0123456789.AbCdEf0123456789",
    "tok-4711-0815": "postgres://shop:tok-4711-0815@db/shop does not answer",
    "MIIEvQIBADANBg": "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBg\n-----END PRIVATE KEY-----",
}
# Run by every Python that starts.
CLOCK = (
    "import sys, time; sys.orig_argv[-1].endswith('/vigil-action') and setattr(time, 'time', "
    "lambda clock=time.time: clock() + float(open('/srv/ahead').read()))"
)
ACCOUNTS = Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"]) / "accounts"


@dataclass(frozen=True)
class Page:
    """What the pager got of an alert, when it did, and when the alert started."""

    at: float
    starts_at: float
    annotations: dict[str, str]


@pytest.fixture(scope="session")
def machine() -> Callable[[str], Any]:
    """Return a function that returns a host by its name."""
    return lambda name: testinfra.get_host(f"docker://{name}")


@pytest.fixture(scope="session")
def targets(machine: Callable[[str], Any]) -> list[Any]:
    """Return the hosts on which automation may act."""
    return [machine("incidents-2"), machine("incidents-3")]


@pytest.fixture(scope="session")
def stop(targets: list[Any]) -> Callable[..., None]:
    """Return a function that stops samples, each where it runs."""

    def stopped(*services: str) -> None:
        # As patterns, since a host has some of them alone.
        for target in targets:
            target.check_output(f"systemctl stop {' '.join(f'sample@{name}.*' for name in services)}")

    return stopped


@pytest.fixture(scope="session")
def silence(machine: Callable[[str], Any], eventually: Callable[..., Any]) -> Callable[[str], None]:
    """Return a function by which a person silences the alert of a sample in the first member, until both know it."""

    def silenced(service: str) -> None:
        who = f"a person at work on {service}"
        told = f"silence add --comment='{who}' --duration=1h alertname=SampleDown service={service}"
        machine("incidents-1").check_output(f"{AMTOOL} {told}")
        eventually(lambda: who in machine("incidents-2").check_output(f"{AMTOOL} silence query"))

    return silenced


@pytest.fixture(scope="session")
def replace(machine: Callable[[str], Any]) -> Callable[..., None]:
    """Return a function that adds lines to the unit of a sample of the second host."""

    def replaced(service: str, *lines: str) -> None:
        folder = f"/etc/systemd/system/sample@{service}.service.d"
        text = shlex.quote("\n".join(["[Service]", *lines, ""]))
        machine("incidents-2").check_output(
            f"mkdir -p {folder}; echo {text} >{folder}/own.conf; systemctl daemon-reload"
        )

    return replaced


@pytest.fixture(scope="session")
def printed(machine: Callable[[str], Any]) -> tuple[str, ...]:
    """Have a command of the second host print secrets, and return them."""
    lines = shlex.join(PRINTED.values())
    machine("incidents-2").check_output(f"printf '%s\\n' 'the shop refused to start' {lines} >/srv/printed")
    return tuple(PRINTED)


@pytest.fixture(scope="session")
def set_clock(machine: Callable[[str], Any]) -> Callable[[int], None]:
    """Return a function that sets the clock of the third host so many seconds ahead, as vigil-action reads it.

    Hosts under test have the clock of the machine, so the Python of that program adds the seconds.
    """
    target = machine("incidents-3")

    def set_ahead(seconds: int) -> None:
        target.check_output(f"echo {seconds} >/srv/ahead.new; mv /srv/ahead.new /srv/ahead")

    set_ahead(0)
    target.check_output(f"echo {shlex.quote(CLOCK)} >/usr/lib/python3/dist-packages/clock.pth")
    return set_ahead


@pytest.fixture(scope="module")
def silences(ask: Callable[..., Any], secrets: Any) -> Callable[[str, str], list[dict[str, Any]]]:
    """Return a function that returns the silences of the engine for a runbook, as a member of the mesh has them."""

    def found(member: str, runbook: str) -> list[dict[str, Any]]:
        password = secrets["alertmanager_passwords"]["admin"]
        listed = ask(f"https://{member}:9093/api/v2/silences", user="admin", password=password).json()
        return [one for one in listed if one["comment"].endswith(f": {runbook} works on it")]

    return found


@pytest.fixture(scope="session")
def pages(machine: Callable[[str], Any]) -> Callable[..., list[Page]]:
    """Return a function that returns what the pager got about alerts with these labels that fire."""
    paged = machine("incidents-2")

    def found(**labels: str) -> list[Page]:
        lines = paged.check_output("journalctl --identifier=pager --output=json --all --no-pager").splitlines()
        told = [(int(line["__REALTIME_TIMESTAMP"]) / 1e6, line["MESSAGE"]) for line in map(json.loads, lines)]
        return [
            Page(at, datetime.fromisoformat(one["startsAt"]).timestamp(), one["annotations"])
            for at, message in told
            if message.startswith("{")
            for one in json.loads(message)["body"]["alerts"]
            if one["status"] == "firing" and labels.items() <= one["labels"].items()
        ]

    return found


@pytest.fixture(scope="module")
def password(secrets: Any) -> Callable[[str], str]:
    """Return a function that returns the password of a person of the engine."""

    def of(person: str) -> str:
        own = ACCOUNTS / person
        return str(own.read_text().split()[0] if own.exists() else secrets["incident_response_passwords"][person])

    return of


@pytest.fixture(scope="module")
def engine(ask: Callable[..., Any], password: Callable[[str], str]) -> Callable[..., Any]:
    """Return a function that asks the engine as a person, with something to send or without."""

    def asked(path: str, told: Any = None, *, person: str = "admin") -> Any:
        options = () if told is None else ("--json", json.dumps(told))
        return ask(f"https://incidents-1:9095/api/{path}", *options, user=person, password=password(person))

    return asked


@pytest.fixture(scope="module")
def incident(engine: Callable[..., Any]) -> Callable[[str], dict[str, Any]]:
    """Return a function that returns the newest incident of a service, one without anything if there is none."""

    def found(service: str) -> dict[str, Any]:
        listed = engine("incidents?state=all&limit=500").json()["incidents"]
        number = next((one["id"] for one in listed if one["services"] == [service]), None)
        if number is None:
            return {"id": 0, "decisions": [], "events": [], "alerts": []}
        answer: dict[str, Any] = engine(f"incidents/{number}").json()
        return answer

    return found


@pytest.fixture(scope="module")
def events(incident: Callable[[str], dict[str, Any]]) -> Callable[[str, str], list[dict[str, Any]]]:
    """Return a function that returns the events of a kind in the incident of a service."""
    return lambda service, kind: [one for one in incident(service)["events"] if one["kind"] == kind]


@pytest.fixture(scope="module")
def outcomes(events: Callable[[str, str], list[dict[str, Any]]]) -> Callable[[str], list[str]]:
    """Return a function that returns how the runs for a service ended."""
    return lambda service: [one["outcome"] for one in events(service, "verified")]


@pytest.fixture(scope="module")
def refusals(incident: Callable[[str], dict[str, Any]]) -> Callable[[str], dict[str, str]]:
    """Return a function that returns why guards refuse in the last decision about a service, by guard."""

    def found(service: str) -> dict[str, str]:
        last = (incident(service)["decisions"] or [{"guards": []}])[-1]
        return {one["guard"]: one["reason"] for one in last["guards"] if one["answer"] == "refused"}

    return found


@pytest.fixture(scope="session")
def attempts(targets: list[Any]) -> Callable[..., list[dict[str, Any]]]:
    """Return a function that returns the attempts at a runbook, or at all, as the hosts remember them, with `host`.

    Checks by a command are none.
    """

    def found(runbook: str = "") -> list[dict[str, Any]]:
        return [
            {**one, "host": target.backend.name}
            for target in targets
            for one in json.loads(target.check_output(STATUS))["attempts"]
            if one["runbook"] == (runbook or one["runbook"]) and re.search(r"-s\d+-h\d+-a\d+$", one["attempt"])
        ]

    return found


@pytest.fixture(scope="session")
def actions(attempts: Callable[..., list[dict[str, Any]]]) -> Callable[[str], list[list[str]]]:
    """Return a function that returns what each attempt at a runbook has done on a host, as that remembers it."""
    return lambda runbook: [[action["action"] for action in one["actions"]] for one in attempts(runbook)]


@pytest.fixture(scope="session")
def eventually() -> Callable[..., Any]:
    """Return a function that asks until the answer is a wanted one, or anything at all, and returns it."""

    def asked(question: Callable[[], Any], wanted: Any = None, *, seconds: float = 60) -> Any:
        def is_wanted(found: Any) -> bool:
            return bool(found) if wanted is None else bool(found == wanted)

        until = time.monotonic() + seconds
        while not is_wanted(found := question()) and time.monotonic() < until:
            time.sleep(1)
        assert is_wanted(found), found
        return found

    return asked
