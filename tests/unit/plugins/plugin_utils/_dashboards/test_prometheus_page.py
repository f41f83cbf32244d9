# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The page of Prometheus tells the truth, whatever its release calls things."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from ansible_collections.vigil.observability.tests.unit.plugins.plugin_utils._dashboards.page_answers import (
    answers,
    page,
    panel,
)

RULES = Path(__file__).parents[5] / "roles/prometheus/files/rules/prometheus.yml"
WHERE = 'job="prometheus",instance="mon1:9090"'
PAGE = page("prometheus")
DROPPED = f"prometheus_notifications_dropped_total{{{WHERE}"
SENT, ERRORS = (f"prometheus_notifications_{name}_total{{{WHERE}" for name in ("sent", "errors"))
ONE, OTHER = (f',alertmanager="https://mon{number}:9093/api/v2/alerts"}}' for number in "12")


@pytest.mark.parametrize(
    ("dropped", "lost"),
    [
        ({"}": "0x10 15x10"}, 15),
        ({ONE: "0x10 15x10", OTHER: "0x20"}, 0),
        ({ONE: "0x10 15x10", OTHER: "0x10 30x10"}, 15),
        ({}, float("nan")),
    ],
    ids=["counted together", "one took every one", "none took them", "nobody knows"],
)
def test_alerts_are_lost_only_where_no_alertmanager_took_them(
    tmp_path: Path, dropped: dict[str, str], lost: float
) -> None:
    series = {f"{DROPPED}{labels}": values for labels, values in dropped.items()}
    assert "SUCCESS" in answers(tmp_path, PAGE, "Alerts lost", series, {"{}": lost})


def test_alerts_lost_on_the_page_are_those_of_the_alert() -> None:
    [rule] = [
        rule
        for group in yaml.safe_load(RULES.read_text(encoding="utf-8"))["groups"]
        for rule in group["rules"]
        if rule["alert"] == "PrometheusNotificationsLost"
    ]
    same = "min without (alertmanager) (increase(prometheus_notifications_dropped_total"
    assert rule["expr"].startswith(same)
    assert same in panel(PAGE, "Alerts lost")["targets"][0]["expr"]


@pytest.mark.parametrize(
    ("dropped", "sent"),
    [({"}": "0x20"}, "0+120x20"), ({ONE: "0x20"}, "0+60x20")],
    ids=["release that counts attempts", "release that counts what arrived"],
)
def test_alerts_that_an_alertmanager_took_are_counted_alike(tmp_path: Path, dropped: dict[str, str], sent: str) -> None:
    series = {f"{DROPPED}{labels}": values for labels, values in dropped.items()}
    series |= {f"{SENT}{ONE}": sent, f"{ERRORS}{ONE}": "0+60x20"}
    to = '{to="mon1:9093"}'
    assert "SUCCESS" in answers(tmp_path, PAGE, "Alerts by Alertmanager", series, {to: 1}, {to: 1}, {"{}": 0})


@pytest.mark.parametrize(("label", "to"), [("}", "all"), (ONE, "mon1:9093")])
def test_queue_is_a_share_of_its_capacity_on_all_releases(tmp_path: Path, label: str, to: str) -> None:
    series = {
        f"prometheus_notifications_queue_length{{{WHERE}{label}": "50x20",
        f"prometheus_notifications_queue_capacity{{{WHERE}}}": "100x20",
    }
    full = {f'{{instance="mon1:9090",to="{to}"}}': 50}
    assert "SUCCESS" in answers(tmp_path, PAGE, "Notification queue", series, full)


def test_slow_rule_groups_are_told_by_name_and_file(tmp_path: Path) -> None:
    group = f'{{{WHERE},rule_group="/etc/prometheus/rules/hosts.yml;hosts"}}'
    series = {
        f"prometheus_rule_group_last_duration_seconds{group}": "15x20",
        f"prometheus_rule_group_interval_seconds{group}": "30x20",
    }
    share = {'{group="hosts",file="hosts.yml",rule_group="/etc/prometheus/rules/hosts.yml;hosts"}': 50}
    assert "SUCCESS" in answers(tmp_path, PAGE, "Slowest rule groups", series, share)
    assert panel(PAGE, "Slowest rule groups")["targets"][0]["legendFormat"] == "{{group}} ({{file}})"


def test_remote_storage_that_never_took_anything_is_behind_since_the_start(tmp_path: Path) -> None:
    remote = "prometheus_remote_storage"
    series = {
        f"{remote}_highest_timestamp_in_seconds{{{WHERE}}}": "1200x20",
        f'{remote}_queue_highest_sent_timestamp_seconds{{{WHERE},remote_name="away"}}': "0x20",
        f'{remote}_queue_highest_sent_timestamp_seconds{{{WHERE},remote_name="near"}}': "1190x20",
        f"process_start_time_seconds{{{WHERE}}}": "200x20",
    }
    behind = {f'{{instance="mon1:9090",remote_name="{name}"}}': value for name, value in (("away", 1000), ("near", 10))}
    assert "SUCCESS" in answers(tmp_path, PAGE, "Behind", series, behind)
    assert "SUCCESS" in answers(tmp_path, PAGE, "Remote write behind", series, {"{}": 1000})


def test_prometheus_without_remote_write_or_limit_says_so() -> None:
    titles = ("Behind", "Not accepted", "Shards", "Remote write behind", "Share of the size limit", "Storage full")
    told = [panel(PAGE, title)["fieldConfig"]["defaults"]["noValue"] for title in titles]
    assert told == ["no remote write"] * 4 + ["no size limit", "no limit"]


def test_storage_is_a_share_of_its_limit_where_there_is_one(tmp_path: Path) -> None:
    tsdb = "prometheus_tsdb"
    series = {
        f"{tsdb}_storage_blocks_bytes{{{WHERE}}}": "30x20",
        f"{tsdb}_wal_storage_size_bytes{{{WHERE}}}": "15x20",
        f"{tsdb}_head_chunks_storage_size_bytes{{{WHERE}}}": "5x20",
        f"{tsdb}_retention_limit_bytes{{{WHERE}}}": "100x20",
    }
    assert "SUCCESS" in answers(tmp_path, PAGE, "Storage full", series, {"{}": 50})
    series |= {f"{tsdb}_retention_limit_bytes{{{WHERE}}}": "0x20"}
    assert "SUCCESS" in answers(tmp_path, PAGE, "Storage full", series, {})


def test_count_that_is_not_known_reads_so() -> None:
    [unknown] = panel(PAGE, "Rule failures")["fieldConfig"]["defaults"]["mappings"]
    assert (unknown["type"], unknown["options"]["match"]) == ("special", "nan")
    assert unknown["options"]["result"]["text"] == "unknown"


@pytest.mark.parametrize(("title", "color"), [("Rule failures", "red"), ("Missed rule evaluations", "orange")])
def test_numbers_have_the_colour_of_the_alert_on_them(title: str, color: str) -> None:
    steps = panel(PAGE, title)["fieldConfig"]["defaults"]["thresholds"]["steps"]
    assert [(step.get("value"), step["color"]) for step in steps] == [(None, "transparent"), (1, color)]
