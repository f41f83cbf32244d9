# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Findings: signs of the same fault in many requests, put together."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from .sign import Request, Sign

__all__ = ["Tally"]

LEAST_REQUESTS, LEAST_SHARE = 3, 0.01
EVIDENCE = 3  # traces of each finding
MOST_GAIN = 2**62  # nanoseconds
SEEN = 0.05  # share of requests with an order of calls from which it counts


@dataclass
class _Finding:
    gains: array[int] = field(default_factory=lambda: array("q"))
    counts: array[int] = field(default_factory=lambda: array("q"))
    variants: Counter[str] = field(default_factory=Counter)
    evidence: list[tuple[int, str, tuple[str, ...]]] = field(default_factory=list)

    def add(self, request: Request, sign: Sign) -> None:
        self.gains.append(min(sign.gain, MOST_GAIN))
        self.counts.append(sign.times)
        self.variants[sign.variant] += 1
        spans = tuple(request.trace.spans[place].id for place in sign.places[:20])
        self.evidence.append((-sign.gain, request.trace.id, spans))
        if len(self.evidence) > 8 * EVIDENCE:
            self.evidence = sorted(self.evidence)[:EVIDENCE]


class Tally:
    """Signs by kind, by the operation at which the request enters, and by where they are."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, str, str], _Finding] = {}

    def add(self, request: Request, signs: Iterable[Sign]) -> None:
        """Add the signs of one request. Of equal ones, the requests are counted once and the gains added."""
        together: dict[tuple[str, str], Sign] = {}
        for sign in signs:
            known = together.get((sign.kind, sign.where))
            together[sign.kind, sign.where] = _added(known, sign) if known else sign
        for (kind, where), sign in together.items():
            entry = request.trace.keys[request.root]
            self._found.setdefault((kind, entry, where), _Finding()).add(request, sign)

    def findings(self, requests: Mapping[str, int]) -> list[dict[str, Any]]:
        """Return the findings, of most total gain first, given how many requests each operation had."""
        listed = [
            _described(kind, entry, where, found, requests[entry])
            for (kind, entry, where), found in self._found.items()
            if len(found.gains) >= max(LEAST_REQUESTS, LEAST_SHARE * requests[entry])
        ]
        return sorted(listed, key=_rank)


def _rank(finding: Mapping[str, Any]) -> tuple[float, str, str, str]:
    return (-finding["gain_ms"] * finding["requests"], finding["kind"], finding["entry"], finding["where"])


def _added(first: Sign, second: Sign) -> Sign:
    return first._replace(
        gain=first.gain + second.gain, times=first.times + second.times, places=[*first.places, *second.places]
    )


def _described(kind: str, entry: str, where: str, found: _Finding, requests: int) -> dict[str, Any]:
    counts = sorted(found.counts)
    orders = sum(1 for times in found.variants.values() if times >= SEEN * len(found.gains))
    evidence = sorted(found.evidence)[:EVIDENCE]
    return {
        "kind": kind,
        "entry": entry,
        "where": where,
        "requests": len(found.gains),
        "share": len(found.gains) / requests,
        "count": counts[len(counts) // 2],
        "gain_ms": sum(found.gains) / len(found.gains) / 1e6,
        # Calls in one order only may depend on each other in a way that no span shows.
        "confidence": "low" if kind == "sequence" and orders == 1 else "high",
        "variant": min(found.variants, key=lambda variant: (-found.variants[variant], variant)),
        "evidence": [{"trace": trace, "spans": list(spans)} for _gain, trace, spans in evidence],
    }
