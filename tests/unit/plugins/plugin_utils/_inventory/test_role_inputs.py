# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.vigil.observability.plugins.modules import host_preflight
from ansible_collections.vigil.observability.plugins.plugin_utils._formats.enumeration import listed
from ansible_collections.vigil.observability.plugins.plugin_utils._inventory.problem import Problem, messages
from ansible_collections.vigil.observability.plugins.plugin_utils._inventory.role_inputs import (
    ROLES,
    SHARED,
    close_to,
    described_inputs,
    is_secret,
    misspelt,
    role_of,
    type_problem,
)

COLLECTION = ROLES.parent
INPUTS = described_inputs()
HOSTS = ["a", "b", "c", "d", "e"]
FACTS = set(yaml.safe_load(host_preflight.RETURN)["ansible_facts"]["contains"])


def test_inputs_are_those_of_every_role_and_the_shared_ones() -> None:
    assert set(INPUTS) == {path.name for path in ROLES.iterdir()} | {SHARED}
    assert INPUTS["prometheus"]["prometheus_port"]["type"] == "int"


def test_shared_inputs_are_those_that_roles_playbooks_and_filters_name() -> None:
    places = [*ROLES.rglob("*.yml"), *(COLLECTION / "playbooks").rglob("*.yml")]
    places += (COLLECTION / "plugins" / "filter").glob("*.py")
    places += (COLLECTION / "plugins" / "plugin_utils" / "_services").glob("*.py")
    places.append(COLLECTION / "plugins" / "plugin_utils" / "_inventory" / "checks" / "variables.py")
    found = {name for path in places for name in _variables_in(path)}
    assert found - FACTS == set(INPUTS[SHARED])


def _variables_in(path: Path) -> set[str]:
    rules = path.is_relative_to(ROLES / "prometheus" / "files")
    return set() if rules else set(re.findall(r"\bvigil_[a-z_]+\b", path.read_text()))


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("prometheus_prot", "input of the role prometheus: correct it to prometheus_port"),
        ("prometheus_retention_tme", "prometheus_retention_time"),
        ("prometheus_retension", "prometheus_retention_time or prometheus_retention_size"),
        ("prometheus_retention", "prometheus_retention_time or prometheus_retention_size"),
        ("prometheus_listenaddress", "prometheus_listen_address"),
        ("prometheus_scrape_intervall", "prometheus_scrape_interval"),
        ("node_exporter_client", "node_exporter_clients"),
        ("grafana_password", "grafana_passwords"),
        ("certificates_authority_cert", "certificates_authority_certificate"),
        ("vigil_miror", "variable of this collection: correct it to vigil_mirror"),
    ],
)
def test_slip_in_the_name_of_an_input_is_told_with_what_was_meant(name: str, meant: str) -> None:
    said = str(misspelt(name, INPUTS))
    assert meant in said
    assert said.endswith(", or remove it.")


@pytest.mark.parametrize(
    "name",
    [
        # Inputs, and what has no role's prefix.
        "prometheus_port",
        "vigil_mirror",
        "shop_port",
        "prometheus",
        # Of applications, and of other collections.
        "prometheus_multiproc_dir",
        "prometheus_config_dir",
        "prometheus_web_listen_address",
        "prometheus_storage_retention",
        "prometheus_alertmanager_config",
        "grafana_agent_version",
        "grafana_loki_url",
        "grafana_url",
        "grafana_security",
        "alertmanager_tls",
        "node_exporter_enabled_collectors",
        "blackbox_exporter_zzz",
        "vigil_zzz",
    ],
)
def test_variable_of_others_is_not_taken_for_a_slip(name: str) -> None:
    assert misspelt(name, INPUTS) is None


def test_longest_role_is_the_one_that_a_variable_belongs_to() -> None:
    inputs: dict[str, Any] = {"node": {}, "node_exporter": {"node_exporter_port": {}}}
    assert role_of("node_exporter_port", inputs) == "node_exporter"
    assert role_of("nodes_port", inputs) is None


def test_only_a_variable_of_no_role_can_be_meant_as_an_input() -> None:
    assert close_to("alertmanger_config", INPUTS) == "alertmanager_config"
    assert close_to("shop_config", INPUTS) is None
    assert close_to("prometheus_prot", INPUTS) is None


