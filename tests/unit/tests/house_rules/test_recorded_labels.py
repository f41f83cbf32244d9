"""Series of promtool tests have the labels that real servers show, or are found."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
import yaml

from ansible_collections.vigil.observability.tests.house_rules import recorded_labels
from ansible_collections.vigil.observability.tests.house_rules.tree import Tree

EXPOSED = """\
# HELP lost_total Alerts.
lost_total{alertmanager="http://a,b=\\"c\\"/"} 3
lost_total 0
error{device="sda",reason=""} 1
error{device="sda",reason="gone"} 1 1700000000
own_host{host="web1"} 1
up_bucket{le="+Inf"} NaN
"""
RECORDED = {"prometheus": {"3.13.2": {"lost_total": "alertmanager", "error": "device or device,reason", "up": ""}}}


def test_labels_are_read_as_prometheus_keeps_them() -> None:
    assert recorded_labels.own_labels(EXPOSED) == {
        "lost_total": {"alertmanager", ""},
        "error": {"device", "device,reason"},
        "own_host": {"exported_host"},
        "up_bucket": {"le"},
    }


def test_a_recording_grows_by_what_a_release_shows() -> None:
    found = recorded_labels.own_labels(EXPOSED)
    known = recorded_labels.merged({}, "prometheus", "3.13.2", {"error": {"device,reason"}})
    known = recorded_labels.merged(known, "prometheus", "3.13.2", found)
    assert known["prometheus"]["3.13.2"]["error"] == "device or device,reason"
    assert recorded_labels.sets_of(known["prometheus"]["3.13.2"], "lost_total") == {"", "alertmanager"}
    assert recorded_labels.sets_of(known["prometheus"]["3.13.2"], "other") == set()


@pytest.mark.parametrize(
    ("series", "problem"),
    [
        ('lost_total{job="p",instance="a:1",alertmanager="b"}', ""),
        ('lost_total{job="p",instance="a:1",host="a",prober="c",team="d",alertmanager="b"}', ""),
        ('error{job="p",instance="a:1",device="b"}', ""),
        ('up{job="p",instance="a:1"}', ""),
        (
            'lost_total{job="p",instance="a:1"}',
            "lost_total has the labels ['instance', 'job']; servers show 'alertmanager'",
        ),
        ('up{job="p",instance="a:1",alertmanager="b"}', "up has the labels ['alertmanager', 'instance', 'job']"),
        ('up{job="p"}', "up lacks instance, which every target has"),
        ('sli:total:rate5m{service="a"}', ""),
        ('made_up{job="p",instance="a:1"}', "made_up was recorded of no server"),
    ],
)
def test_a_series_with_labels_that_no_server_shows_is_found(series: str, problem: str) -> None:
    found = "".join(recorded_labels.wrong_series(series, RECORDED))
    assert found.startswith(problem)
    assert bool(found) is bool(problem)


def test_every_series_of_every_test_is_compared(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "--quiet", tmp_path], check=True)
    for name, content in {
        recorded_labels.FILE: json.dumps(RECORDED),
        "tests/rules/a.test.yml": yaml.dump({"tests": [{"input_series": [{"series": 'up{job="p"}', "values": "1"}]}]}),
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(content, encoding="utf-8")
    found = list(recorded_labels.invented(Tree.of(tmp_path)))
    assert found == ["tests/rules/a.test.yml: up lacks instance, which every target has"]
    assert recorded_labels.named(Tree.of(tmp_path)) == {"up"}
