# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runbooks of an inventory: what is refused, in a sentence, and what the engine reads of the others."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from ansible_collections.vigil.observability.plugins.filter.runbooks import runbooks
from ansible_collections.vigil.observability.plugins.plugin_utils._applications.description import applications
from ansible_collections.vigil.observability.plugins.plugin_utils._runbooks.collection import (
    faults_of_all,
    normalised_all,
)
from ansible_collections.vigil.observability.plugins.plugin_utils._runbooks.place import Place

RUNBOOK: dict[str, Any] = {
    "name": "shop_down",
    "summary": "The shop does not answer",
    "owner": "shop",
    "level": "full",
    "matchers": ['alertname="ShopDown"', 'host=~"web.*"'],
    "target": {"label": "host"},
    "idempotent": True,
    "limit": {"cooldown": "30m", "attempts": 3, "within": "1d"},
    "steps": [{"step": "restart_service", "parameters": {"unit": "shop"}}],
    "verification": {"promql": "up{job=$job}"},
    "rollback": {"nothing": "a restart leaves nothing behind"},
}
HOSTS = {"web1": {"units": ["shop"]}, "web2": {"units": {"shop": ["start"]}}, "monitor1": None}


def place(**changed: Any) -> Place:
    """Return an inventory of two hosts and the engine's own."""
    known = [{"name": "shop", "team": "shop", "hosts": ["web1", "web2"]}]
    options = {"hosts": HOSTS, "groups": ["web"], "engines": ["monitor1"], "applications": applications(known)}
    return Place(**{**options, **changed})


def faults(*described: Any, **options: Any) -> list[str]:
    """Return what is wrong with runbooks in that inventory."""
    return list(faults_of_all(described, place(), **options))


def changed(**keys: Any) -> dict[str, Any]:
    """Return the runbook with other values; those that are None are left out."""
    return {key: value for key, value in {**RUNBOOK, **keys}.items() if value is not None}


def test_runbook_is_completed_for_the_engine() -> None:
    (found,) = normalised_all([RUNBOOK], place())
    assert json.loads(json.dumps(found)) == {
        "name": "shop_down",
        "summary": "The shop does not answer",
        "owner": "shop",
        "level": "full",
        "matchers": [
            {"label": "alertname", "operator": "=", "value": "ShopDown"},
            {"label": "host", "operator": "=~", "value": "web.*"},
        ],
        "target": {"kind": "label", "name": "host"},
        "delay": 300,
        "by_hand": 900,
        "idempotent": True,
        "executor": "service",
        "limit": {"cooldown": 1800, "attempts": 3, "within": 86400, "at_once": 1, "run": 300},
        "precheck": None,
        "steps": [{"step": "restart_service", "parameters": {"unit": "shop"}}],
        "manual": None,
        "verification": {
            "kind": "promql",
            "text": ["up{job=", {"label": "job"}, "}"],
            "within": 300,
            "stable": 60,
            "samples": 3,
        },
        "rollback": None,
        "nothing_to_roll_back": "a restart leaves nothing behind",
        "applications": {},
    }


def test_runbook_that_says_nothing_of_its_level_only_observes() -> None:
    (found,) = normalised_all([changed(level=None)], place())
    assert found["level"] == "observe"


