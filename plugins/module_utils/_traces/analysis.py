# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The analysis of one window: traces go in one by one, and only sums, lengths and a few examples are kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any

from .comparison import CallPaths
from .coverage import Coverage
from .dependencies import Dependencies
from .findings.calls import repeated_calls, retries
from .findings.failures import failures
from .findings.sequences import sequences
from .findings.sign import Request
from .findings.tally import Tally
from .findings.timeouts import TimeOuts
from .findings.waits import waits
from .flames import Flames
from .operations import Operations
from .paths import critical_path
from .requests import Requests
from .sentences import sentence_of
from .spans import Span
from .trees import Trace, trace_of

__all__ = ["Analysis"]

DETECTORS = (repeated_calls, retries, sequences, waits, failures)


class Analysis:
    """What the traces of a window show."""

    def __init__(self) -> None:
        self.coverage = Coverage()
        self.call_paths = CallPaths()
        self._requests, self._operations, self._dependencies = Requests(), Operations(), Dependencies()
        self._flames, self._tally, self._time_outs = Flames(), Tally(), TimeOuts()
        self._of_entry: Counter[str] = Counter()
        self._length = self._uncertain = 0

    def add(self, spans: Iterable[Span]) -> None:
        """Add the spans of one trace."""
        trace = trace_of(spans)
        self.coverage.add(trace)
        self._requests.add(trace)
        self._dependencies.add(trace)
        self._time_outs.add(trace)
        for request in _requests(trace):
            path = critical_path(trace, request.root)
            self._of_entry[trace.keys[request.root]] += 1
            self._length += request.length
            self._uncertain += path.uncertain
            self.call_paths.add(request)
            self._operations.add(request, path)
            self._flames.add(request, path)
            self._tally.add(request, chain.from_iterable(detect(request) for detect in DETECTORS))

    def described(self) -> dict[str, Any]:
        """Return {coverage, services, operations, findings, dependencies, critical_paths}."""
        return {
            "coverage": {
                **self.coverage.described(),
                "uncertain_order": self._uncertain / self._length if self._length else 0.0,
                "left_out_paths": self.call_paths.left_out,
            },
            "services": self._requests.described(),
            "operations": self._operations.described(),
            "findings": [{**finding, "sentence": sentence_of(finding)} for finding in self._findings()],
            "dependencies": self._dependencies.described(),
            "critical_paths": self._flames.described(self._of_entry),
        }

    def _findings(self) -> Iterator[dict[str, Any]]:
        yield from self._tally.findings(self._of_entry)
        for where, length, aligned, failed, traces in self._time_outs.found():
            yield {
                "kind": "time_out",
                "where": where,
                "length_ms": length / 1e6,
                "count": aligned,
                "failed": failed,
                "confidence": "high",
                "evidence": [{"trace": trace, "spans": []} for trace in traces],
            }


def _requests(trace: Trace) -> Iterator[Request]:
    """Yield the requests of a trace: one for each root, with the spans below it."""
    if len(trace.roots) == 1:
        yield Request(trace, trace.roots[0], trace.order)
        return
    below: dict[int, list[int]] = {root: [] for root in trace.roots}
    root_of: dict[int, int] = {}
    for place in trace.order:
        root_of[place] = root = place if trace.parents[place] < 0 else root_of[trace.parents[place]]
        below[root].append(place)
    for root, places in below.items():
        yield Request(trace, root, places)
