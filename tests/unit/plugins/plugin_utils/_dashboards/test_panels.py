# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What panels of all pages have in common, in Grafana's words."""

from __future__ import annotations

import json
from typing import Any

from grafana_foundation_sdk.cog.encoder import JSONEncoder

from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.panels import Query, stat, timeseries
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.scale import Scale

COUNT = Scale(unit="none")


def written(panel: Any) -> dict[str, Any]:
    """Return the panel as Grafana reads it."""
    made: dict[str, Any] = json.loads(json.dumps(panel.build(), cls=JSONEncoder))
    return made


def test_band_is_shaded_between_its_edges_and_is_no_line_of_the_legend() -> None:
    queries = [Query("a", "level"), Query("b", "low"), Query("c", "high")]
    shown = written(timeseries("Level", "A level.", *queries, scale=COUNT, band=("low", "high")))
    overrides = {one["matcher"]["options"]: one["properties"] for one in shown["fieldConfig"]["overrides"]}
    assert set(overrides) == {"low", "high"}
    low, high = ({one["id"]: one["value"] for one in overrides[name]} for name in ("low", "high"))
    assert high["custom.fillBelowTo"] == "low"
    assert "custom.fillBelowTo" not in low
    assert [edge["custom.hideFrom"]["legend"] for edge in (low, high)] == [True, True]


def test_single_value_has_its_name_where_that_is_asked_for() -> None:
    shown = [
        written(stat("Errors", "Errors.", Query("a", "of 99 %"), scale=COUNT)),
        written(stat("Errors", "Errors.", Query("a", "of 99 %"), scale=COUNT, text="value_and_name")),
    ]
    assert [one["options"]["textMode"] for one in shown] == ["auto", "value_and_name"]
