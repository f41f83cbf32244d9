# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is wrong with the labels that an inventory sets: of hosts, of probes, and of all that Prometheus sends out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.vigil.observability.plugins.plugin_utils._inventory.host_inputs import HostInputs
from ansible_collections.vigil.observability.plugins.plugin_utils._inventory.problem import Problem
from ansible_collections.vigil.observability.plugins.plugin_utils._rules.labels import OF_REPLICAS, wrong_labels

__all__ = ["invalid_labels"]


def invalid_labels(host: HostInputs) -> Iterator[Problem]:
    """Yield a problem for labels of the user's own that hide one of the stack's, or that are none."""
    if not host.services:
        return
    for wrong in wrong_labels(host.value("vigil_labels", {})):
        yield Problem("vigil_labels", host.name, wrong)
    if "prometheus" in host.services:
        yield from _of_probes(host)
        yield from _external(host)


def _of_probes(host: HostInputs) -> Iterator[Problem]:
    for probe in host.value("prometheus_probes", []):
        for wrong in wrong_labels(_mapping(probe.get("labels"))):
            yield Problem("prometheus_probes", host.name, f"cannot be used: labels of {probe.get('name')} {wrong}")


def _external(host: HostInputs) -> Iterator[Problem]:
    general = _mapping(host.value("prometheus_config", {}).get("global"))
    labels = _mapping(general.get("external_labels"))
    subject = "prometheus_config.global.external_labels"
    for name in (name for name in OF_REPLICAS if name in labels):
        yield Problem(subject, host.name, f"cannot contain {name}: set prometheus_{name} instead.")
    for wrong in wrong_labels(labels, OF_REPLICAS):
        yield Problem(subject, host.name, wrong)


def _mapping(value: Any) -> Mapping[Any, Any]:
    return value if isinstance(value, Mapping) else {}
