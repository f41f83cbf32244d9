# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Texts that Ansible marks, as each release of ansible-core makes them, and what files say of them."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible import template
from ansible.parsing import vault
from ansible.parsing.dataloader import DataLoader
from ansible.utils.unsafe_proxy import wrap_var

from ansible_collections.vigil.observability.plugins.filter.application_rules import application_rules
from ansible_collections.vigil.observability.plugins.filter.configuration_file import configuration_file
from ansible_collections.vigil.observability.plugins.filter.file_entries import file_entries
from ansible_collections.vigil.observability.plugins.filter.web_users import web_users
from ansible_collections.vigil.observability.plugins.filter.with_absolute_paths import with_absolute_paths
from ansible_collections.vigil.observability.plugins.plugin_utils._formats.same_text import plain

SECRET = "hush hush {{ x }}"
FILTERS = Path(__file__).resolve().parents[5] / "plugins/filter"
# These are given the variables of hosts, thousands of which they never look at.
OF_HOSTS = {
    "certified_services",
    "grafana_urls",
    "inventory_targets",
    "jaeger_collectors",
    "left_undone",
    "log_services",
    "planned_services",
    "role_services",
    "runbook_targets",
}
NOTE = '{{ template "team" . }}'
INVENTORY = """\
note: !unsafe '{{ template "team" . }}'
secret: !vault |
  %s
port: 9093
share: 0.5
on: true
since: 2026-01-01
nothing:
list: [a, !unsafe '{{ b }}']
mapping: {c: {d: e}}
"""
PLAIN = {
    "note": NOTE,
    "secret": SECRET,
    "port": 9093,
    "share": 0.5,
    "True": True,
    "since": "2026-01-01",
    "nothing": None,
    "list": ["a", "{{ b }}"],
    "mapping": {"c": {"d": "e"}},
}


def templated(text: str, **variables: Any) -> Any:
    """Return what a template of a playbook makes of variables, of which the texts of a playbook are templates."""
    trusted = getattr(template, "trust_as_template", str)
    known = {name: trusted(value) if isinstance(value, str) else value for name, value in variables.items()}
    return template.Templar(loader=DataLoader(), variables=known).template(trusted(text))


@pytest.fixture
def inventory() -> Iterator[dict[str, Any]]:
    """Variables as Ansible reads them from an inventory, one of them encrypted."""
    secret = vault.VaultSecret(b"password of the vault")
    encrypted = vault.VaultLib([("default", secret)]).encrypt(SECRET.encode(), secret).decode()
    context = getattr(vault, "VaultSecretsContext", None)
    before = getattr(context, "_current", None)
    loader = DataLoader()
    loader.set_vault_secrets([("default", secret)])
    if context is not None:
        context._current = None
        context.initialize(context(secrets=[("default", secret)]))
    yield loader.load(INVENTORY % "\n  ".join(encrypted.splitlines()))
    if context is not None:
        context._current = before


def kinds_in(value: Any) -> set[type]:
    inner = [*value, *value.values()] if isinstance(value, dict) else value if isinstance(value, list) else []
    return {type(value)}.union(*map(kinds_in, inner))


def test_what_an_inventory_says_is_plain_and_the_same(inventory: dict[str, Any]) -> None:
    assert plain(inventory) == PLAIN
    assert kinds_in(plain(inventory)) <= {dict, list, str, int, float, bool, type(None)}


def test_what_a_lookup_or_a_result_gives_is_plain_and_the_same() -> None:
    marked = wrap_var({"note": NOTE, "number": 1, "bytes": b"c", "of": [NOTE, ("a",), {NOTE}]})
    assert plain(marked) == {"note": NOTE, "number": 1, "bytes": "c", "of": [NOTE, ["a"], [NOTE]]}
    assert kinds_in(plain(marked)) == {dict, list, str, int}


def test_what_a_template_delays_is_plain_and_evaluated() -> None:
    assert plain(templated("{{ {'team': team, 'hosts': [host]} }}", team="{{ 's' }}", host="{{ 'a' ~ 1 }}")) == {
        "team": "s",
        "hosts": ["a1"],
    }
    assert plain({"letters": iter("ab"), "keys": {"a": 1}.keys(), "values": {"a": 1}.values()}) == {
        "letters": ["a", "b"],
        "keys": ["a"],
        "values": [1],
    }


def test_subclasses_of_numbers_lists_and_mappings_are_plain() -> None:
    own = {kind: type(f"Own{kind.__name__}", (kind,), {}) for kind in (str, int, float, list, dict)}
    value = own[dict]({own[str]("a"): own[list]([own[int](1), own[float](1.5), own[str]("b")])})
    assert plain(value) == {"a": [1, 1.5, "b"]}
    assert kinds_in(plain(value)) == {dict, list, str, int, float}


def test_a_marked_text_cannot_stop_alertmanager_from_being_deployed(inventory: dict[str, Any]) -> None:
    receivers = [{"name": "team", "slack_configs": [{"text": inventory["note"], "channel": wrap_var("#alerts")}]}]
    rules = wrap_var([{"source_matchers": ['severity="critical"'], "equal": ["host"]}])
    configuration = {"receivers": receivers, "inhibit_rules": rules}
    written = configuration_file(with_absolute_paths(configuration, "/etc/alertmanager", []), "alertmanager.yml")
    assert yaml.safe_load(written["content"]) == {
        "receivers": [{"name": "team", "slack_configs": [{"text": NOTE, "channel": "#alerts"}]}],
        "inhibit_rules": [{"source_matchers": ['severity="critical"'], "equal": ["host"]}],
    }


def test_an_encrypted_text_is_written_decrypted(inventory: dict[str, Any]) -> None:
    secret = inventory["secret"]
    assert configuration_file({"admin": {"password": secret}}, "grafana.ini") == {
        "path": "grafana.ini",
        "secret_content": f"[admin]\npassword = {SECRET}\n",
    }
    assert file_entries({"token": secret}, "secrets", secret=True)[0]["secret_content"] == SECRET
    assert web_users({"admin": secret}) == web_users({"admin": SECRET})
    flags = templated("{{ {'port': 1} | combine(own) }}", own={"log.level": secret, "peer": [secret]})
    assert plain(flags) == {"port": 1, "log.level": SECRET, "peer": [SECRET]}


def test_a_marked_description_of_an_application_gives_the_same_rules(inventory: dict[str, Any]) -> None:
    described = {"name": "shop", "team": "sales", "objectives": [{"kind": "availability", "target": 0.999}]}
    assert application_rules([wrap_var(described)]) == application_rules([described])


def test_what_a_filter_makes_is_no_template_in_later_tasks() -> None:
    kept = file_entries({"team.tmpl": NOTE}, "templates")
    assert templated("{{ kept[0].content }}", kept=kept) == NOTE


def test_every_filter_keeps_texts_but_those_that_read_hosts() -> None:
    for name in {file.stem for file in FILTERS.glob("*.py")} - OF_HOSTS:
        module = importlib.import_module(f"ansible_collections.vigil.observability.plugins.filter.{name}")
        assert hasattr(module.FilterModule().filters()[name], "__wrapped__"), name
