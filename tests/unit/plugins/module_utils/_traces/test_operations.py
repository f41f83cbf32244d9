# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Operations: what is slow, what a fix gains, and how sure that is."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.vigil.observability.plugins.module_utils._traces.analysis import Analysis
from ansible_collections.vigil.observability.plugins.module_utils._traces.spans import Span

MS = 1_000_000


def operations(*calls: tuple[str, int, int], length: int = 1000) -> dict[str, dict[str, Any]]:
    """Return the operations of one request with these calls, each from one millisecond to another."""
    listed = [Span("1", "0", "", "shop", "GET /", "server", 0, length * MS, False, {})]
    for number, (name, start, end) in enumerate(calls, start=1):
        listed.append(Span("1", str(number), "0", "shop", name, "client", start * MS, end * MS, False, {}))
    analysis = Analysis()
    analysis.add(listed)
    return {one["operation"]: one for one in analysis.described()["operations"]}


@pytest.mark.parametrize(("length", "severity"), [(1000, ""), (1001, "medium"), (5000, "medium"), (5001, "high")])
def test_operation_is_slow_by_its_mean(length: int, severity: str) -> None:
    assert operations(length=length)["shop.GET /"]["severity"] == severity


def test_slow_call_off_the_critical_path_gains_nothing() -> None:
    found = operations(("on", 0, 900), ("off", 0, 800))
    assert {name: one["drag_ms"] for name, one in found.items()} == {"shop.GET /": 100, "shop.on": 100, "shop.off": 0}
    assert list(found)[-1] == "shop.off"
    assert found["shop.off"]["self_ms"] == 800


def test_siblings_whose_order_cannot_be_known_lower_the_confidence() -> None:
    """While one ends, the other has begun: the request may have waited for the first or for what is beside it."""
    assert operations(("first", 0, 600), ("second", 400, 990))["shop.second"]["confidence"] == "low"
    assert operations(("first", 0, 400), ("second", 400, 990))["shop.second"]["confidence"] == "high"
