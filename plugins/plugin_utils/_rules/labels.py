# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Labels of the user's own beside those of the stack, which alerts, dashboards and routes ask for."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from ansible_collections.vigil.observability.plugins.plugin_utils._formats.enumeration import listed

__all__ = ["OF_REPLICAS", "ON_ALERTS", "RESERVED", "wrong_labels"]

OF_REPLICAS = ("cluster", "region", "replica")
_OF_TARGETS = ("host", "instance", "job", "prober")
_OF_ALERTS = ("alertname", "alertstate", "severity")
# What exporters label their series with, and shipped rules and dashboards select or group by. Of a target's label of
# the same name Prometheus keeps the target's, and calls the other one exported_<name>.
_OF_METRICS = (
    "alertmanager", "chip", "code", "collector", "controller", "cpu", "datasource", "datid", "datname", "device",
    "file", "fstype", "handler", "integration", "issuer", "le", "master", "method", "mode", "mountpoint", "name",
    "org", "phase", "quantile", "reason", "receiver_name", "remote_name", "rule_group", "runbook_url", "scrape_job",
    "sensor", "server", "service", "slice", "slo", "slo_group", "state", "status_code", "status_source", "subject",
    "summary", "url", "version",
)  # fmt: skip
# What an alert may be given: one label more, or in place of that of a metric, for routes of the user's own.
ON_ALERTS = ("severity", *_OF_METRICS)
RESERVED = frozenset((*_OF_TARGETS, *OF_REPLICAS, *_OF_ALERTS, *_OF_METRICS))
_NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")


def wrong_labels(labels: Mapping[Any, Any], allowed: Collection[str] = (), *, empty: bool = False) -> Iterator[str]:
    """Yield what is wrong with labels of the user's own, each the end of a sentence.

    Args:
        labels: Values by name.
        allowed: Labels of the stack that may be set here.
        empty: Whether a value may be an empty text.
    """
    names = [str(name) for name in labels]
    if hidden := [name for name in names if name in RESERVED and name not in allowed]:
        one, them = ("is a label", "it") if len(hidden) == 1 else ("are labels", "them")
        yield (
            f"cannot hold {listed(hidden)}, which {one} of the stack's own: "
            f"alerts and dashboards ask for {them}, so choose another name."
        )
    if unfit := [repr(name) for name in names if not _NAME.fullmatch(name) or name.startswith("__")]:
        yield (
            f"cannot hold {listed(unfit)}: the name of a label is made of letters, digits and _, "
            "no digit first, no __ first."
        )
    if unset := [str(name) for name, value in labels.items() if not _is_text(value) and not (empty and value == "")]:
        yield f"must have a text for {listed(unset)}: set it to one, or remove it."


def _is_text(value: Any) -> bool:
    return isinstance(value, str | int | float) and value != ""
