# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an application exposes, as the inventory describes it: its metrics, what it runs on, its traces."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.vigil.observability.plugins.module_utils._prometheus.application_queries import METRIC_NAMES

__all__ = ["TELEMETRY_OPTIONS", "faults_of_telemetry"]

_SERIES = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")

_METRICS = {name: {"type": "str", "default": default} for name, default in METRIC_NAMES.items()}
_CONTAINERS = {"label": {"type": "str", "default": "pod"}, "pattern": {"type": "str", "default": ""}}
_LIMITS = {"cpu_cores": {"type": "float"}, "memory_bytes": {"type": "int"}}
TELEMETRY_OPTIONS = {
    "metrics": {"type": "dict", "default": {}, "options": _METRICS},
    "runs_on": {"type": "str", "default": "systemd", "choices": ["systemd", "process", "container"]},
    "unit": {"type": "str"},
    "containers": {"type": "dict", "default": {}, "options": _CONTAINERS},
    "limits": {"type": "dict", "default": {}, "options": _LIMITS},
    "logs_url": {"type": "str", "default": ""},
    "traces_url": {"type": "str", "default": ""},
}


def faults_of_telemetry(values: Mapping[str, Any]) -> Iterable[str]:
    """Yield a sentence for every name that Prometheus would not take and every limit that limits nothing."""
    for key, name in values["metrics"].items():
        if name and key != "bad_status" and not _SERIES.fullmatch(name):
            yield f"metrics.{key} {name!r} is not a name that Prometheus accepts: use letters, digits and _ only."
    for key, most in values["limits"].items():
        if most is not None and most <= 0:
            yield f"limits.{key} {most} must be more than 0; remove it if nothing limits the application."
    if not _SERIES.fullmatch(values["containers"]["label"]):
        yield f"containers.label {values['containers']['label']!r} is not a valid name of a label."
