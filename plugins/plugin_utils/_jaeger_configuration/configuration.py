# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The configuration of Jaeger 2.x from the inputs of its role, as upstream's data."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ansible_collections.vigil.observability.plugins.module_utils._api.durations import milliseconds
from ansible_collections.vigil.observability.plugins.module_utils._errors.sentence import OperatorError
from ansible_collections.vigil.observability.plugins.module_utils._host.addresses import host_port
from ansible_collections.vigil.observability.plugins.plugin_utils._formats.texts import unfit_duration

__all__ = ["configuration"]

# A process needs so many times what its limiter is told.
_BEYOND_LIMITER = 1.6
_SIZE = re.compile(r"([1-9][0-9]*)([KMGT]?)")
_UNITS = {"": 1, "K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40}
_MIB = 2**20
_RETRIES = {"enabled": True, "initial_interval": "1s", "max_interval": "5s", "max_elapsed_time": "0s"}


def configuration(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Return the configuration of a collector, a query or both in one process."""
    collects, queries = ("collector" in inputs["components"], "query" in inputs["components"])
    extensions = {"healthcheckv2": _health(inputs), "jaeger_storage": {"backends": {"main": _storage(inputs)}}}
    if queries and inputs["query_access"] == "password":
        extensions["basicauth/query"] = {"htpasswd": {"file": f"{inputs['directory']}/htpasswd"}}
    if queries:
        extensions["jaeger_query"] = _query(inputs)
    if collects:
        extensions["remote_sampling"] = _sampling(inputs)
    return {
        "service": {
            "extensions": list(extensions),
            "pipelines": _pipelines(inputs) if collects else {"metrics": _metrics(["otlp"])},
            "telemetry": _telemetry(inputs),
        },
        "extensions": extensions,
        "receivers": {"otlp": {"protocols": _protocols(inputs, collects=collects)}},
        "exporters": {"prometheus": _exporter(inputs)} | (_stored(inputs) if collects else {}),
        **(_processing(inputs) if collects else {}),
    }


def _tls(inputs: Mapping[str, Any], *, clients: bool = True) -> dict[str, Any]:
    """Return the settings of a server that reads a renewed certificate by itself, and asks clients for theirs."""
    tls = inputs["tls"]
    found = {"cert_file": tls["certificate"], "key_file": tls["key"], "reload_interval": "1m"}
    asked = {"client_ca_file": tls["authorities"]} if clients else {}
    return {**found, **asked, **tls["protocol"]}


def _server(inputs: Mapping[str, Any], port: str) -> dict[str, Any]:
    return {"endpoint": host_port(inputs["address"], inputs["ports"][port]), "tls": _tls(inputs)}


def _health(inputs: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "use_v2": True,
        "component_health": {"include_permanent_errors": True, "include_recoverable_errors": True},
        "http": {**_server(inputs, "health"), "status": {"enabled": True, "path": "/status"}},
    }


def _storage(inputs: Mapping[str, Any]) -> dict[str, Any]:
    days = int(inputs["retention_days"])
    if inputs["storage"] == "memory":
        return {"memory": {"max_traces": int(inputs["memory_traces"])}}
    if inputs["storage"] == "badger":
        directories = {kind: f"{inputs['data']}/{kind}" for kind in ("keys", "values")}
        return {"badger": {"directories": directories, "ephemeral": False, "ttl": {"spans": f"{days * 24}h"}}}
    found = inputs["elasticsearch"]
    login = {"username": found["user"], "password_file": found["password_file"], "reload_interval": "10s"}
    daily = {"shards": 1, "replicas": int(found["replicas"])}
    kinds = ("spans", "services", "dependencies", "sampling")
    return {
        "elasticsearch": {
            "server_urls": list(found["urls"]),
            "version": 8,
            "auth": {"basic": login},
            "tls": {"ca_file": inputs["tls"]["authorities"]},
            "indices": {"index_prefix": inputs["index_prefix"], **dict.fromkeys(kinds, daily)},
            # A trace is looked for by its id in as many days.
            "max_span_age": f"{(days + 1) * 24}h",
        }
    }


def _query(inputs: Mapping[str, Any]) -> dict[str, Any]:
    by_password = inputs["query_access"] == "password"
    web = {**_server(inputs, "web"), "tls": _tls(inputs, clients=not by_password)}
    return {
        "storage": {"traces": "main"},
        # By itself it would send spans of each answer to port 4317, without a certificate, and warn every few seconds.
        "enable_tracing": False,
        "http": web | ({"auth": {"authenticator": "basicauth/query"}} if by_password else {}),
        # Nothing asks it, and upstream cannot leave it out.
        "grpc": _server({**inputs, "address": "127.0.0.1"}, "query_grpc"),
    }


def _sampling(inputs: Mapping[str, Any]) -> dict[str, Any]:
    file = {"path": f"{inputs['directory']}/strategies.json", "reload_interval": "5s"}
    return {"file": file, "http": _server(inputs, "sampling")}


def _protocols(inputs: Mapping[str, Any], *, collects: bool) -> dict[str, Any]:
    """Return the ports of a collector; a query has one for its own metrics."""
    if collects:
        return {"grpc": _server(inputs, "otlp_grpc"), "http": _server(inputs, "otlp_http")}
    return {"http": _server({**inputs, "address": "127.0.0.1"}, "otlp_http")}


def _pipelines(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Return the ways of spans and metrics; spans are counted before any are dropped."""
    judged = ["tail_sampling"] if inputs["tail_sampling"] else []
    return {
        "traces": {
            "receivers": ["otlp"],
            "processors": ["memory_limiter", *judged],
            "exporters": ["jaeger_storage_exporter"],
        },
        "traces/metrics": {"receivers": ["otlp"], "processors": ["memory_limiter"], "exporters": ["spanmetrics"]},
        "metrics": _metrics(["spanmetrics", "otlp"]),
    }


def _metrics(receivers: list[str]) -> dict[str, Any]:
    return {"receivers": receivers, "exporters": ["prometheus"]}


def _processing(inputs: Mapping[str, Any]) -> dict[str, Any]:
    limit = int(_bytes(str(inputs["memory_limit"])) / _BEYOND_LIMITER / _MIB)
    limiter = {"check_interval": "1s", "limit_mib": limit, "spike_limit_mib": limit // 5}
    judge = {"tail_sampling": _judge(inputs["tail_sampling"])} if inputs["tail_sampling"] else {}
    spans = {
        "metrics_flush_interval": "15s",
        "namespace": "traces.span.metrics",
        "exemplars": {"enabled": True},
        "histogram": {"unit": "s"},
    }
    return {"processors": {"memory_limiter": limiter, **judge}, "connectors": {"spanmetrics": spans}}


def _judge(wanted: Mapping[str, Any]) -> dict[str, Any]:
    share = {"sampling_percentage": 100 * float(wanted.get("share", 0.1))}
    slow = {"threshold_ms": _milliseconds(wanted, "slower_than", "1s")}
    return {
        "decision_wait": f"{_milliseconds(wanted, 'decision_wait', '10s')}ms",
        "policies": [
            {"name": "errors", "type": "status_code", "status_code": {"status_codes": ["ERROR"]}},
            {"name": "slow", "type": "latency", "latency": slow},
            {"name": "share", "type": "probabilistic", "probabilistic": share},
        ],
    }


def _stored(inputs: Mapping[str, Any]) -> dict[str, Any]:
    # In spans, not in requests: a sender decides how many of them a request has.
    queue = {"enabled": True, "sizer": "items", "queue_size": int(inputs["queue_spans"]), "num_consumers": 4}
    stored = {"trace_storage": "main", "queue": queue, "retry_on_failure": dict(_RETRIES)}
    return {"jaeger_storage_exporter": stored}


def _exporter(inputs: Mapping[str, Any]) -> dict[str, Any]:
    return {**_server(inputs, "metrics"), "send_timestamps": False, "enable_open_metrics": True}


def _telemetry(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Return how it sends its metrics to its own port, as upstream's for them asks for no certificate."""
    tls = inputs["tls"]
    pushed = {
        "protocol": "http/protobuf",
        "endpoint": f"https://localhost:{inputs['ports']['otlp_http']}/v1/metrics",
        "certificate": tls["authorities"],
        "client_certificate": tls["certificate"],
        "client_key": tls["key"],
    }
    readers = [{"periodic": {"interval": 5000, "exporter": {"otlp": pushed}}}]
    return {"metrics": {"level": "detailed", "readers": readers}, "logs": {"level": "info", "encoding": "json"}}


def _milliseconds(wanted: Mapping[str, Any], key: str, default: str) -> int:
    duration = str(wanted.get(key, default))
    if fault := unfit_duration(duration):
        raise OperatorError(f"jaeger_tail_sampling.{key} {fault}")
    return milliseconds(duration) or 0


def _bytes(size: str) -> int:
    found = _SIZE.fullmatch(size)
    if not found:
        raise OperatorError(f"jaeger_memory_limit is {size!r}: write it like 512M or 2G.")
    return int(found[1]) * _UNITS[found[2]]
