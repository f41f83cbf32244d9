"""A mesh that only its members can enter, and that notifies people of an alert once."""

from __future__ import annotations

import json
import shlex
import time
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import testinfra

testinfra_hosts = ["metrics-1"]
MEMBERS = ("metrics-1", "metrics-2")
CERTIFICATES = "/etc/vigil/certificates"
CONFIGURATION = "/etc/alertmanager/alertmanager.yml"
AMTOOL = "amtool --alertmanager.url=https://localhost:9093 --http.config.file=/etc/alertmanager/amtool.yml"
TOKEN = "the token of the tests' receiver"
NOTIFICATIONS = "alertmanager_notifications_total{"
# Seconds, after which an alert ends in any case.
LASTING = 60


def eventually(seen: Callable[[], Any], wanted: Any, seconds: int = 30) -> None:
    """Ask again and again until the answer is the wanted one."""
    deadline = time.monotonic() + seconds
    while (answer := seen()) != wanted and time.monotonic() < deadline:
        time.sleep(0.1)
    assert answer == wanted


@pytest.fixture
def api(ask, secrets) -> Callable[..., Any]:
    """Return a function that asks the API of a member, or sends it something."""

    def asked(member: str, path: str, body: Any = None) -> Any:
        options = () if body is None else ("--json", json.dumps(body))
        answer = ask(
            f"https://{member}:9093{path}", *options, user="admin", password=secrets["alertmanager_passwords"]["admin"]
        )
        assert answer.status == 200, answer
        return answer.json() if answer.body.startswith(("{", "[")) else answer.body

    return asked


@pytest.fixture
def alert(api) -> Iterator[Callable[..., None]]:
    """Return a function that lets both members have an alert, or hear that it is over: it is with the test."""
    told: dict[str, dict[str, str]] = {}

    def sent(*, over: bool = False, **labels: str) -> None:
        told[json.dumps(labels)] = labels
        end = datetime.fromtimestamp(time.time() + (0 if over else LASTING), UTC).isoformat()
        for member in MEMBERS:
            api(member, "/api/v2/alerts", [{"labels": labels, "endsAt": end}])

    yield sent
    for labels in list(told.values()):
        sent(over=True, **labels)


@pytest.fixture
def received(host) -> Iterator[Callable[[str, str], list[dict[str, Any]]]]:
    """Run the tests' receiver, and return a function that says what was sent to one of its paths about an alert."""
    script = (Path(__file__).parents[1] / "alertmanager/receiver.py").read_text(encoding="utf-8")
    command = ["systemd-run", "--quiet", "--collect", "--unit=tests-receiver"]
    command += ["--property=StandardOutput=truncate:/run/tests-receiver", "--property=StandardError=journal"]
    command += ["python3", "-c", script, TOKEN]
    host.check_output(shlex.join(command))
    # Who shows no token is refused; what answers runs.
    refused = (
        "curl -s --retry 20 --retry-connrefused --retry-delay 1 -o /dev/null -w '%{http_code}' --json {} 127.0.0.1:9199"
    )
    assert host.check_output(refused) == "401"

    def asked(path: str, name: str) -> list[dict[str, Any]]:
        sent = [json.loads(line) for line in host.check_output("cat /run/tests-receiver").splitlines()]
        return [each["body"] for each in sent if each["path"] == path and name in json.dumps(each["body"])]

    yield asked
    host.check_output("systemctl stop tests-receiver")


@pytest.mark.parametrize(
    ("user", "right", "status"), [("admin", True, 200), ("prometheus", True, 200), ("admin", False, 401)]
)
@pytest.mark.restart
def test_people_and_prometheus_are_known_by_their_passwords(ask, secrets, user, right, status):
    password = secrets["alertmanager_passwords"][user] if right else "not the password"
    assert ask("https://localhost:9093/api/v2/status", user=user, password=password).status == status


@pytest.mark.restart
def test_every_member_sees_every_member(api):
    for member in MEMBERS:
        eventually(lambda member=member: mesh(api, member), ("ready", 2))


@pytest.mark.restart
def test_a_silence_on_one_member_is_on_the_other(host, api):
    name = host.check_output(
        f"{AMTOOL} silence add --author=test --comment=test --duration=5m alertname={uuid.uuid4().hex}"
    )
    eventually(lambda: name in {silence["id"] for silence in api("metrics-2", "/api/v2/silences")}, wanted=True)
    host.check_output(f"{AMTOOL} silence expire {name}")


