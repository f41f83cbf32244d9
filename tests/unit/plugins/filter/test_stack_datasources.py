# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import yaml

from ansible_collections.vigil.observability.plugins.filter.stack_datasources import FilterModule, stack_datasources
from ansible_collections.vigil.observability.plugins.plugin_utils._inventory.role_inputs import ROLES


def target(host: str, port: int) -> dict[str, Any]:
    return {"host": host, "address": f"{host}.example.org:{port}"}


METRICS = {
    "prometheus": [target("monitor1", 9090), target("monitor2", 9090)],
    "alertmanager": [target("monitor1", 9093)],
    "node_exporter": [target("web1", 9100)],
}
ALL = {**METRICS, "elasticsearch": [target("log1", 9200), target("log2", 9200)], "jaeger": [target("trace1", 16686)]}


def by_uid(*given: Any, **options: Any) -> dict[str, dict[str, Any]]:
    return {source["uid"]: source for source in stack_datasources(*given, **options)}


def test_every_replica_is_a_data_source_and_the_first_keeps_its_uid_whoever_it_is() -> None:
    sources = by_uid(METRICS, {})
    assert list(sources) == ["prometheus", "prometheus_2", "alertmanager"]
    assert sources["prometheus_2"]["name"] == "Prometheus 2 (monitor2)"
    assert sources["prometheus"]["url"] == "https://monitor1.example.org:9090"
    assert [source.get("isDefault") for source in sources.values()] == [True, None, None]
    left = by_uid({"prometheus": METRICS["prometheus"][1:]}, {})
    assert left["prometheus"]["url"] == "https://monitor2.example.org:9090"


def test_rules_are_listed_of_one_replica_alone() -> None:
    sources = by_uid(METRICS, {})
    listed = {uid: source["jsonData"].get("manageAlerts") for uid, source in sources.items()}
    assert listed == {"prometheus": True, "prometheus_2": False, "alertmanager": None}


def test_passwords_and_authorities_are_secrets_and_only_where_there_are_some() -> None:
    sources = by_uid(METRICS, {"prometheus": "one"}, authorities="PEM")
    assert sources["prometheus"]["secureJsonData"] == {"basicAuthPassword": "one", "tlsCACert": "PEM"}
    assert sources["prometheus"]["basicAuthUser"] == "grafana"
    assert sources["prometheus"]["jsonData"]["tlsAuthWithCACert"]
    assert "basicAuth" not in sources["alertmanager"]
    assert "secureJsonData" not in by_uid(METRICS, {})["prometheus"]


def test_links_lead_nowhere_where_the_other_end_is_missing() -> None:
    settings = {uid: source["jsonData"] for uid, source in by_uid({"prometheus": METRICS["prometheus"]}, {}).items()}
    assert "exemplarTraceIdDestinations" not in settings["prometheus"]
    assert "alertmanagerUid" not in settings["prometheus"]
    alone = by_uid({"jaeger": ALL["jaeger"]}, {})["jaeger"]["jsonData"]
    assert alone == {"nodeGraph": {"enabled": True}}
    assert "dataLinks" not in by_uid({"elasticsearch": ALL["elasticsearch"]}, {})["elasticsearch"]["jsonData"]


def test_metrics_traces_and_logs_lead_to_each_other() -> None:
    sources = by_uid(ALL, {}, scrape_interval="30s", logs_index="applications-*")
    settings = {uid: source["jsonData"] for uid, source in sources.items()}
    assert list(sources)[3:] == ["elasticsearch", "jaeger"]
    assert settings["prometheus"]["exemplarTraceIdDestinations"] == [{"name": "trace_id", "datasourceUid": "jaeger"}]
    assert settings["prometheus"]["alertmanagerUid"] == "alertmanager"
    assert settings["prometheus"]["timeInterval"] == "30s"
    assert settings["elasticsearch"]["index"] == "applications-*"
    assert settings["elasticsearch"]["dataLinks"][0]["datasourceUid"] == "jaeger"
    assert settings["jaeger"]["tracesToLogsV2"]["datasourceUid"] == "elasticsearch"
    # Grafana 9.4 and later read this key; the field of log lines is that of the link back.
    assert settings["jaeger"]["tracesToLogsV2"]["query"] == 'trace_id:"${__trace.traceId}"'
    assert settings["elasticsearch"]["dataLinks"][0]["field"] == "trace_id"
    assert settings["jaeger"]["tracesToMetrics"]["datasourceUid"] == "prometheus"


def test_metrics_of_a_span_are_those_that_shipped_rules_record_of_its_service() -> None:
    metrics = by_uid(ALL, {})["jaeger"]["jsonData"]["tracesToMetrics"]
    assert metrics["tags"] == [{"key": "service.name", "value": "service"}]
    rules = yaml.safe_load((ROLES / "prometheus/files/rules/jaeger.yml").read_text(encoding="utf-8"))
    recorded = {rule.get("record") for group in rules["groups"] for rule in group["rules"]}
    assert {one["query"].removesuffix("{$__tags}") for one in metrics["queries"]} <= recorded
    assert len(metrics["queries"]) == 3


def test_a_link_names_only_data_sources_that_are_there() -> None:
    sources = by_uid(ALL, {})

    def named(value: Any) -> set[str]:
        if isinstance(value, dict):
            own = {text for key, text in value.items() if key in ("datasourceUid", "alertmanagerUid")}
            return own.union(*(named(item) for item in value.values()))
        return set().union(*(named(item) for item in value)) if isinstance(value, list) else set()

    assert named(list(sources.values())) == {"prometheus", "alertmanager", "elasticsearch", "jaeger"}


def test_playbooks_know_the_filter_by_its_name() -> None:
    assert FilterModule().filters() == {"stack_datasources": stack_datasources}
