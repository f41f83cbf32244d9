# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The page of Alertmanager tells by which receiver people were told, and by which not."""

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.vigil.observability.tests.unit.plugins.plugin_utils._dashboards.page_answers import (
    answers,
    page,
)

WHERE = 'job="alertmanager",instance="mon1:9093"'
PAGE = page("alertmanager")
TOTAL, FAILED = (f"alertmanager_notifications_{name}{{{WHERE}" for name in ("total", "failed_total"))


def test_only_what_was_used_is_shown_by_receiver_and_integration(tmp_path: Path) -> None:
    series = {
        f'{TOTAL},integration="webhook",receiver_name="people"}}': "0x10 15x10",
        f'{TOTAL},integration="webhook",receiver_name="spare"}}': "0x20",
        f'{TOTAL},integration="email"}}': "0x20",
    }
    sent = {'{integration="webhook",receiver_name="people"}': 15}
    assert "SUCCESS" in answers(tmp_path, PAGE, "Notifications attempted", series, sent)


def test_receivers_are_told_with_what_failed_and_how_long_it_took(tmp_path: Path) -> None:
    way = 'integration="webhook",receiver_name="people"'
    took = f"alertmanager_notification_latency_seconds_{{}}{{{{{WHERE},{way}}}}}"
    series = {
        f"{TOTAL},{way}}}": "0x10 60x50",
        f'{TOTAL},integration="email",receiver_name="spare"}}': "0x60",
        f'{FAILED},{way},reason="clientError"}}': "0x10 15x50",
        f'{FAILED},integration="email",receiver_name="spare",reason="other"}}': "0x60",
        took.format("sum"): "0x10 30x50",
        took.format("count"): "0x10 60x50",
    }
    told = [{f"{{{way}}}": value} for value in (60.0, 15.0, 25.0, 0.5)]
    assert "SUCCESS" in answers(tmp_path, PAGE, "Receivers", series, *told, at="1h")


def test_member_that_does_not_name_receivers_is_shown_by_integration(tmp_path: Path) -> None:
    series = {f'{TOTAL},integration="webhook"}}': "0x10 15x10"}
    assert "SUCCESS" in answers(tmp_path, PAGE, "Notifications attempted", series, {'{integration="webhook"}': 15})


def test_failures_are_told_by_receiver_and_reason(tmp_path: Path) -> None:
    way = 'integration="webhook",receiver_name="people"'
    series = {f'{FAILED},{way},reason="clientError"}}': "0x10 15x10", f'{FAILED},{way},reason="other"}}': "0x20"}
    failed = {f'{{{way},reason="clientError"}}': 15}
    assert "SUCCESS" in answers(tmp_path, PAGE, "Notifications that failed", series, failed)


def test_nothing_fails_where_no_receiver_tells_anybody(tmp_path: Path) -> None:
    alone = {f"alertmanager_build_info{{{WHERE}}}": "1x20"}
    assert "SUCCESS" in answers(tmp_path, PAGE, "Notifications failed", alone, {"{}": 0})
    assert "SUCCESS" in answers(tmp_path, PAGE, "Notifications failed", {}, {"{}": float("nan")})


@pytest.mark.parametrize(
    ("up", "members", "missing"),
    [
        ({"mon1:9093": "1x20"}, {}, 0),
        ({"mon1:9093": "1x20", "mon2:9093": "1x20"}, {"mon1:9093": "2x20", "mon2:9093": "2x20"}, 0),
        ({"mon1:9093": "1x20", "mon2:9093": "0x20"}, {"mon1:9093": "1x20"}, 1),
        ({"mon1:9093": "0x20"}, {}, float("nan")),
    ],
    ids=["alone", "whole", "one is down", "nobody knows"],
)
def test_members_that_others_do_not_see_are_missing(
    tmp_path: Path, up: dict[str, str], members: dict[str, str], missing: float
) -> None:
    series = {f'up{{job="alertmanager",instance="{name}"}}': values for name, values in up.items()}
    series |= {f'alertmanager_cluster_members{{instance="{name}"}}': values for name, values in members.items()}
    assert "SUCCESS" in answers(tmp_path, PAGE, "Missing in the mesh", series, {"{}": missing})
