# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: scrape_jobs
short_description: Scrape configurations for the services of an inventory
version_added: 1.0.0
author: Vigil contributors (@vigil-observability)
description:
  - One job for each service that has targets. Each target keeps its labels; C(instance) and C(host) follow from C(host)
    of a target that has none.
  - Services that require a password get that of the user C(prometheus), from the file C(secrets/<service>).
positional: client, intervals
options:
  _input:
    description: Targets by service, as P(vigil.observability.inventory_targets#filter) gives them.
    type: dict
    required: true
  client: {description: "What every scrape needs, such as C(tls_config).", type: dict, required: true}
  intervals:
    description:
      - Interval between scrapes by service, where it is not that of all others. A scrape may last as long.
    type: dict
    default: {}
"""

EXAMPLES = r"""
- name: Show the jobs
  ansible.builtin.debug:
    msg: "{{ targets | vigil.observability.scrape_jobs({'scheme': 'https'}) }}"
  vars:
    targets: "{{ hostvars | vigil.observability.inventory_targets(groups) }}"
"""

RETURN = r"""
_value:
  description: Entries of C(scrape_configs).
  type: list
  elements: dict
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ansible_collections.vigil.observability.plugins.plugin_utils._formats.same_text import same_text
from ansible_collections.vigil.observability.plugins.plugin_utils._services.registry import services


@same_text
def scrape_jobs(
    targets: Mapping[str, Iterable[Mapping[str, Any]]],
    client: Mapping[str, Any],
    intervals: Mapping[str, str] | None = None,
) -> list[dict[str, Any]]:
    """Return one scrape configuration for each service that has targets, or for each job that these name."""
    return [
        {
            "job_name": job,
            **_interval((intervals or {}).get(service)),
            **client,
            **_login(service),
            "static_configs": [{"targets": [_address(item)], "labels": _labels(item)} for item in found],
        }
        for service, items in targets.items()
        if service not in services() or services()[service].metrics
        for job, found in _jobs(service, items).items()
    ]


def _jobs(service: str, items: Iterable[Mapping[str, Any]]) -> dict[str, list[Mapping[str, Any]]]:
    found: dict[str, list[Mapping[str, Any]]] = {}
    for item in items:
        found.setdefault(str(item.get("job") or service), []).append(item)
    return found


def _interval(interval: str | None) -> dict[str, Any]:
    # Without its own, the timeout is at most the interval of all other jobs.
    return {"scrape_interval": interval, "scrape_timeout": interval} if interval else {}


def _login(service: str) -> dict[str, Any]:
    if service not in services() or not services()[service].scraped_by_password:
        return {}
    return {"basic_auth": {"username": "prometheus", "password_file": f"secrets/{service}"}}


def _address(item: Mapping[str, Any]) -> str:
    return str(item.get("metrics_address") or item["address"])


def _labels(item: Mapping[str, Any]) -> dict[str, Any]:
    """Return the labels of a target; one outside of the inventory may lack those that say where it is."""
    host = item.get("host")
    place = {"instance": f"{host}:{_address(item).rpartition(':')[2]}", "host": host} if host else {}
    return {**place, **(item.get("labels") or {})}


class FilterModule:
    """The filter scrape_jobs."""

    def filters(self) -> dict[str, Callable[..., list[dict[str, Any]]]]:
        """Return the filter by its name."""
        return {"scrape_jobs": scrape_jobs}
