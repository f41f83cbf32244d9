# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The memory of a host, and heaps that do not fit into it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

__all__ = ["memory_bytes", "oversized_heaps"]


def memory_bytes() -> int:
    """Return the memory of this host."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def oversized_heaps(services: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Yield a sentence for each service whose heap leaves nothing of the memory."""
    memory = memory_bytes()
    for service in (service for service in services if (service["heap_bytes"] or 0) >= memory):
        yield (
            f"{service['name']} is configured to use a heap of {service['heap_bytes'] / 2**30:.1f} GiB, but the host "
            f"has {memory / 2**30:.1f} GiB of memory. Use at most half of it."
        )
