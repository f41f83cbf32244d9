# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The analysis of traces as one page of HTML."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from xml.etree.ElementTree import Element

from ansible_collections.vigil.observability.plugins.plugin_utils._pages.document import page
from ansible_collections.vigil.observability.plugins.plugin_utils._pages.elements import Content, element, table
from ansible_collections.vigil.observability.plugins.plugin_utils._trace_report.flame import flame_graph
from ansible_collections.vigil.observability.plugins.plugin_utils._trace_report.waterfall import waterfall

__all__ = ["report"]

_DRAWN = 20  # entries with graphs, the slowest first
_SHOWN = 50  # rows of a table; the rest is in the JSON result


def report(analysis: Mapping[str, Any], title: str) -> str:
    """Return the page, the same for the same analysis."""
    return page(title, _coverage(analysis["coverage"]), _sections(analysis))


def _sections(analysis: Mapping[str, Any]) -> list[tuple[str, list[Element]]]:
    found = [
        ("What to fix", _findings(analysis["findings"])),
        ("What differs from the earlier window", _changes(analysis["changes"])),
        ("Operations by what a fix gains", _operations(analysis["operations"])),
        ("Services", _services(analysis["services"])),
    ]
    slowest_first = sorted(analysis["critical_paths"], key=lambda entry: -sum(path["ms"] for path in entry["paths"]))
    for entry in slowest_first[:_DRAWN]:
        graph = [flame_graph(entry["paths"]), element("h3", "Slowest request: ", _trace(entry["slowest"]))]
        found.append((f"What {entry['entry']} waits for", [*graph, waterfall(entry["slowest"]["spans"])]))
    if (more := len(slowest_first) - _DRAWN) > 0:
        found.append(("Other entries", [element("p", f"{more} faster ones are in the result.", class_="none")]))
    return [*found, ("Which service calls which", _dependencies(analysis["dependencies"]))]


def _coverage(coverage: Mapping[str, Any]) -> Element:
    numbers = (
        f"{coverage['traces']} traces, {coverage['spans']} spans; {coverage['duplicates']} stored twice, "
        f"{coverage['orphans']} without their parent, {coverage['unreadable_spans']} not readable. The order of calls "
        f"is uncertain in {_percent(coverage['uncertain_order'])} of the time."
    )
    notes = [element("li", note) for note in coverage["notes"]]
    return element("div", element("p", numbers), *([element("ul", *notes)] if notes else []))


def _findings(findings: Sequence[Mapping[str, Any]]) -> list[Element]:
    rows: list[tuple[Content, ...]] = [
        (
            finding["kind"].replace("_", " "),
            element("div", finding["sentence"], element("div", finding.get("entry", ""), class_="after")),
            _ms(finding["gain_ms"]) if finding.get("gain_ms") else "",
            _percent(finding["share"]) if "share" in finding else "",
            finding["confidence"],
            _evidence(finding["evidence"]),
        )
        for finding in findings
    ]
    head = ("what", "where, and what to do", "gain per request", "of the requests", "confidence", "traces")
    return _table(head, rows)


def _evidence(evidence: Sequence[Mapping[str, Any]]) -> Element:
    return element("div", *(element("div", _trace(one)) for one in evidence))


def _trace(one: Mapping[str, Any]) -> Element:
    trace, url = element("code", one["trace"]), one.get("url", "")
    return element("a", trace, href=url) if url.startswith(("https://", "http://")) else trace


def _changes(changes: Sequence[Mapping[str, Any]]) -> list[Element]:
    rows: list[tuple[Content, ...]] = [
        (
            change["change"].replace("_", " "),
            element("code", " > ".join(change["path"])),
            *(_ms(change[f"{side}_ms"]) if change[f"share_{side}"] else "" for side in ("before", "after")),
            *(_percent(change[f"share_{side}"]) for side in ("before", "after")),
            f"{change['p']:.2g}",
        )
        for change in changes
    ]
    head = ("what", "calls", "median before", "median now", "of requests before", "now", "p")
    return _table(head, rows)


def _operations(operations: Sequence[Mapping[str, Any]]) -> list[Element]:
    rows: list[tuple[Content, ...]] = [
        (
            element("span", operation["operation"], class_=operation["severity"] or "other"),
            operation["occurrences"],
            *(_ms(operation[name]) for name in ("drag_ms", "critical_path_ms", "self_ms", "mean_ms", "p95_ms")),
            _percent(operation["error_rate"]),
            operation["confidence"],
        )
        for operation in operations
    ]
    head = ("operation", "calls", "gain if it cost nothing", "on the critical path", "itself", "mean", "95 %", "errors")
    return _table((*head, "confidence"), rows)


def _services(services: Sequence[Mapping[str, Any]]) -> list[Element]:
    rows: list[tuple[Content, ...]] = []
    for service in services:
        rows.append((element("strong", service["service"]), *_figures(service)))
        rows += [(entry["operation"], *_figures(entry)) for entry in service["entries"]]
    head = ("service, entry", "requests", "errors", "50 %", "95 %", "99 %", "mean", "least", "most", "source")
    return _table(head, rows)


def _figures(figures: Mapping[str, Any]) -> tuple[Content, ...]:
    names = ("p50_ms", "p95_ms", "p99_ms", "mean_ms", "least_ms", "most_ms")
    shown = (_ms(figures[name]) for name in names)
    return (figures["requests"], _percent(figures["error_rate"]), *shown, figures["source"])


def _dependencies(dependencies: Sequence[Mapping[str, Any]]) -> list[Element]:
    rows: list[tuple[Content, ...]] = [
        (one["caller"], one["called"], one["calls"], one["errors"], _ms(one["p95_ms"])) for one in dependencies
    ]
    return _table(("caller", "called", "calls", "errors", "95 %"), rows)


def _table(head: tuple[str, ...], rows: list[tuple[Content, ...]]) -> list[Element]:
    more = len(rows) - _SHOWN
    rest = [element("p", f"{more} more are in the result.", class_="none")] if more > 0 else []
    return [table(head, rows[:_SHOWN]), *rest] if rows else []


def _ms(milliseconds: float) -> str:
    return f"{milliseconds / 1000:.2f} s" if milliseconds >= 1000 else f"{milliseconds:.1f} ms"  # noqa: PLR2004


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"
