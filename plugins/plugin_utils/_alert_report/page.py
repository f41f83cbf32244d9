# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A report on alerts as a page of HTML, and as Markdown."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any
from xml.etree.ElementTree import Element

from ansible_collections.vigil.observability.plugins.plugin_utils._alert_report.sections import (
    Link,
    Section,
    sections_of,
)
from ansible_collections.vigil.observability.plugins.plugin_utils._pages.document import page
from ansible_collections.vigil.observability.plugins.plugin_utils._pages.elements import element, shown, table

__all__ = ["html", "markdown"]

_HEIGHT, _WIDTH, _LINE = 120, 40, 16  # of the plot, of one bar and of its label
# What Markdown could take for markup.
_MARKUP = re.compile(r"([\\`*_{}\[\]()<>#+.!|~-])")


def html(analysis: Mapping[str, Any], title: str) -> str:
    """Return the page, the same for the same analysis."""
    window = analysis["window"]
    notes = [element("li", note) for note in analysis["coverage"]["notes"]]
    summary = element("div", element("p", f"{window['start']} to {window['end']}"))
    if notes:
        summary.append(element("ul", *notes))
    return page(title, summary, [(one.heading, _section(one)) for one in sections_of(analysis)])


def markdown(analysis: Mapping[str, Any], title: str) -> str:
    """Return the report as Markdown, in which texts of labels stay texts."""
    window = analysis["window"]
    parts = [f"# {_text(title)}", f"{window['start']} to {window['end']}"]
    parts += ["\n".join(f"- {_text(note)}" for note in notes)] if (notes := analysis["coverage"]["notes"]) else []
    for one in sections_of(analysis):
        parts += [f"## {one.heading}", *_markdown(one)]
    return "\n\n".join(parts) + "\n"


def _section(section: Section) -> list[Element]:
    if not section.rows:
        return []
    rows = [tuple(_linked(cell) if isinstance(cell, Link) else cell for cell in row) for row in section.rows]
    plot = [_plot(section.bars)] if section.bars else []
    rest = [element("p", section.more, class_="none")] if section.more else []
    return [element("p", section.meaning, class_="none"), *plot, table(section.head, rows), *rest]


def _linked(link: Link) -> str | Element:
    return element("a", link.text, href=link.url) if link.url.startswith(("https://", "http://")) else link.text


def _plot(bars: Sequence[int]) -> Element:
    most = max(*bars, 1)
    heights = [_HEIGHT * each / most for each in bars]
    drawn = [
        element("rect", class_="line", x=index * _WIDTH, width=_WIDTH - 2, y=_HEIGHT - height, height=height)
        for index, height in enumerate(heights)
    ]
    drawn += [element("text", hour, x=hour * _WIDTH, y=_HEIGHT + _LINE) for hour in range(0, len(bars), 3)]
    box = f"0 0 {len(bars) * _WIDTH} {_HEIGHT + _LINE + 4}"
    return element("svg", *drawn, viewBox=box, role="img", aria_label="The table as bars")


def _markdown(section: Section) -> list[str]:
    if not section.rows:
        return ["None."]
    rows = [" | ".join(_cell(cell) for cell in row) for row in section.rows]
    lines = [" | ".join(section.head), " | ".join("---" for _title in section.head), *rows]
    return [section.meaning, "\n".join(f"| {line} |" for line in lines), *([section.more] if section.more else [])]


def _cell(cell: str | int | Link) -> str:
    if isinstance(cell, Link):
        return f"[{_text(cell.text)}](<{cell.url}>)"
    return _text(str(cell))


def _text(text: str) -> str:
    return _MARKUP.sub(r"\\\1", shown(text))