@pytest.mark.parametrize(
    ("value", "option", "said"),
    [
        (9090, {"type": "int"}, None),
        ("9090", {"type": "int"}, None),
        ("yes", {"type": "bool"}, None),
        (15, {}, None),
        ({"a": 1}, {"type": "raw"}, None),
        ([{"a": 1}], {"type": "list", "elements": "dict"}, None),
        ([], {"type": "list", "elements": "dict"}, None),
        ("a", {"choices": ["a", "b"]}, None),
        (None, {"type": "int"}, "is empty: set it to a whole number, or remove it."),
        ("x", {"type": "int"}, "is 'x': it has to be a whole number."),
        ("perhaps", {"type": "bool"}, "is 'perhaps': it has to be true or false."),
        ("c", {"choices": ["a", "b"]}, "is 'c': it has to be one of a, b."),
        ({"a": 1}, {}, "is a mapping: it has to be a text."),
        ("a=1", {"type": "dict"}, "is a text: it has to be a mapping."),
        (True, {"type": "list"}, "is true or false: it has to be a list."),
        ("a,b", {"type": "list", "elements": "str"}, "is a text: it has to be a list of texts."),
        (
            ["a=1"],
            {"type": "list", "elements": "dict"},
            "is a list with a text in it: it has to be a list of mappings.",
        ),
        ([[1]], {"type": "list", "elements": "path"}, "is a list with a list in it: it has to be a list of paths."),
        (
            [None],
            {"type": "list", "elements": "dict"},
            "is a list with nothing in it: it has to be a list of mappings.",
        ),
        (["x"], {"type": "list", "elements": "int"}, "is a list: it has to be a list of whole numbers."),
        ("hunter2", {"type": "dict", "no_log": True}, "is a text: it has to be a mapping."),
        (17, {"type": "dict", "no_log": True}, "is a number: it has to be a mapping."),
        (False, {"type": "dict", "no_log": True}, "is true or false: it has to be a mapping."),
        ("hunter2", {"type": "int", "no_log": True}, "is a text: it has to be a whole number."),
    ],
)
def test_value_is_compared_with_what_its_input_takes(value: Any, option: dict[str, Any], said: str | None) -> None:
    assert type_problem("x", value, option) == said


NESTED = {
    "type": "list",
    "elements": "dict",
    "options": {"name": {"type": "str", "required": True}, "uid": {"type": "int"}},
}


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ([{"name": "a", "uid": "1"}], None),
        ([{"uid": 1}], "missing required arguments: name"),
        ([{"name": "a", "uid": "x"}], "uid"),
        ([{"name": "a", "iud": 1}], "iud"),
    ],
)
def test_members_are_compared_with_the_options_of_their_input(value: Any, said: str | None) -> None:
    found = type_problem("x", value, NESTED)
    if said is None:
        assert found is None
    else:
        assert found is not None
        assert found.startswith("does not match its description: ")
        assert said in found


def test_members_with_a_secret_among_them_are_not_shown() -> None:
    option = {"type": "dict", "options": {"password": {"type": "int", "no_log": True}}}
    assert is_secret(option)
    assert type_problem("x", {"password": "hunter2"}, option) == (
        "does not match its description, and is not shown because it is secret: compare it with the role's README."
    )


@pytest.mark.parametrize(
    ("problems", "said"),
    [
        ([], []),
        ([("x", "b", "is bad."), ("x", "a", "is bad.")], ["x of b and a is bad."]),
        ([("x", "a", "is bad."), ("x", "b", "is worse.")], ["x of a is bad.", "x of b is worse."]),
        ([("x", "a", "is bad."), ("y", "a", "is bad.")], ["x of a is bad.", "y of a is bad."]),
        ([("x", "a", "is bad.", "are bad."), ("y", "a", "is bad.", "are bad.")], ["x and y of a are bad."]),
        ([("x", "a", "is bad.", "are bad.")], ["x of a is bad."]),
        ([("x", host, "is bad.") for host in "abcd"], ["x of a, b, c and d is bad."]),
        ([("x", host, "is bad.") for host in "abcde"], ["x of all 5 hosts is bad."]),
    ],
)
def test_problem_that_hosts_share_is_one_message(problems: list[tuple[str, ...]], said: list[str]) -> None:
    assert messages([Problem(*parts) for parts in problems], HOSTS) == said


def test_of_many_hosts_the_first_are_named_and_the_others_counted() -> None:
    problems = [Problem("x", host, "is bad.") for host in HOSTS]
    assert messages(problems, [*HOSTS, "f"]) == ["x of a, b, c and 2 more hosts is bad."]


def test_words_are_enumerated() -> None:
    assert [listed(["a"]), listed(["a", "b"]), listed(["a", "b", "c"])] == ["a", "a and b", "a, b and c"]
