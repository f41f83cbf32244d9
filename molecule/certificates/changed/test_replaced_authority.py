"""What services went through while certificates were renewed, and then the authority was replaced."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime

import pytest

# In the order of side_effect.yml: before, then after each command.
STEPS = ("before", "renewed", "prepared", "both trusted", "switched", "signed anew", "finished", "old one gone")


@pytest.fixture
def notes(host):
    """Return what ran and what it served, by step."""
    lines = host.check_output("cat /run/notes").splitlines()
    return dict(zip(STEPS, map(json.loads, lines), strict=True))


@pytest.fixture
def own(host):
    """Return what has a certificate of the user's own, which no run renews."""
    return {"node_exporter"} if host.check_output("hostname") == "certificates-2" else set()


def differing(first, second):
    """Return the names of what is another one after a step."""
    return {name for name in first if first[name] != second[name]}


def test_renewal_gives_every_port_of_its_host_another_certificate_and_restarts_nothing(host, notes):
    before, renewed = notes["before"], notes["renewed"]
    asked = host.check_output("hostname") == "certificates-1"
    assert differing(before["served"], renewed["served"]) == (set(before["served"]) if asked else set())
    assert differing(before["pids"], renewed["pids"]) == set()


def test_only_the_mesh_restarts_while_the_authority_is_replaced(notes):
    assert differing(notes["renewed"]["pids"], notes["old one gone"]["pids"]) == {"alertmanager"}


def test_certificates_are_signed_anew_when_the_next_authority_signs_and_at_no_other_step(notes, own):
    served = [notes[step]["served"] for step in STEPS]
    changes = {STEPS[index + 1]: differing(served[index], served[index + 1]) for index in range(1, len(STEPS) - 1)}
    assert changes.pop("signed anew") == set(served[0]) - own
    assert set().union(*changes.values()) == set()


def test_no_host_refused_another_at_any_moment(host):
    answers = {}
    for line in host.check_output("cat /run/asked").splitlines():
        target, answer = line.split(" ", 1)
        answers.setdefault(target, []).append(answer)
    assert len(answers) == 6
    assert all(len(found) > 20 for found in answers.values())
    for target, found in answers.items():
        if target.endswith(":9093"):
            # Alertmanager restarts, and then nobody is there for a moment; its certificate is good at every other.
            assert {answer.partition(":")[0] for answer in found} & {"SSLError", "SSLCertVerificationError"} == set()
            assert found[0] == found[-1] == "401"
        else:
            assert set(found) == {"401" if target.endswith(":9090") else "200"}, target


def test_no_scrape_was_refused_but_by_what_restarted(host):
    begun = datetime.fromtimestamp(int(host.check_output("cat /run/begun")), UTC)
    failures = [json.loads(line) for line in host.check_output("cat /var/lib/prometheus/failures").splitlines()]
    refused = {
        (one["target"], one.get("err", one["msg"]))
        for one in failures
        if datetime.fromisoformat(one["time"]) > begun and one["job_name"] != "alertmanager"
    }
    # A machine that is busy may answer later than the next scrape is due.
    assert {one for one in refused if "context deadline exceeded" not in one[1]} == set()


def test_the_mesh_is_whole_again(ask, secrets):
    login = {"user": "admin", "password": secrets["alertmanager_passwords"]["admin"]}
    until = time.monotonic() + 60
    # Processes that ended count until they are missed.
    while len(peers := ask("https://localhost:9093/api/v2/status", **login).json()["cluster"]["peers"]) != 2:
        assert time.monotonic() < until, peers
        time.sleep(0.5)


def test_the_mesh_never_saw_a_certificate_that_it_did_not_trust(host):
    said = host.check_output("journalctl --unit=alertmanager --output=cat").splitlines()
    assert "using TLS for gossip" in "".join(said)
    assert [line for line in said if "certificate" in line and "err" in line] == []
