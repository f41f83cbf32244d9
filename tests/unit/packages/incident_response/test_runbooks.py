# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which runbook is for an alert, on which hosts, and with which texts."""

from __future__ import annotations

import json
import shlex
from typing import Any

import pytest

from ansible_collections.vigil.observability.packages.incident_response.incident_response.decisions.filled import (
    in_command,
    in_promql,
    in_url,
)
from ansible_collections.vigil.observability.packages.incident_response.incident_response.decisions.rules import Rules
from ansible_collections.vigil.observability.packages.incident_response.incident_response.decisions.runbook import (
    fitting,
    runbooks,
)
from ansible_collections.vigil.observability.packages.incident_response.incident_response.decisions.target import (
    target_of,
)
from ansible_collections.vigil.observability.packages.incident_response.incident_response.described import (
    ConfigurationError,
    Described,
)
from ansible_collections.vigil.observability.plugins.filter.runbooks import FilterModule
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.runbooks import (
    ROOTED,
    known,
    runbook,
)

HOSTS = {"web1", "web2", "db-1.example"}
DOWN = {"alertname": "TargetDown", "host": "web1", "job": "node_exporter"}
SHOP = {"shop": {"hosts": ["web1", "web2"], "unit": "shop", "scale_units": [], "failover_command": ""}}
HOSTILE = 'x"} or vector(1) # {{ 1 }} $(id) <b> \\ \n'


def matchers(*told: tuple[str, str, str]) -> list[dict[str, str]]:
    return [dict(zip(("label", "operator", "value"), one, strict=True)) for one in told]


@pytest.mark.parametrize(
    ("told", "fits"),
    [
        (("alertname", "=", "TargetDown"), True),
        (("alertname", "=", "Target"), False),
        (("alertname", "!=", "TargetDown"), False),
        (("alertname", "=~", "Target.*|Other"), True),
        (("alertname", "=~", "Target"), False),
        (("alertname", "!~", "Target"), True),
        (("team", "=", ""), True),
        (("team", "!=", ""), False),
    ],
)
def test_a_matcher_is_for_the_whole_value(told: tuple[str, str, str], fits: bool) -> None:
    assert known(matchers=matchers(told)).is_for(DOWN) is fits


def test_the_highest_level_comes_first_then_more_matchers_then_the_first() -> None:
    more = matchers(("alertname", "=", "TargetDown"), ("job", "=~", "node.*"))
    found = [
        known(name="first"),
        known(name="second"),
        known(name="narrow", matchers=more),
        known(name="by_itself", level="full"),
        known(name="other", matchers=matchers(("alertname", "=", "X"))),
    ]
    assert [one.name for one in fitting(found, DOWN)] == ["by_itself", "narrow", "first", "second"]


@pytest.mark.parametrize(
    ("label", "hosts", "refused"),
    [
        ("web1", ("web1",), ""),
        ("db-1.example", ("db-1.example",), ""),
        ("", (), "the alert has no label host"),
        ("web3", (), "'web3' is no host of the inventory"),
        ("all", (), "'all' is no host of the inventory"),
        ("localhost", (), "'localhost' is no host of the inventory"),
        ("WEB1", (), "'WEB1' is no host of the inventory"),
        ("web*", (), "'web*' is not the name of one host"),
        ("web1,web2", (), "'web1,web2' is not the name of one host"),
        ("web1:web2", (), "'web1:web2' is not the name of one host"),
        ("!web1", (), "'!web1' is not the name of one host"),
        ("~web.", (), "'~web.' is not the name of one host"),
        ("web[1:2]", (), "'web[1:2]' is not the name of one host"),
        ("web1 ", (), "'web1 ' is not the name of one host"),
        ("web1\n", (), "'web1\\n' is not the name of one host"),
        ("web1:9100", (), "'web1:9100' is not the name of one host"),
        ("https://web1", (), "'https://web1' is not the name of one host"),
        ("fe80::1", (), "'fe80::1' is not the name of one host"),
        ("[::1]", (), "'[::1]' is not the name of one host"),
        ("{{ groups.all }}", (), "'{{ groups.all }}' is not the name of one host"),
        ("x" * 61, (), f"'{'x' * 60}…' is no host of the inventory"),
    ],
)
def test_a_target_is_a_host_by_its_exact_name_or_none(label: str, hosts: tuple[str, ...], refused: str) -> None:
    found = target_of(known(), {**DOWN, "host": label}, HOSTS)
    assert (found.hosts, found.refused) == (hosts, refused)


@pytest.mark.parametrize("host", ["*", "::1", "all"])
def test_no_pattern_is_a_target_even_if_the_inventory_has_a_host_of_that_name(host: str) -> None:
    found = target_of(known(), {**DOWN, "host": host}, {"*", "::1"})
    assert (found.hosts, bool(found.refused)) == ((), True)


@pytest.mark.parametrize(
    ("service", "applications", "hosts", "refused"),
    [
        ("shop", SHOP, ("web1", "web2"), ""),
        ("cart", SHOP, (), "no application 'cart' says how it is acted on"),
        ("", SHOP, (), "the alert has no label service"),
        ("shop", {"shop": {"hosts": []}}, (), "the application 'shop' has no hosts"),
        ("shop", {"shop": {"hosts": ["web1", "web9"]}}, (), "'web9' is no host of the inventory"),
    ],
)
def test_hosts_of_an_application_are_all_of_them_or_none(
    service: str, applications: dict[str, Any], hosts: tuple[str, ...], refused: str
) -> None:
    told = known(target={"kind": "application", "name": "service", "of": "hosts"}, applications=applications)
    found = target_of(told, {"service": service}, HOSTS)
    assert (found.hosts, found.refused) == (hosts, refused)


