# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: jaeger_collectors
short_description: Where applications send their spans
version_added: 1.0.0
author: Vigil contributors (@vigil-observability)
description:
  - Returns the URLs of all collectors of the group C(jaeger), for the configuration of applications.
  - A collector is a host whose C(jaeger_components) contains C(collector), as by default.
positional: groups
options:
  _input: {description: The variables of all hosts (C(hostvars))., type: dict, required: true}
  groups: {description: The hosts of each group., type: dict, required: true}
"""

EXAMPLES = r"""
- name: Have the shop send its spans to the first collector
  ansible.builtin.lineinfile:
    path: /etc/shop/environment
    regexp: ^OTEL_EXPORTER_OTLP_ENDPOINT=
    line: "OTEL_EXPORTER_OTLP_ENDPOINT={{ collectors.otlp_http | first }}"
    mode: "0644"
  vars:
    collectors: "{{ hostvars | vigil.observability.jaeger_collectors(groups) }}"
"""

RETURN = r"""
_value:
  description:
    - The URLs by port, in the order of the names of hosts. C(otlp_grpc) and C(otlp_http) accept spans, C(sampling)
      answers which of them to record.
  type: dict
  sample: {otlp_grpc: ["https://a:4317"], otlp_http: ["https://a:4318"], sampling: ["https://a:5778"]}
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ansible_collections.vigil.observability.plugins.plugin_utils._formats.same_text import plain
from ansible_collections.vigil.observability.plugins.plugin_utils._services.addresses import urls


def jaeger_collectors(
    hostvars: Mapping[str, Mapping[str, Any]], groups: Mapping[str, Iterable[str]]
) -> dict[str, list[str]]:
    """Return {port: [URL]} of the collectors."""
    hosts = {host: hostvars[host] for host in sorted(groups.get("jaeger", []))}
    collecting = {
        host: variables
        for host, variables in hosts.items()
        if "collector" in (variables.get("jaeger_components") or ["collector"])
    }
    found: dict[str, list[str]] = plain(
        {port: urls("jaeger", port, collecting) for port in ("otlp_grpc", "otlp_http", "sampling")}
    )
    return found


class FilterModule:
    """The filter jaeger_collectors."""

    def filters(self) -> dict[str, Callable[..., dict[str, list[str]]]]:
        """Return the filter by its name."""
        return {"jaeger_collectors": jaeger_collectors}
