# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from ansible_collections.vigil.observability.plugins.module_utils._api.durations import duration, instant, rfc3339
from ansible_collections.vigil.observability.plugins.module_utils._api.plan import PlanError

NOW = datetime(2026, 11, 24, 12, tzinfo=timezone.utc)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90s", 90), ("15m", 900), ("1h30m", 5400), ("2w", 1209600), ("250ms", 0.25), ("1y", 31536000)],
)
def test_a_duration_is_read_as_prometheus_writes_it(text: str, seconds: float) -> None:
    assert duration(text, "step") == timedelta(seconds=seconds)


@pytest.mark.parametrize("text", ["", "15", "m", "15 m", "-5m", "5m!", "30m1h"])
def test_what_is_no_duration_is_refused_by_the_name_of_its_option(text: str) -> None:
    with pytest.raises(PlanError, match="step '.*' must be a duration such as"):
        duration(text, "step")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("now", "2026-11-24T12:00:00.000Z"),
        ("now-1h30m", "2026-11-24T10:30:00.000Z"),
        ("now+1d", "2026-11-25T12:00:00.000Z"),
        ("1795519704.5", "2026-11-24T11:28:24.500Z"),
        ("2026-01-31T08:00:00+01:00", "2026-01-31T07:00:00.000Z"),
        ("2026-01-31 07:00:00.123456789z", "2026-01-31T07:00:00.123Z"),
    ],
)
def test_an_instant_is_the_same_however_it_is_written(text: str, shown: str) -> None:
    assert rfc3339(instant(text, "start", now=NOW)) == shown


@pytest.mark.parametrize("text", ["yesterday", "2026-01-31", "2026-01-31T08:00:00", "now - 1h"])
def test_an_instant_without_its_zone_is_refused(text: str) -> None:
    with pytest.raises(PlanError, match="must be"):
        instant(text, "start", now=NOW)


def test_a_day_that_is_none_is_refused() -> None:
    with pytest.raises(PlanError, match="start '2026-02-31T08:00:00Z' is not a valid time: "):
        instant("2026-02-31T08:00:00Z", "start", now=NOW)
