# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.vigil.observability.plugins.filter.java_heap import java_heap

GIB = 2**30


@pytest.mark.parametrize(
    ("size", "memory", "limit", "heap"),
    [
        ("", 16 * GIB, "infinity", "8192m"),
        ("", 16 * GIB, "4G", "2048m"),
        ("", 2 * GIB, "4G", "1024m"),
        ("", 8 * GIB, "50%", "2048m"),
        ("", 256 * GIB, "infinity", "31744m"),
        ("512m", 2 * GIB, "1500M", "512m"),
        ("31g", 64 * GIB, "infinity", "31744m"),
    ],
)
def test_heap_is_half_of_the_memory_or_as_given(size: str, memory: int, limit: str, heap: str) -> None:
    assert java_heap(size, memory, limit) == heap


@pytest.mark.parametrize(
    ("size", "limit", "message"),
    [
        ("32g", "infinity", "A heap of 32g is larger than 31g"),
        ("8g", "infinity", "A heap of 8g does not fit into 8192 MiB of memory"),
        ("2g", "2G", "A heap of 2g does not fit into 2048 MiB of memory"),
        ("2 GB", "infinity", "'2 GB' is no size of a heap"),
    ],
)
def test_heap_that_does_not_fit_is_refused(size: str, limit: str, message: str) -> None:
    with pytest.raises(AnsibleFilterError, match=message):
        java_heap(size, 8 * GIB, limit)