def test_a_member_that_restarts_finds_the_others_again(api):
    second = testinfra.get_host("docker://metrics-2")
    second.check_output("systemctl restart alertmanager")
    eventually(lambda: mesh(api, "metrics-1"), ("ready", 2))
    retried = "curl -sk --retry 20 --retry-connrefused --retry-delay 1 -o /dev/null https://127.0.0.1:9093"
    second.check_output(retried)
    eventually(lambda: mesh(api, "metrics-2"), ("ready", 2))


def test_metrics_name_the_receivers(api):
    told = [line for line in api("metrics-1", "/metrics").splitlines() if line.startswith(NOTIFICATIONS)]
    assert any('integration="webhook",receiver_name="team"' in line for line in told)
    assert all("receiver_name=" in line for line in told)


@pytest.mark.parametrize(
    ("service", "refusal"),
    [(None, "alert certificate required"), ("node_exporter", "alert bad certificate"), ("alertmanager", None)],
)
def test_the_mesh_lets_in_who_is_an_alertmanager_of_the_inventory(host, service, refusal):
    shown = f"-cert {CERTIFICATES}/{service}/tls.crt -key {CERTIFICATES}/{service}/tls.key" if service else ""
    asked = f"openssl s_client -brief -connect localhost:9094 -CAfile {CERTIFICATES}/authorities.crt {shown}"
    # A client that is let in hears nothing; one that is not hears so at once.
    said = host.run(f"timeout 2 sh -c {shlex.quote(f'sleep 1 | {asked}')} 2>&1").stdout
    assert "Verification: OK" in said
    assert (refusal in said) if refusal else ("alert" not in said.replace("alertmanager", "")), said


def test_nothing_is_open_for_datagrams(host):
    rows = host.check_output("ss -Hlun").splitlines()
    assert [row for row in rows if " 127.0.0.11:" not in row] == []


def test_an_alert_that_both_members_have_is_told_once_and_so_is_its_end(alert, api, received):
    name = f"Told{uuid.uuid4().hex}"
    before = {member: queries(api, member) for member in MEMBERS}
    alert(alertname=name, instance="shop-1")
    eventually(lambda: [told["status"] for told in received("/webhook", name)], ["firing"])
    # A member asks what was told, for Slack and for the webhook, when it is its turn to tell.
    eventually(lambda: [member for member in MEMBERS if queries(api, member) < before[member] + 2], [])
    alert(over=True, alertname=name, instance="shop-1")
    eventually(lambda: [told["status"] for told in received("/webhook", name)], ["firing", "resolved"])
    # Slack hears of no end by default, and gets the words of the template.
    assert [told["attachments"][0]["text"] for told in received("/slack", name)] == [f"{name} on shop-1"]
    assert received("/webhook", name)[0]["externalURL"] == "https://alerts.example.org/alertmanager"


def test_a_warning_is_silent_while_it_is_critical(alert, api, received):
    name = f"Inhibited{uuid.uuid4().hex}"
    for severity in ("critical", "warning"):
        alert(alertname=name, instance="shop-1", severity=severity)

    def states() -> dict[str, str]:
        found = api("metrics-2", f"/api/v2/alerts?filter=alertname%3D{name}")
        marks = {each["fingerprint"]: each["labels"]["severity"] for each in found}
        return {
            each["labels"]["severity"]: " ".join(marks[by] for by in each["status"]["inhibitedBy"]) for each in found
        }

    eventually(states, {"critical": "", "warning": "critical"})
    eventually(lambda: {told["commonLabels"]["severity"] for told in received("/webhook", name)}, {"critical"})


@pytest.mark.parametrize(
    ("severity", "route"), [(one, f'{{severity="{one}"}}') for one in ("critical", "high", "warning")]
)
def test_alerts_take_the_route_of_their_severity_to_the_first_receiver(host, severity, route):
    said = host.check_output(f"amtool config routes test --tree --config.file={CONFIGURATION} severity={severity}")
    assert said.splitlines()[-1] == "team"
    assert f"{route}  receiver: team" in said


def mesh(api: Callable[..., Any], member: str) -> tuple[str, int]:
    """Return the state of the mesh as the member sees it, and how many it sees."""
    cluster = api(member, "/api/v2/status")["cluster"]
    return cluster["status"], len(cluster["peers"])


def queries(api: Callable[..., Any], member: str) -> float:
    """Return how often the member has looked up what was told already."""
    (value,) = [
        line.split()[1]
        for line in api(member, "/metrics").splitlines()
        if line.startswith("alertmanager_nflog_queries_total")
    ]
    return float(value)
