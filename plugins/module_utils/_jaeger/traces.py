# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Traces of a window from Jaeger's API, evenly over the window, however many there are.

Jaeger answers with the newest n traces of a question, with 404 if there are none, and with 500 or not in time if it is
too heavy. So the window is asked in slices, and those that are full or fail are halved.
"""

from __future__ import annotations

from bisect import bisect, bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any

from .._http.session import Api, ApiError, HttpError, NotJsonError
from .._traces.spans import Span, spans_of

__all__ = ["Reading", "Slice", "services_of"]

AT_ONCE, LEAST = 50, 2  # traces of one answer, at most; of fewer, one would look like many
PARTS = 10  # of a window, at least
SHORTEST = timedelta(milliseconds=10)
MOST_FAILURES = 100  # questions that may fail before the rest of the window is given up
NONE, SERVER_ERROR = 404, 500
DONE, FULL, HEAVY = "done", "full", "heavy"


@dataclass(frozen=True)
class Slice:
    """A part of a window, in which traces of a service started."""

    service: str
    start: datetime
    end: datetime

    def parts(self, number: int) -> list[Slice]:
        """Return so many parts of equal length, the newest first."""
        step = (self.end - self.start) / number
        ends = [self.start + step * place for place in range(number)] + [self.end]
        return [Slice(self.service, ends[place], ends[place + 1]) for place in reversed(range(number))]


def services_of(api: Api) -> list[str]:
    """Return the names of the services that have sent spans. Raises HttpError."""
    found = _asked(api, "/api/v3/services", "list the services") or {}
    return sorted(str(name) for name in found.get("services") or ())


@dataclass
class Reading:
    """Reads up to `limit` traces of each service's window that it is given; no trace twice.

    `failed` has the slices that could not be read, each with the reason; `truncated` the services of which there were
    more traces than the limit; `unreadable` is how many spans could not be read.
    """

    api: Api
    limit: int
    failed: list[tuple[Slice, str]] = field(default_factory=list)
    truncated: list[str] = field(default_factory=list)
    unreadable: int = 0
    _seen: set[str] = field(default_factory=set)
    _failures: int = 0

    def traces(self, window: Slice) -> Iterator[list[Span]]:
        """Yield the spans of each trace: the newest of each slice, then of its halves. Raises HttpError."""
        slices = [(part, AT_ONCE) for part in window.parts(min(self.limit, max(PARTS, self.limit // AT_ONCE)))]
        found: dict[str, float] = {}  # start of each trace, in seconds
        while slices and len(found) + len(slices) <= self.limit:
            share = (self.limit - len(found)) // len(slices)
            divided: list[tuple[Slice, int]] = []
            before = sorted(found.values())
            for part, most in slices:
                known = bisect(before, part.end.timestamp()) - bisect_left(before, part.start.timestamp())
                wanted = max(min(share + known, most), LEAST)
                traces, state = self._answered(part, wanted)
                if state != DONE:
                    divided += [(half, AT_ONCE if state == FULL else wanted // 2) for half in part.parts(2)]
                for name in [name for name in traces if name not in found][:share]:
                    found[name] = min(span.start for span in traces[name]) / 1e9
                    if name not in self._seen:
                        self._seen.add(name)
                        yield traces[name]
            slices = divided
        if slices:
            self.truncated.append(window.service)

    def _answered(self, part: Slice, wanted: int) -> tuple[dict[str, list[Span]], str]:
        """Return a slice's newest traces by name, and whether there are more, or it was too heavy."""
        short = part.end - part.start <= SHORTEST
        try:
            document = self._document(part, wanted)
        except HttpError as error:
            if not error.slow and not (isinstance(error, ApiError) and error.status >= SERVER_ERROR):
                raise
            self._failures += 1
            if short or self._failures > MOST_FAILURES:
                self.failed.append((part, str(error)))
                return {}, DONE
            return {}, HEAVY
        traces: dict[str, list[Span]] = {}
        for span in spans_of(document) if document else ():
            if span:
                traces.setdefault(span.trace, []).append(span)
            else:
                self.unreadable += 1
        return traces, FULL if len(traces) >= wanted and not short else DONE

    def _document(self, part: Slice, wanted: int) -> Any:
        # Raw traces: Jaeger would move the clocks and drop doubles, and nobody would know.
        query = [
            ("query.service_name", part.service),
            ("query.start_time_min", _instant(part.start)),
            ("query.start_time_max", _instant(part.end)),
            ("query.num_traces", str(wanted)),
            ("query.raw_traces", "true"),
        ]
        attempt = f"read traces of {part.service} from {_instant(part.start)} to {_instant(part.end)}"
        return _asked(self.api, "/api/v3/traces", attempt, query)


def _asked(api: Api, path: str, attempt: str, query: Sequence[tuple[str, str]] = ()) -> Any:
    """Return the answer to a question, None if there is nothing. Raises HttpError."""
    answer = api.call("GET", path, query=query, attempt=attempt, accept=(NONE,))
    try:
        document = answer.json()
    except NotJsonError:
        # Jaeger answers with its page to any path that it does not know.
        raise HttpError(
            f"Could not {attempt}: {answer.url}{path} answered {answer.status} with a page instead of JSON. Set url to "
            "the address of Jaeger's query with its base path, such as https://monitor1:16686/jaeger."
        ) from None
    return None if answer.status == NONE else document


def _instant(when: datetime) -> str:
    """Return an instant as Jaeger parses it."""
    return when.astimezone(timezone.utc).isoformat(timespec="microseconds").replace("+00:00", "Z")
