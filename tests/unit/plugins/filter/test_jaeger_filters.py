# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The configuration of Jaeger and the strategies that it serves, of the inputs of its role."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.vigil.observability.plugins.filter.jaeger_collectors import jaeger_collectors
from ansible_collections.vigil.observability.plugins.filter.jaeger_configuration import jaeger_configuration
from ansible_collections.vigil.observability.plugins.filter.jaeger_strategies import jaeger_strategies

KINDS = ("spans", "services", "dependencies", "sampling")
PORTS = {"web": 1, "otlp_grpc": 2, "otlp_http": 3, "sampling": 4, "metrics": 5, "health": 6, "query_grpc": 7}
INPUTS: dict[str, Any] = {
    "components": ["collector", "query"],
    "storage": "badger",
    "retention_days": 2,
    "index_prefix": "jaeger",
    "memory_traces": 9,
    "query_access": "password",
    "memory_limit": "1G",
    "queue_spans": 50_000,
    "tail_sampling": {},
    "address": "",
    "ports": PORTS,
    "tls": {"certificate": "/crt", "key": "/key", "authorities": "/ca", "protocol": {"min_version": "1.3"}},
    "directory": "/etc/jaeger",
    "data": "/data",
    "elasticsearch": {"urls": ["https://a:9200"], "user": "jaeger", "password_file": "/password", "replicas": 1},
}


def made(**changed: Any) -> dict[str, Any]:
    """Return the configuration of the usual inputs with these."""
    return jaeger_configuration({**INPUTS, **changed})


