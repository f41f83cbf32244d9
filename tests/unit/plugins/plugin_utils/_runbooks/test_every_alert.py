# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every alert has a shipped runbook, or a reason why it has none; and so has every unit of ours that was stopped."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest
import yaml

from ansible_collections.vigil.observability.plugins.filter.log_alert_rules import log_alert_rules
from ansible_collections.vigil.observability.plugins.plugin_utils._rules.generated import of_all_kinds
from ansible_collections.vigil.observability.plugins.plugin_utils._runbooks.alerts import may_match, parsed
from ansible_collections.vigil.observability.plugins.plugin_utils._services.registry import services
from ansible_collections.vigil.observability.tests.unit.playbooks.expressions import COLLECTION
from ansible_collections.vigil.observability.tests.unit.plugins.plugin_utils._runbooks.test_shipped import (
    RUNBOOKS,
    SHOP,
    alert_names,
)

_LISTED = yaml.safe_load(Path(__file__).with_name("without_runbook.yml").read_text())
WITHOUT = [name for kind in _LISTED for names in kind["alerts"] for name in names.split()]
# Units that no step of a runbook starts after they were stopped in order, which leaves none of them failed.
LEFT_TO_PEOPLE = {
    "elasticsearch": "a node that does not answer may only be slow",
    "incident_response": "the engine never acts on its own host",
    **dict.fromkeys(services()["telemetry"].unit_names, "the sample shop, as every application, is its operators' own"),
}


def every_alert() -> set[str]:
    """Return the names of all alerts.

    Those of applications differ with what these declare, so they are found by their pages too, which each of them has.
    """
    sets = [one["rules"] for one in of_all_kinds([SHOP])]
    sets += [one["rules"] for one in log_alert_rules(yaml.safe_load((COLLECTION / "log_alerts.yml").read_text()))]
    made = {rule["alert"] for one in sets for group in one["groups"] for rule in group["rules"] if "alert" in rule}
    pages = "".join(page.read_text() for page in (COLLECTION / "docs/runbooks").glob("*.md"))
    return made | alert_names() | {*re.findall(r"^## (\w+)$", pages, re.MULTILINE)}


def have_runbooks(alerts: set[str]) -> set[str]:
    """Return those of the alerts that a shipped runbook is for."""
    matchers = [parsed(one["matchers"]) for one in RUNBOOKS.values()]
    return {name for name in alerts if any(may_match(one, "alertname", name) for one in matchers)}


def test_every_alert_has_a_runbook_or_a_reason_why_it_has_none() -> None:
    alerts = every_alert()
    assert sorted(alerts - have_runbooks(alerts) - set(WITHOUT)) == []


def test_a_new_rule_without_either_is_named() -> None:
    alerts = {*every_alert(), "HostUpsideDown"}
    assert sorted(alerts - have_runbooks(alerts) - set(WITHOUT)) == ["HostUpsideDown"]


def test_what_has_no_runbook_is_an_alert_that_is_listed_once_with_a_reason() -> None:
    assert sorted(set(WITHOUT) - every_alert()) == []
    assert sorted(have_runbooks(set(WITHOUT))) == []
    assert [name for name, times in Counter(WITHOUT).items() if times > 1] == []
    assert all(kind["reason"].strip() for kind in _LISTED)


@pytest.mark.parametrize("job", [*(job for one in services().values() for job in one.jobs), "shop", "of_others"])
def test_a_target_of_any_job_that_is_down_has_one_runbook(job: str) -> None:
    matchers = [parsed(one["matchers"]) for one in RUNBOOKS.values()]
    assert sum(may_match(one, "alertname", "TargetDown") and may_match(one, "job", job) for one in matchers) == 1


@pytest.mark.parametrize("unit", [unit for one in services().values() for unit in one.unit_names])
def test_a_unit_of_ours_that_was_stopped_is_started_by_a_runbook_or_left_to_people(unit: str) -> None:
    assert (unit in started()) != (unit in LEFT_TO_PEOPLE)


def started() -> set[str]:
    """Return the units that shipped runbooks restart, by their name or by that of the job."""
    found = set()
    for one in RUNBOOKS.values():
        for named in (step.get("parameters", {}).get("unit") for step in one.get("steps", [])):
            if named == {"label": "job"}:
                found |= {name for name in services() if may_match(parsed(one["matchers"]), "job", name)}
            elif isinstance(named, str):
                found.add(named)
    return found
