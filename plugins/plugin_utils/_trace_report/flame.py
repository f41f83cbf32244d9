# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A flame graph as inline SVG: what requests wait for, by call path."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from xml.etree.ElementTree import Element

from ansible_collections.vigil.observability.plugins.plugin_utils._pages.elements import element

__all__ = ["flame_graph"]

_WIDTH, _ROW, _LETTER = 960.0, 20.0, 6.5
_THINNEST = 1.0  # pixels


@dataclass
class _Frame:
    """A call on the critical path: milliseconds of itself, and what it calls."""

    own: float = 0.0
    called: dict[str, _Frame] = field(default_factory=dict)

    @property
    def total(self) -> float:
        return self.own + sum(frame.total for frame in self.called.values())

    @property
    def depth(self) -> int:
        return 1 + max((frame.depth for frame in self.called.values()), default=0)


def flame_graph(paths: Sequence[Mapping[str, Any]]) -> Element:
    """Return the graph of [{path, ms}], the callers above, as wide as the time that a mean request waits for each."""
    root = _Frame()
    for one in paths:
        frame = root
        for name in one["path"]:
            frame = frame.called.setdefault(name, _Frame())
        frame.own += one["ms"]
    height = (root.depth - 1) * _ROW
    graph = element("svg", viewBox=f"0 0 {_WIDTH:g} {height:g}", class_="flames", role="img")
    if root.total > 0:
        _draw(graph, root, 0.0, -_ROW, _WIDTH / root.total)
    return graph


def _draw(graph: Element, frame: _Frame, left: float, top: float, scale: float) -> None:
    for name, called in sorted(frame.called.items()):
        width = called.total * scale
        if width >= _THINNEST:
            title = element("title", f"{name}: {called.total:.2f} ms, itself {called.own:.2f} ms")
            box = element("rect", title, x=left, y=top + _ROW, width=width - 0.5, height=_ROW - 1, class_="expected")
            label = element("text", name[: max(0, int((width - 4) / _LETTER))], x=left + 3, y=top + _ROW + 14)
            graph.append(element("g", box, label))
            _draw(graph, called, left, top + _ROW, scale)
        left += width
