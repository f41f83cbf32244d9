"""What dashboards show and rules query exists, in Grafana and Prometheus as deployed."""

from __future__ import annotations

import json
import time
import uuid
from pathlib import Path

import pytest
import yaml

from ansible_collections.vigil.observability.plugins.plugin_utils._services.registry import services
from ansible_collections.vigil.observability.tests.dashboards.expressions import (
    annotation_expressions,
    expressions,
)
from ansible_collections.vigil.observability.tests.dashboards.searches import searches
from ansible_collections.vigil.observability.tests.house_rules.alerts import shipped
from ansible_collections.vigil.observability.tests.house_rules.expressions import unknown_metrics
from ansible_collections.vigil.observability.tests.house_rules.tree import Tree

testinfra_hosts = ["stack-1"]
ROOT = Path(__file__).resolve().parents[3]
CONDITIONAL = yaml.safe_load((ROOT / "tests/rules/conditional_metrics.yml").read_text(encoding="utf-8"))
CONDITIONAL_IN_PANELS = yaml.safe_load((ROOT / "tests/dashboards/conditional_metrics.yml").read_text(encoding="utf-8"))
MARK = "vigil.observability:provision_grafana"
FOLDERS = {"vigil-monitoring": "Monitoring", "vigil-applications": "Applications"}


@pytest.fixture
def dashboards(grafana):
    ours = grafana(f"search?type=dash-db&tag={MARK}")
    found = [grafana(f"dashboards/uid/{one['uid']}") for one in ours]
    return {one["dashboard"]["title"]: one for one in found}


@pytest.mark.restart
def test_every_target_is_up(prometheus, eventually):
    def health():
        return {one["health"] for one in prometheus("targets", state="active")["activeTargets"]}

    eventually(health, {"up"})
    jobs = {one["labels"]["job"] for one in prometheus("targets", state="active")["activeTargets"]}
    assert jobs == {*(job for one in services().values() for job in one.jobs), "probe_door"}


def test_every_rule_is_evaluated_without_an_error(prometheus, eventually):
    def unwell():
        rules = [rule for group in prometheus("rules")["groups"] for rule in group["rules"]]
        return [(rule["name"], rule.get("lastError")) for rule in rules if rule["health"] != "ok"]

    eventually(unwell, [])


def test_shipped_alerts_ask_for_metrics_that_there_are(prometheus, eventually):
    asked = {alert.name: alert.expr for alert in shipped(Tree.of(ROOT))}
    assert len(asked) > 80
    eventually(lambda: unknown_metrics(asked, prometheus("label/__name__/values"), CONDITIONAL), {})


@pytest.fixture
def questions(dashboards):
    """Return the queries of all panels, with the titles of dashboard and panel."""
    return [(title, one) for title, found in dashboards.items() for one in expressions(found["dashboard"])]


def test_every_panel_has_data_but_those_that_tell_what_no_data_means(dashboards, questions, answered, eventually):
    assert "Is everything well?" in dashboards
    assert "shop - Application Metrics" in dashboards
    asked = {(title, one.panel, one.expr) for title, one in questions if not one.when_empty}
    assert len(asked) > 100
    left = set(asked)

    def without_data():
        questions = sorted(left)
        found = answered([expr for _title, _panel, expr in questions])
        left.difference_update(question for question, data in zip(questions, found, strict=True) if data)
        return left

    eventually(without_data, set())


def test_panels_that_may_be_empty_ask_for_metrics_that_there_are(prometheus, questions, eventually):
    asked = {f"{title}: {one.panel}: {one.expr}": one.expr for title, one in questions if one.when_empty}
    assert asked
    conditional = {**CONDITIONAL, **CONDITIONAL_IN_PANELS}
    eventually(lambda: unknown_metrics(asked, prometheus("label/__name__/values"), conditional), {})


@pytest.fixture
def elasticsearch(ask, secrets):
    """Return a function that asks Elasticsearch, as a user, and returns the answer."""

    def asked(user, path, *options):
        kind = ("-H", "Content-Type: application/json")
        password = secrets["elasticsearch_passwords"][user]
        answer = ask(f"https://localhost:9200/{path}", *kind, *options, user=user, password=password)
        assert answer.status == 200, answer
        return answer.json()

    return asked