@pytest.mark.parametrize(
    ("keys", "sentence"),
    [
        ({"verification": None}, "verification is missing."),
        ({"limit": None}, "limit is missing."),
        ({"owner": None}, "owner is missing."),
        ({"trigger": "x"}, "trigger is unknown: use name, summary, owner"),
        ({"name": "Shop down"}, "name must be at most 40 lower-case letters"),
        ({"summary": "two\nlines"}, "summary must be one line of text."),
        ({"level": "auto"}, "level 'auto' is unknown: use observe, manual, partial, full."),
        ({"idempotent": None}, "level full needs idempotent."),
        ({"rollback": None}, "level full needs rollback."),
        ({"idempotent": "yes"}, "idempotent must be true or false."),
        ({"rollback": {"nothing": ""}}, "rollback.nothing must be the reason"),
        ({"rollback": {"step": "undo"}}, "rollback: step 'undo' is unknown: use restart_service"),
        ({"matchers": []}, "matchers is missing."),
        ({"matchers": "x"}, "matchers must be a list of texts such as 'alertname=\"TargetDown\"'."),
        ({"matchers": ["alertname=ShopDown"]}, "the matcher 'alertname=ShopDown' must be a label matcher"),
        ({"matchers": ['alertname=~"("']}, "the matcher 'alertname=~\"(\"' has an invalid regular expression"),
        ({"matchers": ['host="web1"']}, "matchers must name alerts: add one on alertname or action."),
        ({"matchers": ['alertname=~".*"']}, "matchers must name alerts: add one on alertname or action."),
        ({"steps": None}, "either steps or manual is needed, and not both."),
        ({"steps": {"step": "run_script"}}, "steps must be a list."),
        ({"steps": ["restart_service"]}, "a step must be a mapping of step and parameters."),
        ({"steps": [{"step": "reboot"}]}, "step 'reboot' is unknown: use restart_service"),
        (
            {"steps": [{"step": "restart_service", "parameters": {"unit": "shop", "force": True}}]},
            "restart_service has no parameter 'force': use unit, settle.",
        ),
        (
            {"steps": [{"step": "restart_service", "parameters": {"unit": {"fact": "x"}}}]},
            "unit of restart_service must be a text.",
        ),
        (
            {"steps": [{"step": "restart_service", "parameters": {"unit": {"application": "unit"}}}]},
            "restart_service takes a value of an application, so the target must be {application: service}.",
        ),
        ({"limit": {"attempts": 3}}, "limit needs cooldown."),
        ({"limit": {**RUNBOOK["limit"], "attempts": 0}}, "limit.attempts must be a whole number from 1."),
        (
            {"limit": {**RUNBOOK["limit"], "cooldown": "soon"}},
            "limit.cooldown must be a duration such as 5m, not 'soon'.",
        ),
        ({"limit": {**RUNBOOK["limit"], "run": "2h"}}, "limit.run must be at most 1h."),
        ({"limit": {**RUNBOOK["limit"], "times": 1}}, "limit.times is unknown"),
        ({"limit": "often"}, "limit must be a mapping."),
        ({"verification": {"within": "5m"}}, "verification needs one of promql, http, command."),
        ({"verification": "up"}, "verification must be a mapping."),
        ({"verification": {"promql": "up", "http": "https://a"}}, "verification needs one of promql, http, command."),
        ({"verification": {"http": "ftp://a"}}, "verification.http must begin with https:// or http://."),
        ({"verification": {"promql": ""}}, "verification.promql must be a text."),
        ({"verification": {"promql": "up", "retries": 3}}, "verification.retries is unknown"),
        ({"verification": {"promql": "up", "samples": 0}}, "verification.samples must be a whole number from 1."),
        (
            {"verification": {"promql": "up", "within": "1m"}},
            "verification.within must be longer than verification.stable.",
        ),
        ({"precheck": {"promql": "up", "stable": "1m"}}, "precheck.stable is unknown: use promql, http, command."),
        ({"executor": "cron"}, "executor 'cron' is unknown: use service, awx."),
        ({"delay": "30s"}, "delay must be longer than 30 s, the time between two looks at Alertmanager."),
        ({"delay": "never"}, "delay must be a duration such as 5m, not 'never'."),
        ({"by_hand": 15}, "by_hand must be a duration such as 5m, not 15."),
        ({"target": "host"}, "target must be a mapping: write {label: host}"),
        ({"target": {"label": "host", "host": "web1"}}, "target has label, host: write {label: host}"),
        ({"target": {"label": "a b"}}, "target.label must be the name of a label, not 'a b'."),
        ({"target": {"application": "service", "of": "all"}}, "target.of must be hosts or standby_hosts."),
        ({"target": {"host": "web*"}}, "target.host must be one host of the inventory, not 'web*'."),
        ({"target": {"host": "web1,web2"}}, "target.host must be one host of the inventory, not 'web1,web2'."),
        ({"target": {"host": "https://web1/"}}, "target.host must be one host of the inventory"),
        ({"target": {"host": "fd00::1"}}, "target.host must be one host of the inventory, not 'fd00::1'."),
        ({"target": {"host": "web"}}, "target.host: web is a group, and has to be one host."),
        ({"target": {"host": "web9"}}, "target.host: web9 is no host of the inventory."),
        ({"target": {"host": "monitor1"}}, "target.host: monitor1 is the engine's own host, on which it never acts."),
        ({"target": {"host": "web2"}}, "web2 does not declare restart shop.service in its runbook_actions."),
        (
            {"steps": [{"step": "run_script", "parameters": {"command": "repair"}}]},
            "no host declares what run_script does: run repair.",
        ),
        (
            {"steps": None, "manual": {"command": "reboot"}, "level": "manual"},
            "manual must have a command and the reason why a person runs it.",
        ),
        (
            {"steps": None, "manual": {"command": "reboot", "reason": "It is risky."}},
            "level full needs steps: what is manual is done by a person.",
        ),
    ],
)
def test_runbook_that_lacks_something_is_refused_in_one_sentence(keys: dict[str, Any], sentence: str) -> None:
    found = faults(changed(**keys))
    assert any(fault.split(": ", 1)[1].startswith(sentence) for fault in found), found


