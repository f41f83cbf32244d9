# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: probe_jobs
short_description: Scrape configurations for probes through blackbox exporters
version_added: 1.0.0
author: Vigil contributors (@vigil-observability)
description:
  - Each probe is made by every prober, which distinguishes a prober that is cut off from a target that is down.
options:
  _input:
    description: Probes, each with C(name), C(module), C(targets) and optional C(labels) and C(scrape_interval).
    type: list
    elements: dict
    required: true
  probers:
    description: Blackbox exporters as P(vigil.observability.inventory_targets#filter) gives them.
    type: list
    elements: dict
    required: true
  client: {description: "What a scrape of a prober needs, such as C(tls_config).", type: dict, default: {}}
"""

EXAMPLES = r"""
- name: Show the jobs
  ansible.builtin.debug:
    msg: >-
      {{ [{'name': 'shop', 'module': 'http_2xx', 'targets': ['https://shop.example']}]
         | vigil.observability.probe_jobs([{'host': 'mon1', 'address': '10.0.0.1:9115'}]) }}
"""

RETURN = r"""
_value:
  description: Entries of C(scrape_configs).
  type: list
  elements: dict
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ansible.errors import AnsibleFilterError

from ansible_collections.vigil.observability.plugins.plugin_utils._formats.same_text import same_text
from ansible_collections.vigil.observability.plugins.plugin_utils._rules.labels import wrong_labels


@same_text
def probe_jobs(
    probes: Iterable[Mapping[str, Any]],
    probers: Iterable[Mapping[str, Any]],
    client: Mapping[str, Any] | None = None,
) -> list[dict[str, Any]]:
    """Return one scrape configuration for each probe and prober; raise AnsibleFilterError for labels of the stack."""
    wanted, makers = list(probes), list(probers)
    for probe in wanted:
        for wrong in wrong_labels(probe.get("labels") or {}):
            raise AnsibleFilterError(f"labels of the probe {probe['name']} {wrong}")
    return [_job(probe, prober, client or {}) for probe in wanted for prober in makers]


def _job(probe: Mapping[str, Any], prober: Mapping[str, Any], client: Mapping[str, Any]) -> dict[str, Any]:
    interval = {"scrape_interval": probe["scrape_interval"]} if "scrape_interval" in probe else {}
    return {
        "job_name": f"probe_{probe['name']}_from_{prober['host']}",
        "metrics_path": "/probe",
        "params": {"module": [probe["module"]]},
        **interval,
        **client,
        "static_configs": [{"targets": list(probe["targets"]), "labels": dict(probe.get("labels") or {})}],
        "relabel_configs": [
            {"source_labels": ["__address__"], "target_label": "__param_target"},
            {"source_labels": ["__param_target"], "target_label": "instance"},
            {"target_label": "prober", "replacement": prober["host"]},
            {"target_label": "job", "replacement": f"probe_{probe['name']}"},
            {"target_label": "__address__", "replacement": prober["address"]},
        ],
    }


class FilterModule:
    """The filter probe_jobs."""

    def filters(self) -> dict[str, Callable[..., list[dict[str, Any]]]]:
        """Return the filter by its name."""
        return {"probe_jobs": probe_jobs}