def test_a_target_may_be_one_host() -> None:
    assert target_of(known(target={"kind": "host", "name": "web2"}), DOWN, HOSTS).hosts == ("web2",)


def test_a_label_in_promql_is_one_string() -> None:
    found = in_promql(["up{job=", {"label": "job"}, "}"], {"job": HOSTILE})
    assert json.loads(found.removeprefix("up{job=").removesuffix("}")) == HOSTILE
    assert "\n" not in found
    assert in_promql(["up{job=", {"label": "job"}, "}"], {}) == 'up{job=""}'


def test_a_label_in_a_command_is_one_word() -> None:
    found = in_command(["ansible-playbook site --limit ", {"label": "host"}], {"host": HOSTILE})
    assert shlex.split(found) == ["ansible-playbook", "site", "--limit", HOSTILE]


@pytest.mark.parametrize(
    ("parts", "value", "url"),
    [
        (["https://", {"label": "a"}, "/healthz"], "web1:8443", "https://web1:8443/healthz"),
        (["https://shop/", {"label": "a"}], "a/../b?c#d e", "https://shop/a%2F..%2Fb%3Fc%23d%20e"),
        (["https://", {"label": "a"}, "/"], "web1/@evil", None),
        (["https://", {"label": "a"}, "/"], "me:word@evil", None),
        (["https://", {"label": "a"}, "/"], "", None),
    ],
)
def test_a_label_in_a_url_is_a_part_of_a_path_or_a_host(parts: list[Any], value: str, url: str | None) -> None:
    assert in_url(parts, {"a": value}) == url


def test_every_shipped_runbook_is_one_that_the_engine_knows() -> None:
    applications = [{"name": "shop", "team": "sales", "hosts": ["web1"], "unit": "shop", "scale_units": ["shop@2"],
                     "standby_hosts": ["web2"], "failover_command": "promote"}]  # fmt: skip
    declared: dict[str, Any] = {"web1": {}, "web2": {}}
    found = runbooks(FilterModule().filters()["runbooks"]([], hosts=declared, applications=applications))
    names = {one.name: one for one in found}
    assert names["application_failed_over"].applications["shop"].hosts == ("web2",)
    assert names["certificate_renewed"].command[-1] == {"label": "host"}
    assert len(found) == len(names) > 8


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        (
            {"level": "auto"},
            "level of the runbook exporter_down has to be observe, manual, partial or full, not 'auto'.",
        ),
        ({"target": {"kind": "group", "name": "web"}}, "has to be label, application or host, not 'group'."),
        (
            {"target": {"kind": "host", "name": "web9"}},
            "The runbook exporter_down acts on web9, which is not among hosts.",
        ),
        ({"matchers": []}, "The runbook exporter_down has no matchers: it would be for every alert."),
        (
            {"matchers": matchers(("alertname", "=~", "("))},
            "a matcher of the runbook exporter_down has no regular expression",
        ),
        ({"matchers": matchers(("alertname", "~", "x"))}, "has to be =, !=, =~ or !~, not '~'."),
        ({"owners": "me"}, "runbooks[0] has the unknown key owners."),
        (
            {"limit": {"cooldown": 1, "attempts": 1, "within": 1, "at_once": 1}},
            "limit of the runbook exporter_down lacks run.",
        ),
        (
            {"verification": {"kind": "graph", "text": []}},
            "kind of a check has to be promql, http or command, not 'graph'.",
        ),
        ({"executor": "cron"}, "executor of the runbook exporter_down has to be service or awx, not 'cron'."),
        (
            {"level": "full", "executor": "awx", "verification": {"kind": "command", "text": ["probe"]}},
            "The runbook exporter_down checks by a command: awx cannot run it.",
        ),
        (
            {"level": "full", "precheck": {"kind": "command", "text": ["probe_", {"label": "job"}]}},
            "The runbook exporter_down checks by a command that a label would name.",
        ),
        (
            {**ROOTED, "root": None},
            "The runbook exporter_down becomes root: name it in incident_response_root_runbooks.",
        ),
        ({"playbooks": {"mend": {"content": "[]"}}}, "a playbook of the runbook exporter_down lacks root."),
        ({"verification": {}}, "verification of the runbook exporter_down lacks kind."),
    ],
)
def test_a_runbook_that_the_engine_cannot_use_is_refused_in_one_sentence(
    changed: dict[str, Any], reason: str, tmp_path: Any
) -> None:
    told = {"runbooks": [runbook(**changed)], "hosts": ["web1"], "engine": "mon1"}
    with pytest.raises(ConfigurationError) as refused:
        Rules.of(Described("automation", told), tmp_path)
    assert reason in str(refused.value)


def test_a_target_that_is_no_host_is_refused(tmp_path: Any) -> None:
    told = {"hosts": ["web1"], "targets": {"web1": {"address": "-oProxyCommand=id"}}}
    with pytest.raises(ConfigurationError, match="'-oProxyCommand=id' is not the address of a host"):
        Rules.of(Described("automation", told), tmp_path)


def test_two_runbooks_of_one_name_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="runbooks has a name more than once"):
        runbooks([runbook(), runbook()])


@pytest.mark.parametrize("guards", [{"peers_up": 1.2}, {"verified": 2}])
def test_a_share_of_more_than_everything_is_refused(guards: dict[str, Any], tmp_path: Any) -> None:
    with pytest.raises(ConfigurationError, match="shares of at most 1"):
        Rules.of(Described("automation", {"guards": guards}), tmp_path)


def test_a_silence_that_ends_before_a_slow_alertmanager_answers_is_refused(tmp_path: Any) -> None:
    with pytest.raises(ConfigurationError, match="silence of the guards has to be at least 30 seconds"):
        Rules.of(Described("automation", {"guards": {"silence": 20}}), tmp_path)
