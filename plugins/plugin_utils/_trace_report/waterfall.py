# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One request as a waterfall in inline SVG."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from xml.etree.ElementTree import Element

from ansible_collections.vigil.observability.plugins.plugin_utils._pages.elements import element

__all__ = ["waterfall"]

_WIDTH, _LEFT, _ROW, _INDENT, _LETTER = 960.0, 300.0, 18.0, 8.0, 6.5


def waterfall(spans: Sequence[Mapping[str, Any]]) -> Element:
    """Return the spans of a request, each in a row; what is on the critical path is marked, errors in red."""
    graph = element("svg", viewBox=f"0 0 {_WIDTH:g} {len(spans) * _ROW:g}", class_="waterfall", role="img")
    length = max((span["start_ms"] + span["ms"] for span in spans), default=0) or 1.0
    scale = (_WIDTH - _LEFT) / length
    for row, span in enumerate(spans):
        indent = min(span["depth"] * _INDENT, _LEFT / 2)
        name = span["operation"][: int((_LEFT - indent - _INDENT) / _LETTER)]
        title = element(
            "title",
            f"{span['operation']}: from {span['start_ms']:.2f} ms on, {span['ms']:.2f} ms, "
            f"{span['critical_path_ms']:.2f} ms on the critical path",
        )
        left, width = _LEFT + max(span["start_ms"], 0.0) * scale, max(span["ms"] * scale, 1.0)
        kind = "error" if span["error"] else "line" if span["critical_path_ms"] else "expected"
        box = element("rect", title, x=left, y=row * _ROW + 2, width=width, height=_ROW - 4, class_=kind)
        graph.append(element("g", element("text", name, x=indent, y=row * _ROW + 13), box))
    return graph