def test_what_is_no_runbook_or_has_no_name_is_refused() -> None:
    assert faults("restart") == ["A runbook must be a mapping, not 'restart'."]
    assert "A runbook without a name: name is missing." in faults(changed(name=None))


@pytest.mark.parametrize(
    ("matchers", "both"),
    [
        (['alertname="ShopDown"'], True),
        (['alertname=~"Shop.*"', 'severity="critical"'], True),
        (['alertname="ShopDown"', 'host="web2"'], True),
        (['alertname="ShopDown"', 'host="db1"'], False),
        (['alertname="ShopDown"', 'host=""'], False),
        (['alertname="ShopSlow"'], False),
        (['alertname!~"Shop.*"', 'action="x"'], False),
    ],
)
def test_two_runbooks_at_full_for_one_alert_are_refused(matchers: list[str], both: bool) -> None:
    other = changed(name="other", matchers=matchers)
    sentence = "The runbooks 'shop_down' and 'other' are both at the level full for the same alert"
    assert [fault.startswith(sentence) for fault in faults(RUNBOOK, other)] == [True] * both
    assert faults(RUNBOOK, {**other, "level": "partial"}) == []


def test_levels_of_the_inventory_replace_those_of_runbooks() -> None:
    assert faults(changed(level=None, rollback=None), levels={"shop_down": "full"}) == [
        "Runbook 'shop_down': level full needs rollback."
    ]
    assert faults(RUNBOOK, levels={"shop_up": "full", "shop_down": "all"}) == [
        "There is no runbook 'shop_up' to set the level of.",
        "Runbook 'shop_down': level 'all' is unknown: use observe, manual, partial, full.",
    ]
    assert faults(RUNBOOK, RUNBOOK)[0].startswith("Two runbooks are named 'shop_down'")


@pytest.mark.parametrize(
    ("delay", "reconciliation", "refused"), [("2m", 120, True), ("121s", 120, False), ("6s", 5, False)]
)
def test_a_delay_has_to_be_longer_than_the_inventorys_own_reconciliation(
    delay: str, reconciliation: int, refused: bool
) -> None:
    sentence = f"Runbook 'shop_down': delay must be longer than {reconciliation} s, the time between two looks at"
    found = faults(RUNBOOK, delay=delay, reconciliation=reconciliation)
    assert [fault.startswith(sentence) for fault in found] == [True] * refused


def test_delay_and_declarations_matter_only_to_what_acts() -> None:
    quiet = changed(level="manual", delay="5s", target={"host": "web2"})
    assert faults(quiet) == []
    assert len(faults({**quiet, "level": "partial"})) == 2


APPLICATION = {
    "target": {"application": "service"},
    "steps": [{"step": "restart_service", "parameters": {"unit": {"application": "unit"}}}],
}


def for_application(**keys: Any) -> dict[str, Any]:
    return changed(matchers=['action="incident_creation"', 'service=~"shop|stock"'], **{**APPLICATION, **keys})


def found_in(applied: list[Mapping[str, Any]], runbook: Mapping[str, Any], **options: Any) -> list[str]:
    known = applications([{"team": "shop", **one} for one in applied])
    return list(faults_of_all([runbook], place(applications=known, **options)))


