# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an analysis cannot conclude is above its conclusions."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.vigil.observability.plugins.module_utils._jaeger.notes import notes_of

WHOLE: dict[str, Any] = {
    "traces": 100,
    "truncated": [],
    "failed": [],
    "incomplete_traces": 0,
    "clock_skew": [],
    "left_out_paths": 0,
    "requests_before": None,
    "without_traces": [],
}


def notes(kept: float | None = 1.0, requests: int = 100, **coverage: Any) -> list[str]:
    services = [{"service": "shop", "requests": requests, "kept": kept}]
    return notes_of({"coverage": {**WHOLE, **coverage}, "services": services})


def test_nothing_is_noted_where_everything_was_seen() -> None:
    assert notes() == []


@pytest.mark.parametrize(
    ("found", "note"),
    [
        ({"truncated": ["shop"]}, "More traces than the limit: of shop only a part was read, evenly."),
        ({"failed": [{}, {}]}, "2 slices of the window could not be read, so their requests are missing."),
        ({"incomplete_traces": 7}, "7 of 100 traces lack spans: "),
        ({"clock_skew": [{"caller": "shop", "called": "cart", "most_ms": 600_000}]}, "differ by up to 600000 ms: no"),
        ({"left_out_paths": 3}, "3 calls of rare paths were left out of the comparison."),
        ({"requests_before": 19}, "The earlier window has 19 requests: too few to compare with."),
        ({"without_traces": ["bank"]}, "bank has requests in the span metrics and no trace: "),
        ({"kept": 0.1}, "only these shares are in the traces that were read: 10.0 % of shop."),
        ({"kept": None}, "are those of traces that were kept, which need not be all requests."),
        ({"requests": 19}, "Fewer than 20 requests: shares and quantiles of shop mean little."),
    ],
)
def test_each_thing_that_is_missing_is_noted(found: dict[str, Any], note: str) -> None:
    (noted,) = notes(**found)
    assert note in noted
