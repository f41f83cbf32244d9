# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A dashboard as rows of panels, laid out and turned into the JSON model that Grafana stores."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.vigil.observability.plugins.module_utils._errors.sentence import OperatorError
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.annotations import Annotation

with contextlib.suppress(ImportError):  # refused by a sentence when a dashboard is asked for
    from grafana_foundation_sdk.builders import dashboard
    from grafana_foundation_sdk.cog.builder import Builder
    from grafana_foundation_sdk.cog.encoder import JSONEncoder
    from grafana_foundation_sdk.models import dashboard as models

__all__ = ["Page", "Row", "spread"]

_WIDTH = 24
_INTERVALS = ["30s", "1m", "5m", "15m", "1h"]


@dataclass(frozen=True)
class Row:
    """A headed row of panels, which fills the page from left to right and top to bottom."""

    title: str
    panels: Iterable[Builder[models.Panel]]


@dataclass(frozen=True, kw_only=True)
class Page:
    """A dashboard. `uid` is what links and later runs know it by; `period` is how far back it looks at first."""

    uid: str
    title: str
    description: str
    tags: tuple[str, ...]
    rows: tuple[Row, ...]
    variables: tuple[Builder[models.VariableModel], ...]
    annotations: tuple[Annotation, ...] = ()
    links: tuple[Builder[models.DashboardLink], ...] = ()
    refresh: str = "1m"
    period: str = "6h"

    def __post_init__(self) -> None:
        """Refuse a refresh that Grafana would not understand. Raises OperatorError."""
        if not re.fullmatch(r"[1-9]\d*[smhd]", self.refresh):
            raise OperatorError(f"refresh {self.refresh!r} must be a time such as 30s, 1m or 1h.")

    def model(self) -> dict[str, Any]:
        """Return the JSON model, without an id and the same for the same page."""
        made = dashboard.Dashboard(self.title).uid(self.uid).description(self.description).tags(list(self.tags))
        made.refresh(self.refresh).time(f"now-{self.period}", "now").timezone("browser").editable()
        made.timepicker(dashboard.TimePicker().refresh_intervals(_INTERVALS))
        made.tooltip(models.DashboardCursorSync.CROSSHAIR)
        made.variables(list(self.variables)).links(list(self.links))
        made.annotations([annotation.query() for annotation in self.annotations])
        self._lay_out(made)
        model: dict[str, Any] = json.loads(json.dumps(made.build(), cls=JSONEncoder))
        for written, annotation in zip(model["annotations"].get("list", []), self.annotations, strict=True):
            written.update(annotation.texts())
        return model

    def _lay_out(self, made: dashboard.Dashboard) -> None:
        """Give every panel its number and its place: each goes as high, then as far left, as it fits."""
        number, top = 0, 0
        for row in self.rows:
            number += 1
            made.with_row(dashboard.Row(row.title).id(number).grid_pos(models.GridPos(x=0, y=top, w=_WIDTH, h=1)))
            heights = [top + 1] * _WIDTH
            for builder in row.panels:
                number += 1
                panel = builder.build()
                panel.id_val = number
                panel.grid_pos = _placed(heights, panel.grid_pos or models.GridPos())
                made.with_panel(builder)
            top = max(heights)


def spread(
    panels: Sequence[Builder[models.Panel]], most: int = 2, *, height: int | None = None
) -> list[Builder[models.Panel]]:
    """Return the panels, so wide that they fill the page in lines of `most`, which divides its width, or fewer.

    With a `height`, all of them get it.
    """
    for start in range(0, len(panels), most):
        line = panels[start : start + most]
        for builder in line:
            place = builder.build().grid_pos or models.GridPos()
            place.w, place.h = _WIDTH // len(line), height or place.h
    return list(panels)


def _placed(heights: list[int], wanted: models.GridPos) -> models.GridPos:
    """Return the place for a panel, and raise the heights of the columns that it covers."""
    width, height = wanted.w, wanted.h
    y, x = min((max(heights[x : x + width]), x) for x in range(_WIDTH - width + 1))
    heights[x : x + width] = [y + height] * width
    return models.GridPos(x=x, y=y, w=width, h=height)
