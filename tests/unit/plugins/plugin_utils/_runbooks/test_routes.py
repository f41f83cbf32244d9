# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where alerts of runbooks go, as the real amtool reads the routes that are made for them."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.vigil.observability.plugins.filter.incident_routes import incident_routes
from ansible_collections.vigil.observability.plugins.plugin_utils._runbooks.collection import normalised_all
from ansible_collections.vigil.observability.plugins.plugin_utils._runbooks.escalations import escalation_paths
from ansible_collections.vigil.observability.plugins.plugin_utils._runbooks.place import Place
from ansible_collections.vigil.observability.tests.runner.jobs import CACHE
from ansible_collections.vigil.observability.tests.unit.playbooks.expressions import COLLECTION
from ansible_collections.vigil.observability.tests.unit.plugins.plugin_utils._runbooks.test_collection import RUNBOOK

ENGINE = (["https://monitor1:9095"], "/authorities.crt")
CONFIG: dict[str, Any] = {
    "route": {
        "receiver": "day",
        "group_by": ["alertname", "team"],
        "group_wait": "30s",
        "group_interval": "5m",
        "repeat_interval": "4h",
        "routes": [
            {"matchers": ['severity="none"'], "receiver": "nobody"},
            {
                "matchers": ['team="shop"'],
                "receiver": "shop",
                "group_by": ["host"],
                "continue": True,
                "routes": [{"matchers": ['severity="critical"'], "receiver": "shop-on-call", "group_wait": "1s"}],
            },
            {"matchers": ['severity="critical"'], "receiver": "on-call", "group_interval": "1h"},
        ],
    },
    "receivers": [{"name": name} for name in ("day", "nobody", "shop", "shop-on-call", "on-call")],
}
LEVELS = {"ShopDown": "full", "ShopSlow": "partial", "ShopLate": "manual", "ShopOld": "observe"}
PLACE = Place(hosts={"web1": {"units": ["shop"]}})
LABELS = [
    {},
    {"severity": "critical"},
    {"severity": "high"},
    {"severity": "critical", "team": "shop"},
    {"severity": "warning", "team": "shop"},
    {"severity": "none"},
]


@pytest.fixture(scope="module")
def amtool() -> str:
    """The path of the newest amtool."""
    command = [str(COLLECTION / ".venv/bin/python"), str(COLLECTION / "tests/servers/assemble.py"), "amtool"]
    return subprocess.check_output(command, text=True, env={**os.environ, "VIGIL_CACHE": str(CACHE)}).strip()


@pytest.fixture
def receivers(amtool: str, tmp_path: Path) -> Callable[..., list[str]]:
    """A function that returns which receivers get an alert with these labels, by a configuration."""

    def found(config: dict[str, Any], **labels: str) -> list[str]:
        path = tmp_path / "alertmanager.yml"
        path.write_text(json.dumps(config))
        words = [f"{name}={value}" for name, value in labels.items()]
        command = [amtool, "config", "routes", "test", f"--config.file={path}", *words]
        return subprocess.check_output(command, text=True).strip().split(",")

    return found


def every_runbook(**keys: Any) -> list[dict[str, Any]]:
    """Return a runbook at each level."""
    described = [
        {**RUNBOOK, "name": name.lower(), "matchers": [f'alertname="{name}"'], "level": level, **keys}
        for name, level in LEVELS.items()
    ]
    return normalised_all(described, PLACE)


def routed(**keys: Any) -> dict[str, Any]:
    """Return the configuration with a runbook at each level."""
    found: dict[str, Any] = incident_routes(CONFIG, *ENGINE, every_runbook(**keys))
    return found


@pytest.mark.parametrize("name", [*LEVELS, "HostDiskFull", "IncidentEscalated"])
@pytest.mark.parametrize("labels", LABELS)
def test_engine_and_the_same_people_as_without_it_get_an_alert(
    receivers: Callable[..., list[str]], name: str, labels: dict[str, str]
) -> None:
    people = receivers(CONFIG, alertname=name, **labels)
    engine = [] if labels.get("severity") == "none" else ["incident_response"]
    assert receivers(routed(), alertname=name, **labels) == [*engine, *people]


ESCALATIONS = escalation_paths(
    [
        {"path": [{"receiver": "on-call"}, {"receiver": "lead", "after": "15m"}], "priorities": ["critical"]},
        {"receiver": "on-call", "teams": ["shop"]},
    ]
)
LED = {**CONFIG, "receivers": [*CONFIG["receivers"], {"name": "lead"}]}


