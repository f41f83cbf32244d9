# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The contents of each product's data directory, by which a directory with data is recognised as its own."""

from __future__ import annotations

import re
from collections.abc import Iterable

__all__ = ["own_entries", "strange_entries"]

_BLOCK = "[0-9A-HJKMNP-TV-Z]{26}"
# What a file system puts into its root by itself.
_NEUTRAL = "lost+found"
_ENTRIES = {
    "alertmanager": r"(nflog|silences)(\.[0-9a-f]+)?",
    "elasticsearch": r"_state|indices|node\.lock|nodes|snapshot_cache",
    "filebeat": r"registry|meta\.json|filebeat\.lock",
    "grafana": (
        r"grafana\.db(-wal|-shm|-journal)?|alerting|csv|dashboards|file-collections|grafana-apiserver|log|pdf|plugins|"
        r"png|provisioning|search|sessions|storage|unified-search"
    ),
    "jaeger": r"keys|values",
    "logstash": r"\.lock|dead_letter_queue|geoip_database_management|plugins|queue|uuid",
    "prometheus": (
        rf"wal|wbl|chunks_head|lock|queries\.active|snapshots|chunk_snapshot\.[0-9.]+|"
        rf"{_BLOCK}(\.tmp(-for-(creation|deletion))?)?"
    ),
}


def strange_entries(product: str, names: Iterable[str]) -> list[str]:
    """Return the names in a directory that are not data of this product; an unknown product has no data."""
    found = set(names)
    return sorted(found - {_NEUTRAL, *own_entries(product, found)})


def own_entries(product: str, names: Iterable[str]) -> list[str]:
    """Return the names in a directory that are data of this product."""
    known = re.compile(_ENTRIES.get(product, "(?!)"))
    return sorted(name for name in names if known.fullmatch(name))
