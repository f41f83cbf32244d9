# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The page of traces: what is lost and refused is counted whole, and services are rows of numbers."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from ansible_collections.vigil.observability.tests.unit.plugins.plugin_utils._dashboards.page_answers import (
    answers,
    page,
    panel,
)

PAGE = page("jaeger", ("prometheus", "jaeger"))
FIRST, SECOND = (f'job="jaeger",instance="{host}:8889",host="{host}"' for host in ("traces1", "traces2"))
UP = {f"up{{{FIRST}}}": "1x90", f"up{{{SECOND}}}": "1x90"}
STORE = 'exporter="jaeger_storage_exporter"'


def test_spans_that_found_no_room_are_counted_from_the_first_on_with_those_that_were_rejected(tmp_path: Path) -> None:
    series = {
        **UP,
        f"otelcol_exporter_enqueue_failed_spans_total{{{FIRST},{STORE}}}": "_x60 100x30",
        f"otelcol_exporter_send_failed_spans_total{{{FIRST},{STORE}}}": "0x60 7x30",
        # They were lost long ago.
        f"otelcol_exporter_send_failed_spans_total{{{SECOND},{STORE}}}": "5x90",
    }
    assert "SUCCESS" in answers(tmp_path, PAGE, "Lost spans", series, {"{}": 107}, at="85m")


@pytest.mark.parametrize(("up", "told"), [("1x90", 0.0), ("0x90", math.nan)])
@pytest.mark.parametrize("title", ["Lost spans", "Refused spans"])
def test_nothing_is_lost_or_refused_as_long_as_a_jaeger_is_reached(
    tmp_path: Path, title: str, up: str, told: float
) -> None:
    assert "SUCCESS" in answers(tmp_path, PAGE, title, {f"up{{{FIRST}}}": up}, {"{}": told})


def test_fullest_queue_is_that_of_one_host(tmp_path: Path) -> None:
    series = {
        f"otelcol_exporter_queue_size{{{FIRST},{STORE}}}": "400x20",
        f"otelcol_exporter_queue_capacity{{{FIRST},{STORE}}}": "500x20",
        f"otelcol_exporter_queue_size{{{SECOND},{STORE}}}": "1x20",
        f"otelcol_exporter_queue_capacity{{{SECOND},{STORE}}}": "500x20",
    }
    assert "SUCCESS" in answers(tmp_path, PAGE, "Fullest queue", series, {"{}": 80})


def test_a_service_is_one_row_of_requests_errors_and_durations(tmp_path: Path) -> None:
    series = {
        'service:spans:rate5m{service="shop"}': "12x20",
        'service:spans:error_ratio5m{service="shop"}': "0.25x20",
        'service:spans:p95_5m{service="shop"}': "1.5x20",
    }
    row = '{service="shop"}'
    assert "SUCCESS" in answers(tmp_path, PAGE, "Traced services", series, {row: 12}, {row: 25}, {row: 1.5})


def test_what_is_stored_is_what_elasticsearch_has_inserted_where_that_is_known(tmp_path: Path) -> None:
    series = {
        f"otelcol_exporter_sent_spans_total{{{FIRST},{STORE}}}": "0+600x20",
        f'jaeger_storage_bulk_index_inserts_total{{{FIRST},kind="elasticsearch"}}': "0+60x20",
        f"otelcol_exporter_sent_spans_total{{{SECOND},{STORE}}}": "0+120x20",
    }
    told = {'{host="traces1"}': 1, '{host="traces2"}': 2}
    assert "SUCCESS" in answers(tmp_path, PAGE, "Stored", series, told)


def test_a_start_within_an_hour_is_a_restart(tmp_path: Path) -> None:
    series = {
        f'otelcol_process_uptime_seconds_total{{{FIRST},exported_instance="a"}}': "60+60x40 _x50",
        f'otelcol_process_uptime_seconds_total{{{FIRST},exported_instance="b"}}': "_x42 60+60x48",
        f'otelcol_process_uptime_seconds_total{{{SECOND},exported_instance="c"}}': "60+60x90",
    }
    told = {'{host="traces1"}': 1, '{host="traces2"}': 0}
    assert "SUCCESS" in answers(tmp_path, PAGE, "Restarts", series, told, at="80m")


def test_durations_lead_to_traces() -> None:
    [target] = panel(PAGE, "Durations")["targets"]
    assert target["exemplar"] is True
