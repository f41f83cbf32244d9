# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What incident_response and the Alertmanagers know of the runbooks of an inventory."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ansible_collections.vigil.observability.tests.unit.playbooks.expressions import evaluated

FILES = ["playbooks/vars/incidents.yml"]
LISTED = (
    "dict(alertmanager_incident_response_runbooks | map(attribute='name') | zip("
    "alertmanager_incident_response_runbooks | map(attribute='level') | zip("
    "alertmanager_incident_response_runbooks | map(attribute='delay')))) | to_json"
)
ACTING = {"incident_response_levels": {"exporter_down": "full"}, "incident_response_delay": "2m"}


DUTY = {"incident_response_escalations": [{"receiver": "duty"}]}


@pytest.mark.parametrize(
    ("engines", "inputs", "found"),
    [
        ({}, {}, []),
        ({"monitor1": {}}, {}, []),
        ({"monitor1": DUTY}, {}, ["duty"]),
        ({"monitor1": {}}, DUTY, ["duty"]),
    ],
)
def test_alertmanager_knows_the_receivers_of_the_paths_that_the_engine_has(
    tmp_path: Path, engines: dict[str, dict[str, Any]], inputs: dict[str, Any], found: list[str]
) -> None:
    groups: dict[str, Any] = {"alertmanager": {"monitor2": {}}, "incident_response": engines}
    named = "alertmanager_incident_response_escalations | map(attribute='path') | flatten | map(attribute='receiver')"
    assert evaluated(tmp_path, f"{named} | list | to_json", FILES, groups, inputs=inputs) == found


@pytest.mark.parametrize(
    ("engines", "inputs", "found"),
    [
        ({}, {}, ["observe", 300]),
        ({"monitor1": ACTING}, {}, ["full", 120]),
        ({"monitor1": {}}, ACTING, ["full", 120]),
        ({"monitor1": ACTING}, {"incident_response_levels": {}}, ["observe", 120]),
    ],
)
def test_alertmanager_knows_the_runbooks_that_the_engine_has(
    tmp_path: Path, engines: dict[str, dict[str, Any]], inputs: dict[str, Any], found: list[Any]
) -> None:
    alertmanagers: dict[str, dict[str, Any]] = {"monitor2": {}}
    web1 = {"runbook_actions": {"units": {"node_exporter": ["restart"]}}}
    groups = {"alertmanager": alertmanagers, "incident_response": engines, "runbook_target": {"web1": web1}}
    assert evaluated(tmp_path, LISTED, FILES, groups, inputs=inputs)["exporter_down"] == found


MEND = """- hosts: "{{ step_hosts }}"
  become: true
  tasks: [{ansible.builtin.command: mend}]
"""
SHELF = {
    "name": "shelf_broken",
    "summary": "A shelf is broken",
    "owner": "sales",
    "level": "partial",
    "matchers": ['alertname="ShelfBroken"'],
    "target": {"host": "web1"},
    "limit": {"cooldown": "30m", "attempts": 3, "within": "1d"},
    "steps": [{"step": "mend"}],
    "verification": {"promql": "up"},
}


def test_every_host_knows_which_runbooks_become_root_and_where(tmp_path: Path) -> None:
    (tmp_path / "mend.yml").write_text(MEND)
    named: dict[str, Any] = {"incident_response_runbooks": [SHELF], "incident_response_root_runbooks": ["shelf_broken"]}
    named["incident_response_playbooks"] = ["{{ inventory_dir }}/mend.yml"]
    agrees = {"runbook_target_root_runbooks": ["shelf_broken"]}
    groups: dict[str, Any] = {"alertmanager": {"monitor2": {}}, "incident_response": {"monitor1": named}}
    groups["runbook_target"] = {"web1": agrees, "web2": {}}
    known = "incident_response_known_runbooks | map(attribute='playbooks', default={}) | select"
    told = f"[{known} | list, incident_response_known_targets] | to_json"
    playbooks, targets = evaluated(tmp_path, told, FILES, groups)
    assert playbooks == [{"mend": {"content": MEND, "root": True}}]
    assert [targets[host].get("root") for host in ("web1", "web2")] == [["shelf_broken"], None]
