# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is known of an application, as the inventory describes it: its metrics or spans, what it runs on, its traces."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.vigil.observability.plugins.module_utils._prometheus.application_queries import (
    METRIC_NAMES,
    quoted,
)

__all__ = ["TELEMETRY_OPTIONS", "faults_of_telemetry", "measured_by_spans"]

_SERIES = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")

# What Jaeger counts of spans, by the names of METRIC_NAMES, and which of them are requests to a service.
_SPAN_METRICS = {
    "requests": "traces_span_metrics_calls_total",
    "duration": "traces_span_metrics_duration_seconds",
    "status_label": "status_code",
    "bad_status": "STATUS_CODE_ERROR",
    "route_label": "span_name",
    "build_info": "",
}
_REQUEST_SPANS = 'span_kind=~"SPAN_KIND_SERVER|SPAN_KIND_CONSUMER"'

_METRICS = {name: {"type": "str", "default": default} for name, default in METRIC_NAMES.items()}
_CONTAINERS = {"label": {"type": "str", "default": "pod"}, "pattern": {"type": "str", "default": ""}}
_LIMITS = {"cpu_cores": {"type": "float"}, "memory_bytes": {"type": "int"}}
TELEMETRY_OPTIONS = {
    "measured_by": {"type": "str", "default": "metrics", "choices": ["metrics", "spans"]},
    "metrics": {"type": "dict", "default": {}, "options": _METRICS},
    "runs_on": {"type": "str", "default": "systemd", "choices": ["systemd", "process", "container"]},
    "unit": {"type": "str"},
    "containers": {"type": "dict", "default": {}, "options": _CONTAINERS},
    "limits": {"type": "dict", "default": {}, "options": _LIMITS},
    "logs_url": {"type": "str", "default": ""},
    "traces_url": {"type": "str", "default": ""},
}


def measured_by_spans(described: Mapping[str, Any]) -> dict[str, Any]:
    """Return the description of an application whose requests are known from its spans alone, in terms of metrics."""
    own, matchers = described.get("metrics") or {}, described.get("matchers") or []
    spans = [f"service_name={quoted(str(described.get('name', '')))}", _REQUEST_SPANS]
    # Ansible takes a text for a list, with commas.
    listed = matchers.split(",") if isinstance(matchers, str) else matchers
    return {
        **described,
        "job": described.get("job") or "jaeger",
        "metrics": {**_SPAN_METRICS, **own} if isinstance(own, Mapping) else own,
        "matchers": [*spans, *listed] if isinstance(listed, list) else listed,
    }


def faults_of_telemetry(values: Mapping[str, Any]) -> Iterable[str]:
    """Yield a sentence for every name that Prometheus would not take and every limit that limits nothing."""
    for key, name in values["metrics"].items():
        if name and key != "bad_status" and not _SERIES.fullmatch(name):
            yield f"metrics.{key} {name!r} is not a name that Prometheus accepts: use letters, digits and _ only."
    if values["measured_by"] == "spans":
        own = [key for key, name in values["metrics"].items() if name and key not in _SPAN_METRICS]
        for key in (*own, *(["build_info"] if values["metrics"]["build_info"] else [])):
            yield f"metrics.{key} cannot be set, because measured_by is spans: Jaeger does not count it."
    for key, most in values["limits"].items():
        if most is not None and most <= 0:
            yield f"limits.{key} {most} must be more than 0; remove it if nothing limits the application."
    if not _SERIES.fullmatch(values["containers"]["label"]):
        yield f"containers.label {values['containers']['label']!r} is not a valid name of a label."
