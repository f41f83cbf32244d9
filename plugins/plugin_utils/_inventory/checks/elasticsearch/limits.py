# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is wrong with the limits of a node of Elasticsearch, as far as the inventory says: its heap and watermarks."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from ansible_collections.vigil.observability.plugins.module_utils._errors.sentence import OperatorError
from ansible_collections.vigil.observability.plugins.plugin_utils._formats.java_heap import (
    LARGEST,
    java_bytes,
    memory_limit,
)
from ansible_collections.vigil.observability.plugins.plugin_utils._inventory.host_inputs import HostInputs
from ansible_collections.vigil.observability.plugins.plugin_utils._inventory.problem import Problem
from ansible_collections.vigil.observability.plugins.plugin_utils._services.registry import services

__all__ = ["invalid_limits"]

_WATERMARK = "cluster.routing.allocation.disk.watermark."
# In the order in which a disk that fills up passes them, with Elasticsearch's defaults.
_WATERMARKS = {"low": "85%", "high": "90%", "flood_stage": "95%"}
_UNITS = {"b": 1, "kb": 2**10, "mb": 2**20, "gb": 2**30, "tb": 2**40, "pb": 2**50}
# More memory than any host has: the limit of the unit alone counts.
_UNLIMITED = 2**62


def invalid_limits(host: HostInputs) -> Iterator[Problem]:
    """Yield a problem for a heap that cannot be used, and for each unfit watermark."""
    if "elasticsearch" not in host.services:
        return
    resources = host.value("elasticsearch_resources", services()["elasticsearch"].resources)
    size, limit = str(host.value("elasticsearch_heap_size", "")), str(resources.get("MemoryMax", "infinity"))
    if wrong := _unfit_heap(size, limit):
        yield Problem("elasticsearch_heap_size", host.name, wrong)
    yield from _invalid_watermarks(host)


def _unfit_heap(size: str, limit: str) -> str:
    """Return why a size is none of a heap within the limit of the unit, nothing when it is one."""
    try:
        wanted = java_bytes(size) if size else 0
    except OperatorError:
        return f"is {size!r}: write it like 2g or 512m."
    if wanted > LARGEST:
        return f"is {size}: use at most 31g, beyond which Java needs longer pointers, and a larger heap holds less."
    if wanted >= memory_limit(limit, _UNLIMITED):
        return f"is {size}, but MemoryMax in elasticsearch_resources is {limit}: use at most half of that."
    return ""


def _invalid_watermarks(host: HostInputs) -> Iterator[Problem]:
    config: Mapping[str, object] = host.value("elasticsearch_config", {})
    given = {name: config[f"{_WATERMARK}{name}"] for name in _WATERMARKS if config.get(f"{_WATERMARK}{name}")}
    read = {name: _read(str(given.get(name, default))) for name, default in _WATERMARKS.items()}
    for name in (name for name in given if not read[name]):
        rest = f"is {given[name]!r}: write a share of the disk, such as 85%, or the space to keep free, such as 50gb."
        yield Problem(f"elasticsearch_config.{_WATERMARK}{name}", host.name, rest)
    known = [one for one in read.values() if one]
    if not given or len(known) < len(read):
        return
    first, *_others = given
    every = f"elasticsearch_config.{_WATERMARK}{first}"
    if len({unit for unit, _value in known}) > 1:
        rest = (
            "cannot be compared with the other watermarks: give low, high and flood_stage, all as shares or in bytes."
        )
        yield Problem(every, host.name, rest)
    elif known != sorted(known):
        rest = "is not in order: a disk that fills up has to pass low, then high, then flood_stage."
        yield Problem(every, host.name, rest)


def _read(text: str) -> tuple[str, float] | None:
    """Return whether a watermark is a share or in bytes, and a number that rises as the disk fills up."""
    if share := re.fullmatch(r"(\d+(?:\.\d+)?)%", text):
        return ("share", float(share[1]))
    if ratio := re.fullmatch(r"[01]?\.\d+", text):
        return ("share", 100 * float(ratio[0]))
    if size := re.fullmatch(r"(\d+(?:\.\d+)?)([kmgtp]?b)", text.lower()):
        return ("bytes", -float(size[1]) * _UNITS[size[2]])
    return None
