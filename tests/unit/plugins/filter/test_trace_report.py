# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The page of an analysis of traces."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

from ansible_collections.vigil.observability.plugins.filter.trace_report import trace_report
from ansible_collections.vigil.observability.plugins.module_utils._jaeger.notes import notes_of
from ansible_collections.vigil.observability.plugins.module_utils._jaeger.span_metrics import with_metrics
from ansible_collections.vigil.observability.plugins.module_utils._traces.analysis import Analysis
from ansible_collections.vigil.observability.plugins.module_utils._traces.comparison import compared
from ansible_collections.vigil.observability.plugins.module_utils._traces.spans import Span

MS = 1_000_000
HOSTILE = "</title><script>alert('x')</script>&\u202e\x00"


def analysis_of(services: tuple[str, ...], *, requests: int = 12, called: int = 6) -> dict[str, Any]:
    """Return the analysis of requests in which the first service calls the next one, and so on."""
    window, earlier = Analysis(), Analysis()
    for number in range(requests):
        trace = f"{number:032x}"
        spans = [
            Span(trace, str(place), str(place - 1) if place else "", name, name, "server", 0, MS * 100, True, {})
            for place, name in enumerate(services)
        ]
        for loop in range(called if services else 0):
            start = (loop + 1) * 10 * MS
            attributes = {"statement": f"SELECT {loop}"}
            spans.append(
                Span(trace, f"s{loop}", "0", services[0], "SELECT", "client", start, start + 9 * MS, False, attributes)
            )
        window.add(spans)
        earlier.add(spans[: len(services)])
    found = {**window.described(), "changes": compared(earlier.call_paths, window.call_paths)}
    found["services"] = with_metrics(found["services"], {})
    more = {"failed": [], "truncated": [], "without_traces": [], "requests_before": requests}
    found["coverage"] = {**found["coverage"], **more}
    found["coverage"]["notes"] = notes_of(found)
    return found


def page_of(analysis: dict[str, Any], title: str = "Traces") -> str:
    return trace_report(analysis, title)


class Page(HTMLParser):
    """The tags of a page with their attributes, and its rows of tables."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.rows: list[list[str]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_data(self, data: str) -> None:
        if self.rows and self.rows[-1]:
            self.rows[-1][-1] += data


def test_page_shows_what_to_fix_and_what_changed() -> None:
    page = Page(page_of(analysis_of(("shop", "cart"))))
    found = {row[0]: row for row in page.rows}
    assert found["n plus one"][1].startswith("shop.SELECT: SELECT ? runs 6 times in one request")
    assert found["n plus one"][2:5] == ["45.0 ms", "100.0 %", "high"]
    assert found["failure"][2] == "", "nobody knows what it gains"
    assert found["new"][1:5] == ["shop.shop > shop.SELECT", "", "54.0 ms", "0.0 %"]
    assert [row[1:3] for row in page.rows if row[0] == "shop" and len(row) == 10] == [["12", "100.0 %"]] * 2
    assert "Fewer than 20 requests: shares and quantiles of cart, shop mean little." in page_of(
        analysis_of(("shop", "cart"))
    )


def test_rows_that_are_left_out_are_counted() -> None:
    text = page_of(analysis_of(tuple(f"service{number}" for number in range(60))))
    assert len([row for row in Page(text).rows if len(row) == 9 and row[0].startswith("service")]) == 50
    assert "11 more are in the result." in text


def test_graphs_are_those_of_the_slowest_entries() -> None:
    analysis = analysis_of(("shop",))
    (entry,) = analysis["critical_paths"]
    analysis["critical_paths"] = [
        {**entry, "entry": f"entry{number}", "paths": [{"path": ["a"], "ms": number}]} for number in range(25)
    ]
    text = page_of(analysis)
    assert ["What entry24 waits for" in text, "What entry4 waits for" in text] == [True, False]
    assert "5 faster ones are in the result." in text


def test_names_of_applications_stay_texts() -> None:
    text = page_of(analysis_of((HOSTILE, "cart")), HOSTILE)
    page = Page(text)
    assert {tag for tag, _attributes in page.tags} & {"script", "link", "img", "iframe"} == set()
    assert "\x00" not in text
    assert "\u202e" not in text
    assert text.count("<title>") == 1 + text.count("<rect")


def test_page_loads_nothing_and_links_only_to_pages() -> None:
    analysis = analysis_of(("shop",))
    for number, one in enumerate(analysis["findings"][0]["evidence"]):
        one["url"] = ("javascript:alert(1)", "https://monitor1:16686/trace/1", "")[number]
    page = Page(page_of(analysis))
    assert [attributes["href"] for tag, attributes in page.tags if tag == "a"] == ["https://monitor1:16686/trace/1"]
    policies = [attributes["content"] for tag, attributes in page.tags if "http-equiv" in attributes]
    assert policies == ["default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"]
    assert not [attributes for _tag, attributes in page.tags if "src" in attributes]


def test_boxes_of_the_graphs_stay_inside_of_them() -> None:
    page = Page(page_of(analysis_of(("shop", "cart"))))
    boxes = [attributes for tag, attributes in page.tags if tag == "rect"]
    assert len(boxes) == 2 + 8, "calls in the flame graph, and spans in the waterfall"
    for box in boxes:
        assert 0 <= float(box["x"] or "") <= float(box["x"] or "") + float(box["width"] or "") <= 960.1


def test_page_of_nothing_shows_that() -> None:
    text = page_of(analysis_of((), requests=0))
    assert "There is no trace in this window, so nothing can be concluded." in text
    assert len(re.findall('<p class="none">None.</p>', text)) == 5
