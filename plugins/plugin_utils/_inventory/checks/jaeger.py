# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is wrong with the inputs of Jaeger, and with several of them beside each other."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.vigil.observability.plugins.plugin_utils._formats.enumeration import listed
from ansible_collections.vigil.observability.plugins.plugin_utils._formats.texts import unfit_duration
from ansible_collections.vigil.observability.plugins.plugin_utils._inventory.host_inputs import HostInputs
from ansible_collections.vigil.observability.plugins.plugin_utils._inventory.problem import Problem
from ansible_collections.vigil.observability.plugins.plugin_utils._jaeger_configuration.sampling import (
    sampling_problems,
)
from ansible_collections.vigil.observability.plugins.plugin_utils._services.catalogue import default_version

__all__ = ["invalid_jaegers"]

_BOTH = ["collector", "query"]
_LEAST_MEMORY = 512  # MiB; with 300, two of six floods ended the process
_WITH_PASSWORDS = [2, 13]
_ALL = {"default": {"type": "probabilistic", "param": 1}}
_WRITTEN = {
    "jaeger_memory_limit": (re.compile(r"([1-9][0-9]*)([MG])"), "write it like 512M or 2G."),
    # The user of Elasticsearch may use these indices alone.
    "jaeger_index_prefix": (re.compile(r"jaeger(-[a-z0-9_]+)*"), "use jaeger, or jaeger-shop and the like."),
}
_LOWEST = ("jaeger_retention_days", "jaeger_memory_traces", "jaeger_queue_spans", "jaeger_stop_timeout")


def _components(host: HostInputs) -> list[str]:
    found: list[str] = host.value("jaeger_components")
    return found or _BOTH


def invalid_jaegers(hosts: Sequence[HostInputs]) -> Iterator[Problem]:
    """Yield a problem for each input of Jaeger that cannot be used, or not beside those of the other hosts."""
    found = [host for host in hosts if "jaeger" in host.services]
    for host in found:
        yield from _invalid(host)
    yield from _scattered(found, kept_by=any("elasticsearch" in host.services for host in hosts))


def _invalid(host: HostInputs) -> Iterator[Problem]:
    if host.value("jaeger_components") == []:
        yield Problem("jaeger_components", host.name, "is empty: name collector, query or both.")
    for name in _LOWEST:
        if int(host.value(name, 1)) < 1:
            yield Problem(name, host.name, f"is {host.value(name)}: it has to be at least 1.")
    for name, (pattern, rest) in _WRITTEN.items():
        text = str(host.value(name, "") or "")
        if text and not pattern.fullmatch(text):
            yield Problem(name, host.name, f"is {text!r}: {rest}")
    if (limit := _mebibytes(host)) < _LEAST_MEMORY:
        rest = (
            f"is {limit}M: with less than {_LEAST_MEMORY}M, requests at once take what the limiter leaves, and the "
            f"kernel ends the process. Use {_LEAST_MEMORY}M or more."
        )
        yield Problem("jaeger_memory_limit", host.name, rest)
    for place, rest in (*sampling_problems(host.value("jaeger_sampling", _ALL)), *_tail_sampling_problems(host)):
        yield Problem(place, host.name, rest)
    yield from _unknown_passwords(host)


def _mebibytes(host: HostInputs) -> int:
    """Return the limit of memory; that of an unreadable one, which is refused by itself, is high enough."""
    found = _WRITTEN["jaeger_memory_limit"][0].fullmatch(str(host.value("jaeger_memory_limit", "1G")))
    return int(found[1]) * {"M": 1, "G": 1024}[found[2]] if found else _LEAST_MEMORY


def _tail_sampling_problems(host: HostInputs) -> Iterator[tuple[str, str]]:
    given: Mapping[str, Any] = host.value("jaeger_tail_sampling", {})
    for key, value in given.items():
        if key in {"slower_than", "decision_wait"}:
            rest = unfit_duration(str(value))
        elif key == "share":
            number = isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1
            rest = None if number else f"is {value!r}: a share is a number from 0 to 1."
        else:
            rest = "is not known: set slower_than, share and decision_wait."
        if rest:
            yield f"jaeger_tail_sampling.{key}", rest


def _unknown_passwords(host: HostInputs) -> Iterator[Problem]:
    """Yield a problem for a query that has to ask for a password, in a release that knows none."""
    version = str(host.value("jaeger_version", "") or default_version("jaeger"))
    asks = "query" in _components(host) and host.value("jaeger_query_access") != "certificate"
    if asks and [int(number) for number in re.findall(r"\d+", version)[:2]] < _WITH_PASSWORDS:
        rest = f"is {version}, whose query knows no passwords: set jaeger_query_access to certificate, or use 2.13.0."
        yield Problem("jaeger_version", host.name, rest)


def _scattered(found: Sequence[HostInputs], *, kept_by: bool) -> Iterator[Problem]:
    """Yield a problem for each Jaeger that has only a part of the traces that it needs."""
    collectors = [host.name for host in found if "collector" in _components(host)]
    for host in found:
        if host.value("jaeger_tail_sampling", {}) and len(collectors) > 1:
            rest = (
                f"needs a single collector, because spans of one trace reach any of {listed(collectors)}, and each "
                "would judge only its own: keep one collector, or leave sampling to applications with jaeger_sampling."
            )
            yield Problem("jaeger_tail_sampling", host.name, rest)
        yield from _unshared_storage(host, len(found), kept_by=kept_by)


def _unshared_storage(host: HostInputs, number: int, *, kept_by: bool) -> Iterator[Problem]:
    storage = host.value("jaeger_storage", "elasticsearch" if kept_by else "badger")
    if storage == "elasticsearch" and not kept_by:
        rest = "is elasticsearch, but the group elasticsearch has no host: add one, or set badger."
        yield Problem("jaeger_storage", host.name, rest)
    whole = set(_BOTH) <= set(_components(host))
    if storage != "elasticsearch" and not (whole and number == 1):
        rest = (
            f"is {storage}, which only the process itself reads: have one host in the group jaeger, with both "
            "components, or use elasticsearch."
        )
        yield Problem("jaeger_storage", host.name, rest)
