"""Every alert of the mesh is in the journal of incidents."""

from __future__ import annotations

import json
import time

import pytest

testinfra_hosts = ["stack-1"]


@pytest.fixture
def incidents(ask, secrets):
    """Return a function that returns all incidents, each with its alerts and events."""

    def asked():
        def answer(path):
            password = secrets["incident_response_passwords"]["grafana"]
            return ask(f"https://localhost:9095/api/incidents{path}", user="grafana", password=password).json()

        return [answer(f"/{one['id']}") for one in answer("?state=all&limit=500")["incidents"]]

    return asked


@pytest.fixture
def alertmanager(ask, secrets):
    """Return a function that asks the API of Alertmanager, with something to post or without."""

    def asked(path, *options):
        password = secrets["alertmanager_passwords"]["admin"]
        return ask(f"https://localhost:9093/api/v2/{path}", *options, user="admin", password=password)

    return asked


@pytest.mark.restart
def test_an_alert_is_sent_to_the_journal_and_ends_there(incidents, alertmanager, eventually):
    name, begun = f"Sent{time.time_ns()}", time.time()

    def post(ends_at):
        labels = {"alertname": name, "severity": "warning", "service": "shop"}
        # Without a start, Alertmanager takes the end for it.
        told = {"labels": labels, "startsAt": stamp(begun), "endsAt": stamp(ends_at)}
        kind = ("-H", "Content-Type: application/json")
        assert alertmanager("alerts", *kind, "-d", json.dumps([told])).status == 200

    def found():
        mine = [one for one in incidents() if name in json.dumps(one["alerts"])]
        return [one["state"] for incident in mine for one in incident["alerts"] if one["labels"]["alertname"] == name]

    def sources():
        named = {
            one["id"]: event["source"].partition(" ")[0]
            for incident in incidents()
            for one in incident["alerts"]
            if one["labels"]["alertname"] == name
            for event in incident["events"]
            if event["alert"] == one["id"] and event["source"].startswith("webhook")
        }
        return list(named.values())

    # The end is near, as Prometheus sends it: the list of alerts tells it to the journal, whatever is not delivered.
    post(time.time() + 100)
    eventually(found, ["firing"])
    eventually(sources, ["webhook"])
    post(time.time())
    eventually(found, ["gone"])


def test_an_incident_gets_a_score_from_what_prometheus_knows_and_an_annotation(
    incidents, alertmanager, grafana, eventually
):
    name, begun = f"Scored{time.time_ns()}", time.time()

    def post(ends_at):
        labels = {"alertname": name, "severity": "warning", "service": name}
        told = {"labels": labels, "startsAt": stamp(begun), "endsAt": stamp(ends_at)}
        kind = ("-H", "Content-Type: application/json")
        assert alertmanager("alerts", *kind, "-d", json.dumps([told])).status == 200

    def scored():
        return [(one["score"], one["terms"].get("revenue")) for one in incidents() if one["services"] == [name]]

    post(time.time() + 600)

    def annotated():
        return [len(one["tags"]) for one in grafana(f"annotations?tags=incident&tags={name}")]

    eventually(scored, [(40, {"points": 0, "impact": 0, "loss_per_minute": 0})])
    # `incident`, the service, and the number of the incident.
    eventually(annotated, [3])
    post(time.time())


def stamp(seconds):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def test_every_alertmanager_lists_its_alerts(prometheus, eventually):
    def answered():
        found = prometheus("query", query="incident_response_reconciliation_success")["result"]
        return {one["metric"]["alertmanager"]: one["value"][1] for one in found}

    eventually(answered, {"stack-1": "1", "stack-2": "1"})


def test_alerts_are_routed_to_the_journal_and_to_people(host):
    words = "/opt/alertmanager/amtool config routes test --config.file=/etc/alertmanager/alertmanager.yml"
    assert host.check_output(f"{words} severity=warning service=shop").split(",") == ["incident_response", "people"]
    assert host.check_output(f"{words} severity=none") == "nobody"
