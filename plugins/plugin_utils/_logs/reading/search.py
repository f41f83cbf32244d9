# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Documents from Elasticsearch: all of the windows at one point in time, page by page, or none."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from ansible_collections.vigil.observability.plugins.module_utils._errors.sentence import OperatorError
from ansible_collections.vigil.observability.plugins.module_utils._http.session import Api, HttpError
from ansible_collections.vigil.observability.plugins.plugin_utils._logs.reading.counts import Counts
from ansible_collections.vigil.observability.plugins.plugin_utils._logs.windows import Windows, shown_time

__all__ = ["Search"]

_PAGE = 10_000
_KEPT = "5m"
_PARTS = "pit_id,timed_out,_shards,hits.total,hits.hits._source,hits.hits.fields,hits.hits.sort,aggregations,error"


@dataclass(frozen=True)
class Search:
    """What is read: indices, the documents of a query of Lucene's syntax, and the fields that are needed of them.

    The first name of the time is the field by which documents are found.
    """

    api: Api
    index: str
    query: str
    names: Mapping[str, Sequence[str]]
    most: int

    @property
    def source(self) -> str:
        """Return the name of the source in results and messages."""
        return f"{self.index} at {self.api.session.endpoint.url}"

    @property
    def _time(self) -> str:
        return self.names["time"][0]

    def documents(self, windows: Windows, counts: Counts) -> Iterator[dict[str, Any]]:
        """Yield the documents with their time in milliseconds; those without one are counted.

        Raises OperatorError when there are none or too many, and when an answer is not complete.
        """
        opened = self.api.call(
            "POST",
            f"/{quote(self.index, safe='*,-<>')}/_pit",
            query=[("keep_alive", _KEPT)],
            attempt=f"open {self.index} for reading",
        )
        point = str(opened.json()["id"])
        try:
            without = self._total(self._answer(point, {"query": self._without_time(), "size": 0}))
            counts.read += without
            counts.without_time += without
            yield from self._pages(point, windows, counts)
        finally:
            # It ends by itself in minutes, and an error of the search is more useful than one of closing it.
            with contextlib.suppress(HttpError):
                self.api.call("DELETE", "/_pit", body={"id": point}, attempt="close the point in time")

    def _pages(self, point: str, windows: Windows, counts: Counts) -> Iterator[dict[str, Any]]:
        wanted = {
            "query": self._within(windows),
            "size": _PAGE,
            # The order of the shards, which costs the server least: the analysis needs none.
            "sort": [{"_shard_doc": "asc"}],
            "_source": sorted({name for names in self.names.values() for name in names}),
            "docvalue_fields": [{"field": self._time, "format": "epoch_millis"}],
        }
        answer = self._answer(point, wanted)
        total = self._total(answer)
        if not total:
            raise OperatorError(self._nothing(point, windows))
        if total > self.most:
            raise OperatorError(
                f"{self.source} has {total} documents since {shown_time(windows.oldest)}, more than max_documents "
                f"({self.most}). Shorten window and baseline, narrow query or index, or raise max_documents."
            )
        with ThreadPoolExecutor(1) as ahead:
            while hits := answer.get("hits", {}).get("hits", []):
                following = {**wanted, "search_after": hits[-1]["sort"], "track_total_hits": False}
                # The server searches while these are analysed.
                coming = ahead.submit(self._answer, str(answer.get("pit_id", point)), following)
                counts.read += len(hits)
                yield from (self._document(hit) for hit in hits)
                answer = coming.result()

    def _document(self, hit: Mapping[str, Any]) -> dict[str, Any]:
        """Return a document with its time as the server reads it, whatever its notation."""
        milliseconds = hit["fields"][self._time][0].partition(".")[0]
        return {**(hit.get("_source") or {}), self._time: int(milliseconds)}

    def _answer(self, point: str, wanted: Mapping[str, Any]) -> dict[str, Any]:
        """Return a whole answer: with one shard less, errors would be missing that are there."""
        body = {"track_total_hits": True, **wanted, "pit": {"id": point, "keep_alive": _KEPT}}
        query = [("allow_partial_search_results", "false"), ("filter_path", _PARTS)]
        # As GET, which is repeated when its answer was lost.
        found = self.api.call("GET", "/_search", query=query, body=body, attempt=f"search {self.index}").json()
        answer: dict[str, Any] = found or {}
        if answer.get("timed_out") or answer.get("_shards", {}).get("failed"):
            raise OperatorError(f"Could not search {self.source}: the answer is not complete. Check its shards; rerun.")
        return answer

    def _total(self, answer: Mapping[str, Any]) -> int:
        return int(answer.get("hits", {}).get("total", {}).get("value", 0))

    def _within(self, windows: Windows) -> dict[str, Any]:
        span = {"gte": windows.oldest, "lt": windows.end, "format": "epoch_millis"}
        return {"bool": {"filter": [{"range": {self._time: span}}, *self._narrowed()]}}

    def _without_time(self) -> dict[str, Any]:
        return {"bool": {"filter": self._narrowed(), "must_not": {"exists": {"field": self._time}}}}

    def _narrowed(self) -> list[dict[str, Any]]:
        return [{"query_string": {"query": self.query}}] if self.query else []

    def _nothing(self, point: str, windows: Windows) -> str:
        """Return the sentence on windows without a document, with the time of those that there are."""
        sides = {side: {side: {"field": self._time, "format": "strict_date_time"}} for side in ("min", "max")}
        answer = self._answer(point, {"query": {"bool": {"filter": self._narrowed()}}, "size": 0, "aggs": sides})
        found = answer.get("aggregations", {})
        first, last = (found.get(side, {}).get("value_as_string") for side in ("min", "max"))
        asked = f"{self.source} has no document with {self._time} from {shown_time(windows.oldest)} to "
        there = f"there are documents from {first} to {last}" if first and last else "there is none with such a time"
        return f"{asked}{shown_time(windows.end)}: {there}. Check index, query, end and fields.time."
