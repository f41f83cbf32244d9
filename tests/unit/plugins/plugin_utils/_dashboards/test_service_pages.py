# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What every page of a service begins with: which instances there are, and which are not reached."""

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.vigil.observability.tests.unit.plugins.plugin_utils._dashboards.page_answers import (
    answers,
    overrides,
    page,
    panel,
)

SERVICES = ["prometheus", "alertmanager", "grafana"]
FIRST, SECOND = (f'job="prometheus",instance="{host}:9090",host="{host}"' for host in ("mon1", "mon2"))


def test_instance_that_is_down_is_unreachable_by_its_name(tmp_path: Path) -> None:
    up = {f"up{{{FIRST}}}": "1x20", f"up{{{SECOND}}}": "1x10 0x10"}
    unreachable = {'{instance="mon2:9090",host="mon2"}': 1}
    assert "SUCCESS" in answers(tmp_path, page("prometheus"), "Unreachable", up, unreachable)


@pytest.mark.parametrize("service", SERVICES)
def test_nothing_that_is_unreachable_is_calm_and_something_is_red(service: str) -> None:
    defaults = panel(page(service), "Unreachable")["fieldConfig"]["defaults"]
    assert defaults["noValue"] == "none"
    assert [step["color"] for step in defaults["thresholds"]["steps"]] == ["transparent", "red"]


@pytest.mark.parametrize("service", SERVICES)
def test_instance_that_is_down_can_still_be_chosen(service: str) -> None:
    chosen = {one["name"]: one["query"] for one in page(service)["templating"]["list"]}
    assert chosen["instance"] == f'label_values(up{{job="{service}"}}, instance)'


def test_versions_are_told_with_where_they_run(tmp_path: Path) -> None:
    series = {
        f"up{{{FIRST}}}": "1x20",
        f"up{{{SECOND}}}": "0x20",
        f'prometheus_build_info{{{FIRST},version="3.13.2"}}': "1x20",
        f"process_start_time_seconds{{{FIRST}}}": "600x20",
        'vigil_certificate_not_after_timestamp_seconds{service="prometheus",host="mon1"}': "87600x20",
    }
    first, second = ('{instance="mon1:9090",host="mon1"}', '{instance="mon2:9090",host="mon2"}')
    told = (
        {first: 1, second: 0},
        {'{instance="mon1:9090",host="mon1",version="3.13.2"}': 1},
        {first: 600},
        {first: 86400},
    )
    assert "SUCCESS" in answers(tmp_path, page("prometheus"), "Instances", series, *told)


def test_certificate_that_nobody_looks_at_is_not_red() -> None:
    shown = overrides(panel(page("prometheus"), "Instances"), "certificate expires in")
    assert shown["thresholds"]["steps"][0]["color"] == "red"
    [nothing] = shown["mappings"]
    assert nothing["options"] == {"match": "null", "result": {"color": "transparent", "index": 0}}


def test_instances_lead_to_the_page_of_their_host() -> None:
    link = overrides(panel(page("prometheus"), "Instances"), "instance")["links"][0]
    assert link["url"].endswith("&var-host=${__data.fields.host}")
    assert link["url"].startswith("/d/vigil-hosts?")
    alone = panel(page("prometheus", ("prometheus",)), "Instances")
    assert "links" not in overrides(alone, "instance")
