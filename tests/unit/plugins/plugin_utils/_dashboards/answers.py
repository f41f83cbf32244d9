# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A page whose panels are asked by the real promtool, over series that a test makes up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.page import Page
from ansible_collections.vigil.observability.tests.dashboards.expressions import all_panels, expressions
from ansible_collections.vigil.observability.tests.unit.plugins.promtool import answered

__all__ = ["AskedPage", "steady", "unknown"]


@dataclass(frozen=True)
class AskedPage:
    """The JSON model of a page."""

    model: Mapping[str, Any]

    @classmethod
    def of(cls, page: Page) -> AskedPage:
        """Return the page as Grafana reads it."""
        return cls(page.model())

    def panels(self, *kinds: str) -> list[dict[str, Any]]:
        """Return the panels of these kinds, all of them without."""
        return [dict(panel) for panel in all_panels(self.model) if not kinds or panel["type"] in kinds]

    def panel(self, title: str) -> dict[str, Any]:
        """Return the panel of this title."""
        [found] = [panel for panel in self.panels() if panel["title"] == title]
        return found

    def asked(self, title: str, number: int = 0) -> str:
        """Return what the panel asks at this place."""
        return [one.expr for one in expressions(self.model) if one.panel == title][number]

    def tile(self, legend: str) -> str:
        """Return what is asked for the one value of this legend among all panels."""
        [(title, number)] = [
            (panel["title"], number)
            for panel in self.panels("stat")
            for number, target in enumerate(panel["targets"])
            if target["legendFormat"] == legend
        ]
        return self.asked(title, number)

    def reading(self, legend: str) -> dict[str, Any]:
        """Return how the value of this legend is read."""
        [(panel, name)] = [
            (panel, target["refId"])
            for panel in self.panels("stat")
            for target in panel["targets"]
            if target["legendFormat"] == legend
        ]
        overrides = panel["fieldConfig"]["overrides"]
        [found] = [one for one in overrides if one["matcher"] == {"id": "byFrameRefID", "options": name}]
        return {one["id"]: one["value"] for one in found["properties"]}

    def column(self, title: str, head: str) -> str:
        """Return what the table asks for its column of this head."""
        organized = next(one for one in self.panel(title)["transformations"] if one["id"] == "organize")["options"]
        [name] = [name for name, shown in organized["renameByName"].items() if shown == head]
        return self.asked(title, 0 if name == "Value" else ord(name[-1]) - ord("A"))

    def said(self, title: str, head: str) -> dict[str, Any]:
        """Return what is said of a column alone."""
        [found] = [one for one in self.panel(title)["fieldConfig"]["overrides"] if one["matcher"]["options"] == head]
        return {one["id"]: one["value"] for one in found["properties"]}


def steady(name: str, value: float, **labels: str) -> dict[str, str]:
    """Return a series that has the same value all day."""
    text = ",".join(f'{label}="{one}"' for label, one in labels.items())
    return {"series": f"{name}{{{text}}}", "values": f"{value}x1000"}


def unknown(folder: Path, expr: str, reading: Mapping[str, Any], text: str, *series: dict[str, str]) -> None:
    """Check that the expression answers with NaN alone, for which this text is shown."""
    answered(folder, f"({expr}) <= 0 or ({expr}) > 0", {}, *series)
    answered(folder, f"count({expr})", {"{}": 1.0}, *series)
    shown = [one["options"]["result"]["text"] for one in reading["mappings"] if one["options"].get("match") == "nan"]
    assert shown == [text]