@pytest.fixture
def line(elasticsearch):
    """Have an error of the shop in an index that is removed after the test."""
    index = f"logs-{uuid.uuid4().hex}-{time.strftime('%Y.%m.%d', time.gmtime())}"
    error = {"@timestamp": round(time.time() * 1000), "service": "shop", "level": "ERROR", "errorName": "CardError"}
    body = f"{json.dumps({'create': {}})}\n{json.dumps(error | {'message': 'An order failed'})}\n"
    assert not elasticsearch("writer", f"{index}/_bulk?refresh=true", "--data-binary", body)["errors"]
    yield
    elasticsearch("admin", index, "-X", "DELETE")


def shown(search, answer):
    """Return what a panel shows of an answer: the lines, or the values that lines have of the keyword."""
    if search.by:
        return [bucket for bucket in answer["aggregations"]["by"]["buckets"] if bucket["key"] != "none"]
    return answer["hits"]["hits"]


@pytest.mark.usefixtures("line")
def test_every_panel_on_log_lines_has_data(dashboards, elasticsearch):
    asked = [(title, one) for title, page in dashboards.items() for one in searches(page["dashboard"])]
    assert {title for title, _one in asked} == {"Logs", "shop - Application Metrics"}
    answers = [elasticsearch("grafana", "logs-*/_search", "-d", json.dumps(one.body)) for _title, one in asked]
    pairs = zip(asked, answers, strict=True)
    assert [(title, one.panel) for (title, one), answer in pairs if not shown(one, answer)] == []


def test_first_scrape_of_an_application_is_not_drawn_as_a_new_version(dashboards, prometheus):
    (versions,) = annotation_expressions(dashboards["shop - Application Metrics"]["dashboard"])
    now = time.time()
    asked = {"query": versions.expr, "start": f"{now - 3600}", "end": f"{now}", "step": "15"}
    found = prometheus("query_range", **asked)["result"]
    assert {value for series in found for _time, value in series["values"]} == {"0"}


@pytest.mark.restart
def test_alert_that_fires_is_recorded_with_its_runbook_and_since_when(prometheus, eventually):
    def found(series):
        return prometheus("query", query=f'{series}{{alertname="DeadMansSwitch"}}')["result"]

    def told():
        (since,) = (one["value"][1] for one in found("ALERTS_FOR_STATE"))
        recorded = [(one["metric"]["runbook_url"], one["value"][1]) for one in found("alert:summary:firing")]
        return [(address.partition("#")[2], value == since) for address, value in recorded]

    eventually(told, [("deadmansswitch", True)])


def test_dashboards_lie_in_their_folders(dashboards):
    places = {title: one["meta"]["folderTitle"] for title, one in dashboards.items()}
    assert places.pop("shop - Application Metrics") == FOLDERS["vigil-applications"]
    assert set(places.values()) == {FOLDERS["vigil-monitoring"]}


def test_the_home_page_is_the_overview(grafana):
    assert grafana("org/preferences")["homeDashboardUID"] == "vigil-overview"


@pytest.mark.restart
def test_data_sources_reach_both_replicas_with_passwords_of_their_own(grafana, ask, secrets):
    every = {one["uid"]: grafana(f"datasources/uid/{one['uid']}") for one in grafana("datasources")}
    sources = {uid: one for uid, one in every.items() if one["jsonData"]["vigil"]["owner"] == MARK}
    assert {uid: one["url"] for uid, one in sources.items()} == {
        "prometheus": "https://stack-1:9090",
        "prometheus_2": "https://stack-2:9090",
        "alertmanager": "https://stack-1:9093",
        "alertmanager_2": "https://stack-2:9093",
        "elasticsearch": "https://stack-1:9200",
        "jaeger": "https://stack-2:16686",
    }
    assert sources["prometheus"]["isDefault"]
    assert sources["prometheus"]["jsonData"]["alertmanagerUid"] == "alertmanager"
    assert sources["prometheus"]["secureJsonFields"] == {"basicAuthPassword": True, "tlsCACert": True}
    ready = {
        "prometheus": "/-/ready",
        "alertmanager": "/-/ready",
        "elasticsearch": "/_security/_authenticate",
        "jaeger": "/api/services",
    }
    for service, path in ready.items():
        password = secrets[f"{service}_passwords"]["grafana"]
        url = sources[service]["url"] + path
        assert ask(url, user=sources[service]["basicAuthUser"], password=password).status == 200
