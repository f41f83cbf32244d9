# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What cannot be concluded from an analysis, and why, in sentences."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from .._traces.coverage import FEW

__all__ = ["notes_of"]

MOST_KEPT = 0.9  # share of requests from which traces are nearly all


def notes_of(found: Mapping[str, Any]) -> list[str]:
    """Return the sentences."""
    coverage = found["coverage"]
    notes = [
        f"{service} has requests in the span metrics and no trace: check its sampling and its exporter."
        for service in coverage["without_traces"]
    ]
    if not coverage["traces"]:
        return ["There is no trace in this window, so nothing can be concluded.", *notes]
    return [*_missing(coverage), *notes, *_wrong(coverage), *_few(found["services"])]


def _missing(coverage: Mapping[str, Any]) -> Iterator[str]:
    if coverage["truncated"]:
        yield f"More traces than the limit: of {', '.join(coverage['truncated'])} only a part was read, evenly."
    if coverage["failed"]:
        yield f"{len(coverage['failed'])} slices of the window could not be read, so their requests are missing."
    if coverage["incomplete_traces"]:
        yield (
            f"{coverage['incomplete_traces']} of {coverage['traces']} traces lack spans: their calls may look like "
            "requests of their own, and times of missing calls count as those of their callers."
        )


def _wrong(coverage: Mapping[str, Any]) -> Iterator[str]:
    for skew in coverage["clock_skew"]:
        yield (
            f"The clocks of {skew['caller']} and {skew['called']} differ by up to {skew['most_ms']:.0f} ms: no wait "
            "between the two is reported."
        )
    if coverage["requests_before"] is not None and coverage["requests_before"] < FEW:
        yield f"The earlier window has {coverage['requests_before']} requests: too few to compare with."
    if coverage["left_out_paths"]:
        yield f"{coverage['left_out_paths']} calls of rare paths were left out of the comparison."


def _few(services: list[Mapping[str, Any]]) -> Iterator[str]:
    kept = {service["service"]: service["kept"] for service in services if service["kept"] is not None}
    if partly := {name: share for name, share in kept.items() if share < MOST_KEPT}:
        listed = ", ".join(f"{100 * share:.1f} % of {name}" for name, share in sorted(partly.items()))
        yield f"Of all requests, only these shares are in the traces that were read: {listed}."
    if not kept and services:
        yield "Numbers of requests and errors are those of traces that were kept, which need not be all requests."
    if few := [service["service"] for service in services if service["requests"] < FEW]:
        yield f"Fewer than {FEW} requests: shares and quantiles of {', '.join(few)} mean little."
