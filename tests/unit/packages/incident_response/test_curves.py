# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How the series of a context become curves on the page of an incident."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from ansible_collections.vigil.observability.packages.incident_response.incident_response.journal.moments import moment
from ansible_collections.vigil.observability.packages.incident_response.incident_response.web.console.curves import (
    curves,
)
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.alerts import NOW


def series(*points: tuple[float, float]) -> dict[str, Any]:
    return {"labels": {}, "points": [[moment(NOW + at), value] for at, value in points]}


def paths(*every: dict[str, Any]) -> Sequence[str]:
    found = curves(every, str(moment(NOW)))
    assert found
    return [one.path for one in found.each]


@pytest.mark.parametrize(
    ("points", "path"),
    [
        (((0, 5), (120, 10), (240, 0)), "M2.0 20.0h0L150.0 2.0L298.0 38.0"),
        (((0, -1), (120, 1)), "M2.0 38.0h0L298.0 2.0"),
        (((0, 0), (120, 0)), "M2.0 38.0h0L298.0 38.0"),
        (((0, 3), (120, 3)), "M2.0 2.0h0L298.0 2.0"),
        (((0, 1),), "M2.0 2.0h0"),
    ],
    ids=["it begins at 0", "or below", "nothing but 0", "what does not change", "a point alone is a dot"],
)
def test_a_curve_is_as_high_as_its_values(points: Sequence[tuple[float, float]], path: str) -> None:
    assert paths(series(*points)) == [path]


def test_a_gap_is_not_drawn_over_and_all_curves_have_the_same_times() -> None:
    whole, part = series(*((at, 1) for at in (0, 120, 240, 360))), series((120, 1), (360, 1))
    assert paths(whole, part)[1] == "M100.7 2.0h0M298.0 2.0h0"
    assert paths(whole, series())[1] == ""


@pytest.mark.parametrize(("marked", "where"), [(0, 2), (120, 150), (240, 298), (-1, None), (241, None)])
def test_a_time_is_marked_where_the_curves_have_it(marked: float, where: float | None) -> None:
    found = curves([series((0, 1), (240, 1))], str(moment(NOW + marked)))
    assert found
    assert (found.mark, found.begin, found.end) == (where, moment(NOW), moment(NOW + 240))


def test_series_without_samples_have_no_curves() -> None:
    assert curves([series()], str(moment(NOW))) is None
    assert curves([], str(moment(NOW))) is None
