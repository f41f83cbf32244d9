# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is wrong with the inputs of Logstash, and with its version beside those of Filebeat and Elasticsearch."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from ansible_collections.vigil.observability.plugins.module_utils._errors.sentence import OperatorError
from ansible_collections.vigil.observability.plugins.plugin_utils._formats.java_heap import java_bytes
from ansible_collections.vigil.observability.plugins.plugin_utils._formats.logstash import PIPELINE_NAME, REPLAYS
from ansible_collections.vigil.observability.plugins.plugin_utils._inventory.checks.flat_settings import (
    invalid_flat_settings,
)
from ansible_collections.vigil.observability.plugins.plugin_utils._inventory.host_inputs import HostInputs
from ansible_collections.vigil.observability.plugins.plugin_utils._inventory.problem import Problem
from ansible_collections.vigil.observability.plugins.plugin_utils._services.catalogue import default_version

__all__ = ["invalid_logstash", "newer_shippers", "unlocated_addresses"]

_SIZE = re.compile(r"[1-9][0-9]*[kmg]b")
# Settings that inputs of the role make, with those inputs.
_OWN = {
    "api.http.host": "nothing, because the API has no password",
    "api.http.port": "logstash_port",
    "dead_letter_queue.max_bytes": "logstash_dead_letter_queue_size",
    "path.data": "logstash_data_dir",
    "queue.max_bytes": "logstash_queue_size",
}
# Each may be as new as the next one, and no newer.
_CHAIN = ("filebeat", "logstash", "elasticsearch")


def invalid_logstash(host: HostInputs) -> Iterator[Problem]:
    """Yield a problem for each input of Logstash that is of the right type and yet cannot be used."""
    if "logstash" not in host.services:
        return
    for name in ("logstash_queue_size", "logstash_dead_letter_queue_size"):
        if not _SIZE.fullmatch(size := str(host.value(name, "1gb"))):
            yield Problem(name, host.name, f"is {size!r}: write it like 512mb or 4gb.")
    yield from _invalid_settings(host)
    password = str(host.value("elasticsearch_passwords", {}).get("writer", ""))
    if ('"' in password and "'" in password) or "${" in password:
        rest = "contains both kinds of quotes, or ${, which Logstash cannot read: choose another."
        yield Problem("elasticsearch_passwords.writer", host.name, rest)


def _invalid_settings(host: HostInputs) -> Iterator[Problem]:
    yield from invalid_flat_settings(host, "logstash_config", _OWN, "pipeline.batch.size")
    for name, pipeline in host.value("logstash_pipelines", {}).items():
        if name in REPLAYS:
            rest = "has the name of a pipeline of the playbook logstash_replay: choose another."
            yield Problem(f"logstash_pipelines.{name}", host.name, rest)
        if not PIPELINE_NAME.fullmatch(str(name)) or not str(dict(pipeline).get("config") or "").strip():
            rest = "is no pipeline: name it with letters, digits, _ and -, and set its config."
            yield Problem(f"logstash_pipelines.{name}", host.name, rest)
    try:
        java_bytes(str(host.value("logstash_heap_size", "") or "1g"))
    except OperatorError:
        size = host.value("logstash_heap_size", "")
        yield Problem("logstash_heap_size", host.name, f"is {size!r}: write it like 2g or 512m.")


def newer_shippers(hosts: Sequence[HostInputs]) -> Iterator[Problem]:
    """Yield a problem for each host whose Filebeat or Logstash is newer than what it sends to."""
    for service, next_service in pairwise(_CHAIN):
        oldest = min(
            ((_numbers(version), version, host.name) for host, version in _versions(hosts, next_service)), default=None
        )
        for host, version in _versions(hosts, service) if oldest else ():
            if oldest and _numbers(version) > oldest[0]:
                rest = (
                    f"is {version}, but {next_service} on {oldest[2]} is {oldest[1]}: upgrade {next_service} first, or "
                    f"use {oldest[1]} or older."
                )
                yield Problem(f"{service}_version", host.name, rest)


def _versions(hosts: Sequence[HostInputs], service: str) -> Iterator[tuple[HostInputs, str]]:
    for host in hosts:
        if service in host.services:
            yield host, str(host.value(f"{service}_version", "") or default_version(service))


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", version))


def unlocated_addresses(host: HostInputs) -> Iterator[Problem]:
    """Yield a warning for a Logstash without a database of addresses."""
    if "logstash" in host.services and not host.value("logstash_geoip_database", ""):
        rest = "is not set: addresses in lines are not located."
        yield Problem("logstash_geoip_database", host.name, rest)
