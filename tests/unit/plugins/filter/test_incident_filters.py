# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The filters that join Alertmanager and incident_response."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.vigil.observability.plugins.filter.application_dependencies import application_dependencies
from ansible_collections.vigil.observability.plugins.filter.incident_routes import incident_routes

CONFIG: dict[str, Any] = {
    "route": {"receiver": "team", "group_by": ["alertname"], "routes": [{"matchers": ['severity="none"']}]},
    "receivers": [{"name": "team"}],
    "templates": [],
}


def test_what_owns_an_application_and_what_it_needs_is_returned_by_its_name() -> None:
    shop = {"name": "shop", "team": "sales", "depends_on": ["cart"]}
    found = application_dependencies([shop, {"name": "cart", "team": "carts"}])
    assert found == {"shop": {"team": "sales", "depends_on": ["cart"]}, "cart": {"team": "carts", "depends_on": []}}


def test_a_dependency_that_nobody_declares_is_refused() -> None:
    with pytest.raises(AnsibleFilterError, match="depends on 'cart', which is not declared"):
        application_dependencies([{"name": "shop", "team": "sales", "depends_on": ["cart"]}])


def test_the_tree_of_a_user_stays_whole_behind_the_route_of_the_engine() -> None:
    found = incident_routes(CONFIG, ["https://mon1:9095"], "/ca.crt")
    engine, tree = found["route"]["routes"]
    assert (engine["receiver"], engine["continue"]) == ("incident_response", True)
    assert engine["matchers"] == ['severity!="none"']
    assert tree == CONFIG["route"]
    assert found["route"]["receiver"] == "team"
    (webhook,) = found["receivers"][1]["webhook_configs"]
    assert (webhook["url"], webhook["send_resolved"]) == ("https://mon1:9095/api/alerts", True)
    assert webhook["http_config"]["tls_config"] == {"ca_file": "/ca.crt"}
    assert (found["receivers"][0], found["templates"]) == ({"name": "team"}, [])


def test_without_an_engine_nothing_changes() -> None:
    assert incident_routes(CONFIG, [], "/ca.crt") == CONFIG


def test_a_receiver_of_the_same_name_is_refused() -> None:
    with pytest.raises(AnsibleFilterError, match="rename yours"):
        incident_routes({**CONFIG, "receivers": [{"name": "incident_response"}]}, ["https://mon1:9095"], "/ca.crt")