@pytest.mark.parametrize("name", ["IncidentEscalated", "IncidentNeedsApproval"])
@pytest.mark.parametrize("labels", [one for one in LABELS if one != {"severity": "none"}])
def test_what_has_a_path_goes_to_its_receiver_alone_and_the_rest_to_the_users_routes(
    receivers: Callable[..., list[str]], name: str, labels: dict[str, str]
) -> None:
    config = incident_routes(LED, *ENGINE, every_runbook(), ESCALATIONS)
    for receiver in ("on-call", "lead"):
        assert receivers(config, alertname=name, escalation=receiver, **labels) == ["incident_response", receiver]
    as_before = receivers(routed(), alertname=name, **labels)
    assert receivers(config, alertname=name, **labels) == as_before
    assert receivers(config, alertname=name, escalation="unknown", **labels) == as_before
    assert receivers(config, alertname="HostDiskFull", escalation="lead", **labels) == as_before


def test_what_the_engine_posts_waits_for_no_delay_of_a_runbook(receivers: Callable[..., list[str]]) -> None:
    runbook = {**RUNBOOK, "matchers": ['alertname=~"Incident.*"'], "level": "full"}
    config = incident_routes(LED, *ENGINE, normalised_all([runbook], PLACE), ESCALATIONS)
    found = receivers(config, alertname="IncidentEscalated", escalation="lead", severity="warning")
    assert found == ["incident_response", "lead"]
    (_engine, *escalated, _copy, _tree) = config["route"]["routes"]
    assert [one["receiver"] for one in escalated] == ["on-call", "lead"]
    times = {"group_by": ["..."], "group_wait": "0s", "repeat_interval": "1h"}
    assert all(times.items() <= one.items() for one in escalated)


def test_a_receiver_that_a_path_lacks_is_refused_with_those_that_there_are() -> None:
    reason = "entry 1 has the receiver 'lead', which alertmanager_config lacks: add it, or use day, nobody, shop,"
    with pytest.raises(AnsibleFilterError, match=reason):
        incident_routes(CONFIG, *ENGINE, [], ESCALATIONS)


def branches(route: dict[str, Any]) -> list[dict[str, Any]]:
    """Return a route with all below it."""
    return [route, *(below for one in route.get("routes", []) for below in branches(one))]


def test_people_get_it_after_the_delay_and_each_alert_by_itself_wherever_it_is_routed() -> None:
    routes = routed(delay="7m")["route"]["routes"]
    copies = [one for one in routes if one.get("group_wait") == "420s"]
    assert [one["matchers"] for one in copies] == [
        ['severity!="none"', f'alertname="{name}"'] for name in ("ShopDown", "ShopSlow")
    ]
    for copy in copies:
        assert (copy["receiver"], copy["group_by"], copy["group_interval"]) == ("day", ["..."], "30s")
        assert (copy["repeat_interval"], copy.get("continue")) == ("4h", None)
        below = branches(copy)[1:]
        assert len(below) == 4
        assert all({"group_by", "group_wait", "group_interval"}.isdisjoint(one) for one in below)


def test_engine_gets_it_at_once_and_the_users_own_routes_stay_as_they_are() -> None:
    config = routed()
    (engine, *_copies, tree) = config["route"]["routes"]
    assert (engine["receiver"], engine["group_wait"], engine["continue"]) == ("incident_response", "0s", True)
    assert tree == CONFIG["route"]
    assert {**config["route"], "routes": None} == {**CONFIG["route"], "routes": None}
    *kept, receiver = config["receivers"]
    assert kept == CONFIG["receivers"]
    (webhook,) = receiver["webhook_configs"]
    assert (webhook["url"], webhook["send_resolved"]) == ("https://monitor1:9095/api/alerts", True)
    assert webhook["http_config"]["tls_config"] == {"ca_file": "/authorities.crt"}


def test_hostile_text_of_a_matcher_stays_text(receivers: Callable[..., list[str]]) -> None:
    hostile = 'a"b\\c{},|'
    matchers = ['alertname="ShopDown"', f"job={json.dumps(hostile)}"]
    runbook = {**RUNBOOK, "matchers": matchers, "level": "full"}
    config = incident_routes({**CONFIG, "route": {"receiver": "day"}}, *ENGINE, normalised_all([runbook], PLACE))
    config["route"]["routes"][1]["receiver"] = "shop"
    assert receivers(config, alertname="ShopDown", job=json.dumps(hostile)) == ["incident_response", "shop"]
    assert receivers(config, alertname="ShopDown", job="a") == ["incident_response", "day"]


def test_alertmanager_takes_the_configuration(amtool: str, tmp_path: Path) -> None:
    config = incident_routes(LED, *ENGINE, every_runbook(), ESCALATIONS)
    (tmp_path / "alertmanager.yml").write_text(json.dumps(config))
    subprocess.run([amtool, "check-config", tmp_path / "alertmanager.yml"], check=True, capture_output=True)


def test_without_an_engine_nothing_changes() -> None:
    assert incident_routes(CONFIG, [], "/authorities.crt") == CONFIG


def test_a_receiver_of_the_engines_name_is_refused() -> None:
    with pytest.raises(AnsibleFilterError, match="rename yours"):
        incident_routes({**CONFIG, "receivers": [{"name": "incident_response"}]}, *ENGINE)
