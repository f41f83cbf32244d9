# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What Grafana is given, by what the inventory has."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ansible_collections.vigil.observability.tests.unit.playbooks.expressions import evaluated

FILES = ["playbooks/vars/provision_grafana.yml"]
TARGETS = [{"host": name, "address": f"{name}:16686"} for name in ("traces1", "traces2")]


@pytest.mark.parametrize(
    ("first", "second", "asked"),
    [
        ({}, {}, ["https://traces1:16686"]),
        ({"jaeger_components": ["collector"]}, {"jaeger_components": ["query"]}, ["https://traces2:16686"]),
        ({"jaeger_query_access": "certificate"}, {"jaeger_query_access": "password"}, ["https://traces2:16686"]),
        ({"jaeger_components": ["collector"]}, {"jaeger_query_access": "certificate"}, []),
    ],
)
def test_grafana_asks_a_jaeger_that_answers_questions_and_takes_its_password(
    tmp_path: Path, first: dict[str, Any], second: dict[str, Any], asked: list[str]
) -> None:
    inputs = {"metrics_targets": {"jaeger": TARGETS}, "jaeger_passwords": {"grafana": "a-password"}}
    grafanas: dict[str, dict[str, Any]] = {"monitor1": {}}
    groups = {"grafana": grafanas, "jaeger": {"traces1": first, "traces2": second}}
    sources = evaluated(tmp_path, "provision_datasources | to_json", FILES, groups, inputs=inputs)
    assert [one["url"] for one in sources] == asked
    assert {one["secureJsonData"]["basicAuthPassword"] for one in sources} <= {"a-password"}


def test_an_inventory_without_jaeger_gives_grafana_none(tmp_path: Path) -> None:
    inputs = {"metrics_targets": {"prometheus": [{"host": "monitor1", "address": "monitor1:9090"}]}}
    sources = evaluated(
        tmp_path, "provision_datasources | to_json", FILES, {"grafana": {"monitor1": {}}}, inputs=inputs
    )
    assert [one["type"] for one in sources] == ["prometheus"]
