# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Traces of a window, as Jaeger 2.13.0 returned them."""

from __future__ import annotations

import json
import time
from datetime import datetime, timedelta, timezone
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from ansible_collections.vigil.observability.plugins.module_utils._http.session import (
    Api,
    ApiError,
    Endpoint,
    HttpError,
    Session,
)
from ansible_collections.vigil.observability.plugins.module_utils._jaeger.traces import Reading, Slice, services_of
from ansible_collections.vigil.observability.tests.unit.plugins.jaeger import RECORDINGS, Jaeger, jaeger

__all__ = ["jaeger"]

START = datetime(2026, 11, 29, 10, tzinfo=timezone.utc)
HOUR = timedelta(hours=1)


def api_of(server: Jaeger, path: str = "/jaeger") -> Api:
    return Api(Session(Endpoint(server.url + path, retries=0)), "Jaeger")


def starts(reading: Reading, window: Slice) -> list[float]:
    """Return the minutes at which the traces that are read start."""
    first = START.timestamp()
    return sorted((min(span.start for span in spans) / 1e9 - first) / 60 for spans in reading.traces(window))


def test_every_trace_of_a_window_is_read_once(jaeger: Jaeger) -> None:
    api = api_of(jaeger)
    reading = Reading(api, 1000)
    assert services_of(api) == ["cart", "shop"]
    assert starts(reading, Slice("shop", START, START + HOUR)) == pytest.approx(list(range(1, 60, 2)), abs=1e-6)
    assert starts(reading, Slice("cart", START, START + HOUR)) == [], "they are those of shop"
    assert (reading.truncated, reading.failed, reading.unreadable) == ([], [], 0)
    asked = [parse_qs(urlsplit(path).query) for path in jaeger.asked[1:]]
    assert {one["query.raw_traces"][0] for one in asked} == {"true"}
    assert len(asked) == 2 * 20


def test_fewer_traces_are_chosen_over_the_whole_window(jaeger: Jaeger) -> None:
    for limit in (5, 12):
        reading = Reading(api_of(jaeger), limit)
        read = starts(reading, Slice("shop", START, START + HOUR))
        assert (limit / 2 <= len(read) <= limit, reading.truncated) == (True, ["shop"])
        assert max(after - before for before, after in zip([0.0, *read], [*read, 60.0])) <= 2 * 60 / min(limit, 10)


def test_full_slice_is_halved(jaeger: Jaeger) -> None:
    reading = Reading(api_of(jaeger), 28)
    read = starts(reading, Slice("shop", START, START + 4 * HOUR))
    assert 20 <= len(read) <= 28, "all are in the first quarter of the window"


def test_window_without_traces_has_none(jaeger: Jaeger) -> None:
    assert starts(Reading(api_of(jaeger), 10), Slice("shop", START - HOUR, START)) == []


def test_question_that_is_too_heavy_is_halved(jaeger: Jaeger) -> None:
    reading = Reading(api_of(jaeger, "/heavy"), 500)
    read = starts(reading, Slice("shop", START, START + HOUR))
    assert ([round(start) for start in read], reading.failed) == ([*range(1, 60, 2)], [])


def test_question_that_is_not_answered_in_time_is_halved(jaeger: Jaeger, monkeypatch: pytest.MonkeyPatch) -> None:
    recorded = json.loads((RECORDINGS / "test_question_that_is_too_heavy_is_halved.json").read_text(encoding="utf-8"))

    def answer(path: str) -> dict[str, Any]:
        found: dict[str, Any] = recorded[path]
        time.sleep(0.4 if found["status"] == 500 else 0)
        return found

    monkeypatch.setattr(jaeger, "answer", answer)
    endpoint = Endpoint(jaeger.url + "/heavy", retries=0, timeout=0.2)
    reading = Reading(Api(Session(endpoint), "Jaeger"), 500)
    read = starts(reading, Slice("shop", START, START + HOUR))
    assert ([round(start) for start in read], reading.failed) == ([*range(1, 60, 2)], [])


def test_slices_that_cannot_be_read_are_counted(jaeger: Jaeger) -> None:
    reading = Reading(api_of(jaeger, "/heavy"), 500)
    assert starts(reading, Slice("shop", START, START + timedelta(milliseconds=40))) == []
    assert len(reading.failed) == 10
    assert "read traces of shop from 2026-11-29T10:00:00" in reading.failed[0][1]
    assert f"Jaeger at {jaeger.url}/heavy answered 500: " in reading.failed[0][1]


def test_page_of_an_unknown_path_is_refused_with_the_way_out(jaeger: Jaeger) -> None:
    with pytest.raises(HttpError, match="Could not list the services: .*answered 200 with a page.*with its base path"):
        services_of(api_of(jaeger, ""))


def test_refusal_is_not_tried_in_halves(jaeger: Jaeger) -> None:
    with pytest.raises(ApiError, match="Could not read traces of shop from .*: Jaeger at .* answered 418"):
        starts(Reading(api_of(jaeger), 1), Slice("shop", START, START + HOUR))
    assert len(jaeger.asked) == 1
