# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The shipped runbooks: they are valid, only observe, and are for alerts that there are."""

from __future__ import annotations

from typing import Any

import promql_parser
import pytest
import yaml

from ansible_collections.vigil.observability.plugins.filter.correlation_rules import correlation_rules
from ansible_collections.vigil.observability.plugins.filter.predictive_rules import predictive_rules
from ansible_collections.vigil.observability.plugins.plugin_utils._applications.description import applications
from ansible_collections.vigil.observability.plugins.plugin_utils._runbooks.collection import normalised_all
from ansible_collections.vigil.observability.plugins.plugin_utils._runbooks.place import Place
from ansible_collections.vigil.observability.plugins.plugin_utils._runbooks.shipped import shipped_runbooks
from ansible_collections.vigil.observability.plugins.plugin_utils._services.registry import services
from ansible_collections.vigil.observability.tests.unit.playbooks.expressions import COLLECTION

SHOP = {
    "name": "shop",
    "team": "shop",
    "objectives": [{"kind": "availability", "target": 0.999}],
    "hosts": ["web1"],
    "standby_hosts": ["web2"],
    "scale_units": ["shop@2"],
    "failover_command": "promote",
}
# As roles name them.
UNITS = ("shop", "shop@2", *(unit for one in services().values() for unit in one.unit_names))
ACTIONS = {"units": list(UNITS), "run": {"promote": {"argv": ["/usr/local/bin/promote"]}}, "vacuum": "500M"}
RUNBOOKS = {one["name"]: one for one in shipped_runbooks()}


def normalised(levels: dict[str, str]) -> list[dict[str, Any]]:
    """Return the shipped runbooks at these levels, in an inventory that declares everything that they do."""
    hosts = dict.fromkeys(("web1", "web2"), ACTIONS)
    return normalised_all([*RUNBOOKS.values()], Place(hosts=hosts, applications=applications([SHOP])), levels=levels)


def alert_names() -> set[str]:
    """Return the names of all alerts, shipped and generated."""
    files = (COLLECTION / "roles/prometheus/files/rules").glob("*.yml")
    sets = [yaml.safe_load(path.read_text()) for path in files]
    sets += [one["rules"] for one in (*predictive_rules([SHOP]), *correlation_rules([SHOP]))]
    return {rule["alert"] for one in sets for group in one["groups"] for rule in group["rules"] if "alert" in rule}


def test_they_only_observe_in_an_inventory_that_declares_nothing() -> None:
    found = normalised_all([*RUNBOOKS.values()], Place(hosts={"web1": None}))
    assert {one["level"] for one in found if one["steps"]} == {"observe"}
    assert {one["level"] for one in found if one["manual"]} == {"manual"}


@pytest.mark.parametrize("name", [name for name, one in RUNBOOKS.items() if "steps" in one])
def test_each_can_act_by_itself_where_hosts_declare_what_it_does(name: str) -> None:
    level = "full" if "rollback" in RUNBOOKS[name] else "partial"
    assert {one["name"]: one["level"] for one in normalised({name: level})}[name] == level


def test_they_are_for_alerts_that_there_are() -> None:
    known = alert_names()
    named = [
        (one["name"], alert)
        for one in normalised({})
        for matcher in one["matchers"]
        if matcher["label"] == "alertname"
        for alert in matcher["value"].split("|")
    ]
    assert {runbook for runbook, _alert in named} == RUNBOOKS.keys()
    assert [(runbook, alert) for runbook, alert in named if alert not in known] == []


@pytest.mark.parametrize("name", RUNBOOKS)
def test_prometheus_reads_how_it_is_verified_and_no_data_is_no_recovery(name: str) -> None:
    (one,) = [one for one in normalised({}) if one["name"] == name]
    for check in filter(None, (one["verification"], one["precheck"])):
        expression = "".join(part if isinstance(part, str) else '"x"' for part in check["text"])
        promql_parser.parse(expression)
        assert "absent" not in expression