def test_hosts_of_an_application_are_the_target_with_its_unit() -> None:
    known = applications(
        [
            {"name": "shop", "team": "shop", "hosts": ["web1"], "unit": "shop"},
            {"name": "stock", "team": "shop"},
            {"name": "mail", "team": "mail", "hosts": ["web2"]},
        ]
    )
    (found,) = normalised_all([for_application()], place(applications=known))
    assert found["target"] == {"kind": "application", "name": "service", "of": "hosts"}
    assert found["applications"] == {
        "shop": {"hosts": ["web1"], "unit": "shop", "scale_units": [], "failover_command": ""}
    }


@pytest.mark.parametrize("key", ["verification", "precheck"])
@pytest.mark.parametrize(
    ("command", "more", "sentence"),
    [
        ("probe", {}, "no host declares what run_script does: run probe."),
        ("probe", {"target": {"host": "web1"}}, "web1 does not declare run probe in its runbook_actions."),
        ("probe_$job", {}, "{key}.command has to be one that hosts declare: a label of the alert cannot be a part"),
        ("probe", {"executor": "awx"}, "{key}.command is run by the service: with executor awx, use promql or http."),
    ],
)
def test_command_that_hosts_cannot_run_is_no_check_of_a_runbook_that_acts(
    key: str, command: str, more: dict[str, Any], sentence: str
) -> None:
    told = {key: {"command": command}, "level": "partial", **more}
    wanted = sentence.format(key=key)
    assert any(wanted in fault for fault in faults_of_all([changed(**told)], place()))
    assert not any(wanted in fault for fault in faults_of_all([changed(**told | {"level": "manual"})], place()))


@pytest.mark.parametrize("key", ["verification", "precheck"])
def test_command_that_a_host_declares_checks_a_runbook_that_acts(key: str) -> None:
    known = place(hosts={"web1": {"units": ["shop"], "run": {"probe": {"argv": ["/usr/local/bin/probe"]}}}})
    told = changed(**{key: {"command": "probe"}, "level": "partial", "target": {"host": "web1"}})
    assert [*faults_of_all([told], known)] == []


@pytest.mark.parametrize(
    ("application", "keys", "sentence"),
    [
        ({"hosts": ["web"]}, {}, "hosts of the application shop: web is a group"),
        ({"hosts": ["monitor1"]}, {}, "hosts of the application shop: monitor1 is the engine's own host"),
        ({"hosts": ["web1"], "unit": "cart"}, {}, "web1 does not declare restart cart.service in its runbook_actions."),
        ({}, {}, "no application that it may be for has hosts and the values that its steps take."),
        (
            {"hosts": ["web1"]},
            {"target": {"application": "service", "of": "standby_hosts"}},
            "no application that it may be for has standby_hosts",
        ),
        (
            {"hosts": ["web1"]},
            {"steps": [{"step": "failover", "parameters": {"command": {"application": "failover_command"}}}]},
            "no application that it may be for has hosts and the values",
        ),
    ],
)
def test_application_that_the_runbook_cannot_act_for_is_named(
    application: dict[str, Any], keys: dict[str, Any], sentence: str
) -> None:
    found = found_in([{"name": "shop", **application}], for_application(**keys))
    assert any(fault.split(": ", 1)[1].startswith(sentence) for fault in found), found


def test_filter_names_everything_that_is_wrong_at_once() -> None:
    with pytest.raises(
        Exception, match="Cannot use these runbooks: Runbook 'shop_down': owner is missing.*limit is missing"
    ):
        runbooks([changed(owner=None, limit=None)], hosts=HOSTS)


def test_labels_are_cut_out_of_texts_so_that_nobody_parses_them_again() -> None:
    (found,) = normalised_all([changed(verification={"promql": 'up{a=$a,b=~"x$$"} > $_c1'})], place())
    text = found["verification"]["text"]
    assert [part for part in text if not isinstance(part, str)] == [{"label": "a"}, {"label": "_c1"}]
    assert "".join(part if isinstance(part, str) else "?" for part in text) == 'up{a=?,b=~"x$"} > ?'
