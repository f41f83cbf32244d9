# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The result of an analysis as one page of HTML, which loads nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from xml.etree.ElementTree import Element

from ansible_collections.vigil.observability.plugins.plugin_utils._logs.page.plots import (
    error_plot,
    sparkline,
    traffic_plot,
)
from ansible_collections.vigil.observability.plugins.plugin_utils._pages.document import page
from ansible_collections.vigil.observability.plugins.plugin_utils._pages.elements import (
    Content,
    element,
    table,
)

__all__ = ["page_of"]

_PLOTS = 24
_NO_SERVICE = "(no service)"


def page_of(result: Mapping[str, Any]) -> str:
    """Return the page, the same for the same result."""
    return page(f"Logs of {result['source']}", _summary(result), _sections(result))


def _sections(result: Mapping[str, Any]) -> list[tuple[str, list[Element]]]:
    messages, notes = result["messages"], result["notes"]
    found = [
        ("Anomalies", _anomalies(result["anomalies"])),
        (_heading("New messages", messages["new"], messages["new_count"]), _patterns(messages["new"])),
        ("Vanished messages", _patterns(messages["vanished"])),
        ("Messages that became more or fewer", _patterns(messages["changed"])),
        ("Errors", _errors(result)),
        ("Deployments and alerts", _events(result["events"])),
        ("Traffic", _traffic(result)),
    ]
    small = [
        f"{each['service'] or _NO_SERVICE}, {each['type']}: {each['description']}"
        for each in result["baselines_too_small"]
    ]
    listed = [*notes, *small]
    notices = [element("ul", *(element("li", note) for note in listed))] if listed else []
    return [*found, ("What to know of the data", notices)]


def _heading(title: str, shown: Sequence[Any], count: int | None) -> str:
    return f"{title} ({len(shown)} of {count})" if count and count > len(shown) else title


def _summary(result: Mapping[str, Any]) -> Element:
    window, baseline, errors = result["window"], result["baseline"], result["errors"]
    before = "" if errors["before"] is None else f" ({errors['before']} in as many hours before)"
    return element(
        "p",
        f"{window['lines']} lines from {window['start']} to {window['end']}, compared with {baseline['lines']} lines "
        f"since {baseline['start']}. {errors['total']} errors{before}, {len(result['anomalies'])} anomalies, "
        f"new messages: {result['messages']['new_count'] or 0}.",
    )


def _anomalies(anomalies: Sequence[Mapping[str, Any]]) -> list[Element]:
    rows: list[tuple[Content, ...]] = [
        (
            element("span", each["severity"], class_=f"severity {each['severity']}"),
            each["service"] or _NO_SERVICE,
            each["type"].replace("_", " "),
            each["description"],
            each.get("start", ""),
        )
        for each in anomalies
    ]
    return [table(("severity", "service", "what", "why", "since"), rows)] if rows else []


def _patterns(patterns: Sequence[Mapping[str, Any]]) -> list[Element]:
    rows: list[tuple[Content, ...]] = [
        (
            element("span", each["level"], class_=f"level {each['level']}"),
            each["service"] or _NO_SERVICE,
            element("div", element("code", each["pattern"]), *_after(each), _details(each["lines"])),
            each["window"],
            each["baseline"],
            _people(each),
            each["first"] or each["last"],
        )
        for each in patterns
    ]
    head = ("level", "service", "message", "window", "baseline", "affected", "first, or last before")
    return [table(head, rows)] if rows else []


def _after(pattern: Mapping[str, Any]) -> list[Element]:
    return [element("div", "; ".join(pattern["after"]), class_="after")] if pattern["after"] else []


def _details(lines: Sequence[Mapping[str, Any]]) -> Element:
    shown = [
        element("li", f"{line['time']} ", element("code", line["line"]), f" {_ids(line)}".rstrip()) for line in lines
    ]
    return element("details", element("summary", "lines"), element("ul", *shown))


def _ids(line: Mapping[str, Any]) -> str:
    known = {"user": line["user"], "correlation id": line["correlation_id"]}
    return ", ".join(f"{name} {value}" for name, value in known.items() if value)


def _people(found: Mapping[str, Any]) -> str:
    kinds = {"users": found["users"], "requests": found["correlation_ids"]}
    return ", ".join(
        f"{'' if each['exact'] else 'about '}{each['count']} {name}" for name, each in kinds.items() if each["count"]
    )


def _errors(result: Mapping[str, Any]) -> list[Element]:
    errors = result["errors"]
    if not errors["total"]:
        return []
    rows: list[tuple[Content, ...]] = [
        (
            element("div", element("code", each["name"] or "(no name)"), _details(each["lines"])),
            each["count"],
            "" if each["before"] is None else each["before"],
            each["trend"],
            sparkline(each["timeline"]),
            ", ".join(f"{one['service'] or _NO_SERVICE} ({one['count']})" for one in each["services"]),
            _people(each),
        )
        for each in errors["names"]
    ]
    head = ("error", "count", "before", "trend", "by hour", "services", "affected")
    gone = ", ".join(f"{each['name'] or '(no name)'} ({each['before']})" for each in errors["gone"])
    plot = error_plot(errors["hours"], errors["timeline"], result["events"])
    return [plot, table(head, rows), *([element("p", f"No longer there: {gone}.")] if gone else [])]


def _events(events: Sequence[Mapping[str, Any]]) -> list[Element]:
    rows: list[tuple[Content, ...]] = [
        (each["kind"], each["title"], each["service"] or "", each["start"], each["end"] or "") for each in events
    ]
    return [table(("kind", "what", "service", "start", "end"), rows)] if rows else []


def _traffic(result: Mapping[str, Any]) -> list[Element]:
    hours, odd = result["errors"]["hours"], {each["service"] for each in result["anomalies"]}
    size = {service: sum(hour["lines"] for hour in each) for service, each in result["traffic"].items()}
    chosen = sorted(size, key=lambda service: (service not in odd, -size[service], service))[:_PLOTS]
    figures = [
        element(
            "figure",
            element("figcaption", service or _NO_SERVICE),
            traffic_plot(service, hours, result["traffic"][service]),
        )
        for service in chosen
    ]
    rest = len(size) - len(chosen)
    return [
        element("div", *figures, class_="figures"),
        *([element("p", f"{rest} more services are in the JSON result.")] if rest else []),
    ]