def servers(found: Any) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield the endpoint and the settings of each port in a configuration."""
    if isinstance(found, Mapping):
        if "endpoint" in found and "tls" in found:
            yield str(found["endpoint"]), found
        for inner in found.values():
            yield from servers(inner)


def test_every_port_asks_for_a_certificate_except_that_of_the_query_which_asks_for_a_password() -> None:
    found = dict(servers(made()))
    assert sorted(found) == ["127.0.0.1:7", ":1", ":2", ":3", ":4", ":5", ":6"]
    assert {endpoint for endpoint, one in found.items() if "client_ca_file" not in one["tls"]} == {":1"}
    assert found[":1"]["auth"] == {"authenticator": "basicauth/query"}
    found = dict(servers(made(query_access="certificate")))
    assert all(one["tls"]["client_ca_file"] == "/ca" and "auth" not in one for one in found.values())
    assert all(one["tls"]["min_version"] == "1.3" for one in found.values())


def test_collector_has_no_query_and_a_query_takes_no_spans() -> None:
    collector, query = made(components=["collector"]), made(components=["query"])
    assert sorted(dict(servers(collector))) == [":2", ":3", ":4", ":5", ":6"]
    assert sorted(dict(servers(query))) == ["127.0.0.1:3", "127.0.0.1:7", ":1", ":5", ":6"]
    assert list(query["service"]["pipelines"]) == ["metrics"]
    assert "jaeger_query" not in collector["extensions"]


def test_every_part_that_a_pipeline_names_is_configured() -> None:
    for changed in ({}, {"components": ["collector"]}, {"components": ["query"]}, {"tail_sampling": {"share": 0.5}}):
        found = made(**changed)
        connectors = set(found.get("connectors", {}))
        known = {kind: set(found[kind]) | connectors for kind in ("receivers", "exporters")}
        known["processors"] = set(found.get("processors", {}))
        for pipeline in found["service"]["pipelines"].values():
            assert all(set(named) <= known[kind] for kind, named in pipeline.items())
        assert found["service"]["extensions"] == list(found["extensions"])


def test_spans_are_counted_before_traces_are_judged() -> None:
    found = made(tail_sampling={"slower_than": "500ms", "share": 0.25, "decision_wait": "1m3s"})
    pipelines = found["service"]["pipelines"]
    assert pipelines["traces"]["processors"] == ["memory_limiter", "tail_sampling"]
    assert pipelines["traces/metrics"]["processors"] == ["memory_limiter"]
    judge = found["processors"]["tail_sampling"]
    assert judge["decision_wait"] == "63000ms"
    assert [policy.get(policy["type"]) for policy in judge["policies"]] == [
        {"status_codes": ["ERROR"]},
        {"threshold_ms": 500},
        {"sampling_percentage": 25},
    ]


def test_limits_follow_from_two_inputs() -> None:
    found = made(memory_limit="800M", queue_spans=7)
    assert found["processors"]["memory_limiter"]["limit_mib"] == 500
    queue = found["exporters"]["jaeger_storage_exporter"]["queue"]
    assert (queue["sizer"], queue["queue_size"]) == ("items", 7)


@pytest.mark.parametrize(
    ("storage", "backend"),
    [
        ("memory", {"memory": {"max_traces": 9}}),
        (
            "badger",
            {
                "badger": {
                    "directories": {"keys": "/data/keys", "values": "/data/values"},
                    "ephemeral": False,
                    "ttl": {"spans": "48h"},
                }
            },
        ),
    ],
)
def test_storage_keeps_what_the_inputs_say(storage: str, backend: dict[str, Any]) -> None:
    assert made(storage=storage)["extensions"]["jaeger_storage"]["backends"] == {"main": backend}


def test_elasticsearch_is_asked_over_tls_with_a_password_from_a_file() -> None:
    found = made(storage="elasticsearch")["extensions"]["jaeger_storage"]["backends"]["main"]["elasticsearch"]
    assert found["server_urls"] == ["https://a:9200"]
    assert found["auth"]["basic"]["password_file"] == "/password"
    assert found["tls"] == {"ca_file": "/ca"}


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"memory_limit": "much"}, "jaeger_memory_limit is 'much': write it like 512M or 2G."),
        ({"tail_sampling": {"slower_than": "1"}}, "jaeger_tail_sampling.slower_than is '1': write a duration"),
    ],
)
def test_value_that_is_none_is_refused_by_its_name(changed: dict[str, Any], said: str) -> None:
    with pytest.raises(AnsibleFilterError, match=said):
        made(**changed)


def test_strategies_are_those_of_services_and_their_operations() -> None:
    usual = {"type": "probabilistic", "param": 0.1}
    assert jaeger_strategies({"default": usual}) == {"default_strategy": usual, "service_strategies": []}
    operation = {"operation": "pay", "type": "probabilistic", "param": 1}
    service = {"service": "till", "type": "ratelimiting", "param": 5, "operations": [operation]}
    assert jaeger_strategies({"default": usual, "services": [service]})["service_strategies"] == [
        {"service": "till", "type": "ratelimiting", "param": 5, "operation_strategies": [operation]}
    ]


def test_applications_get_the_urls_of_collectors_alone() -> None:
    hostvars: dict[str, dict[str, Any]] = {
        "b": {"ansible_host": "192.0.2.1", "jaeger_otlp_http_port": 14318},
        "a": {"jaeger_address": "traces.example.com"},
        "c": {"jaeger_components": ["query"]},
    }
    assert jaeger_collectors(hostvars, {"jaeger": ["b", "c", "a"]}) == {
        "otlp_grpc": ["https://traces.example.com:4317", "https://192.0.2.1:4317"],
        "otlp_http": ["https://traces.example.com:4318", "https://192.0.2.1:14318"],
        "sampling": ["https://traces.example.com:5778", "https://192.0.2.1:5778"],
    }
    assert jaeger_collectors({}, {})["otlp_http"] == []


def test_query_sends_no_spans_of_its_own_to_a_port_that_refuses_them() -> None:
    assert made()["extensions"]["jaeger_query"]["enable_tracing"] is False


def stored(days: int, replicas: int = 0) -> dict[str, Any]:
    """Return the settings of the storage in Elasticsearch."""
    login = INPUTS["elasticsearch"] | {"replicas": replicas}
    found = made(components=["collector"], storage="elasticsearch", retention_days=days, elasticsearch=login)
    return dict(found["extensions"]["jaeger_storage"]["backends"]["main"]["elasticsearch"])


@pytest.mark.parametrize("replicas", [0, 1])
def test_indices_of_every_kind_have_one_shard_and_the_copies_of_the_cluster(replicas: int) -> None:
    daily = {"shards": 1, "replicas": replicas}
    assert stored(7, replicas)["indices"] == {"index_prefix": "jaeger", **dict.fromkeys(KINDS, daily)}


def test_trace_is_found_by_its_id_for_as_long_as_it_is_kept() -> None:
    assert [stored(days)["max_span_age"] for days in (1, 30)] == ["48h", "744h"]


def test_password_is_read_from_a_file_again_and_again() -> None:
    login = {"username": "jaeger", "password_file": "/password", "reload_interval": "10s"}
    assert stored(7)["auth"] == {"basic": login}
