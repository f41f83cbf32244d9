# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml
from ansible.errors import AnsibleActionFail
from ansible.parsing.dataloader import DataLoader
from ansible.parsing.vault import VaultSecret

from ansible_collections.vigil.observability.plugins.action.inventory_secrets import ActionModule
from ansible_collections.vigil.observability.plugins.plugin_utils._secrets.vault_file import SecretsFile

Result = dict[str, Any]
Act = Callable[..., Result]

SECRETS = [("default", VaultSecret(b"correct horse"))]
WANTED = [
    {"name": "certificates_authority", "kind": "authority"},
    {"name": "prometheus_passwords", "kind": "passwords", "members": ["admin"]},
]


class HostVars(dict[str, dict[str, Any]]):
    """The variables of hosts, by the one method of Ansible's that is used."""

    def raw_get(self, host: str) -> dict[str, Any]:
        return self[host]


@pytest.fixture
def act(tmp_path: Path) -> Act:
    """A function that runs the action on an inventory in tmp_path with these options."""
    loader = DataLoader()
    loader.set_vault_secrets(SECRETS)

    def run(*, check: bool = False, hosts: dict[str, dict[str, Any]] | None = None, **options: Any) -> Result:
        arguments = {"wanted": WANTED, **options}
        task = SimpleNamespace(args=arguments, async_val=0, check_mode=check, diff=True, action="inventory_secrets")
        connection = SimpleNamespace(_shell=SimpleNamespace(tmpdir=None))
        task_vars = {"ansible_inventory_sources": [str(tmp_path)], "hostvars": HostVars(hosts or {})}
        result: Result = ActionModule(task, connection, None, loader, None, None).run(task_vars=task_vars)
        return result

    return run


@pytest.fixture
def file(tmp_path: Path) -> SecretsFile:
    return SecretsFile(tmp_path / "group_vars" / "all" / "secrets.yml", SECRETS)


def test_missing_secrets_are_made_and_named(act: Act, file: SecretsFile) -> None:
    result = act()
    assert result["changed"]
    assert result["path"] == str(file.path)
    assert result["made"] == [
        "certificates_authority_certificate",
        "certificates_authority_key",
        "prometheus_passwords.admin",
    ]
    assert result["diff"]["before"] == {}
    assert set(result["diff"]["after"].values()) == {"(secret, new)"}
    assert "Run the site playbook" in result["msg"]
    assert set(yaml.safe_load(file.read())) == {
        "certificates_authority_certificate",
        "certificates_authority_key",
        "prometheus_passwords",
    }


def test_complete_file_is_unchanged(act: Act, file: SecretsFile) -> None:
    act()
    before = file.path.read_bytes()
    result = act()
    assert not result["changed"]
    assert result["msg"] == f"{file.path} contains all secrets."
    assert file.path.read_bytes() == before


def test_check_mode_says_the_same_and_writes_nothing(act: Act, file: SecretsFile) -> None:
    checked = act(check=True)
    assert not file.path.parent.exists()
    assert checked == act()


def test_no_value_is_in_the_result(act: Act, file: SecretsFile) -> None:
    said = f"{act()}{act(rotate=['prometheus_passwords.admin'])}{act(authority='prepare')}{act(authority='switch')}"
    values = yaml.safe_load(file.read())
    assert values["prometheus_passwords"]["admin"] not in said
    assert "PRIVATE KEY" not in said


def test_rotated_password_is_named_as_changed(act: Act) -> None:
    act()
    result = act(rotate=["prometheus_passwords.admin"])
    assert result["replaced"] == ["prometheus_passwords.admin"]
    assert result["made"] == []
    assert result["diff"]["before"] == {"prometheus_passwords.admin": "(secret)"}
    assert result["diff"]["after"] == {"prometheus_passwords.admin": "(secret, changed)"}


def test_phases_of_a_new_authority_end_with_another_authority_and_the_same_variables(
    act: Act, file: SecretsFile
) -> None:
    act()
    before = yaml.safe_load(file.read())
    next_steps = [act(authority=phase)["msg"] for phase in ("prepare", "switch", "finish")]
    after = yaml.safe_load(file.read())
    assert set(after) == set(before)
    assert after["certificates_authority_key"] != before["certificates_authority_key"]
    assert "secrets_authority=switch" in next_steps[0]
    assert "secrets_authority=finish" in next_steps[1]
    assert not act(authority="finish")["changed"]


def test_authority_is_not_replaced_while_trust_is_defined_where_one_would_hide_the_other(
    act: Act, file: SecretsFile
) -> None:
    act()
    before = file.path.read_bytes()
    with pytest.raises(
        AnsibleActionFail, match=f"certificates_trusted is defined elsewhere, .*move it into {file.path}"
    ):
        act(hosts={"web1": {"certificates_trusted": "-----BEGIN CERTIFICATE-----"}}, authority="prepare")
    assert file.path.read_bytes() == before


def test_variables_of_any_host_count_as_defined_elsewhere(act: Act, file: SecretsFile) -> None:
    result = act(hosts={"web1": {}, "web2": {"prometheus_passwords": {"admin": "x"}}})
    assert result["defined_elsewhere"] == ["prometheus_passwords"]
    assert "prometheus_passwords" not in yaml.safe_load(file.read())


def test_another_file_can_be_named(act: Act, tmp_path: Path) -> None:
    assert act(path=str(tmp_path / "other.yml"))["path"] == str(tmp_path / "other.yml")
    assert (tmp_path / "other.yml").read_text().startswith("$ANSIBLE_VAULT")


@pytest.mark.parametrize(
    ("text", "options", "reason"),
    [
        ("a: 'hunter2", {}, "secrets.yml: It is not plain YAML"),
        ("- hunter2", {}, "It is not a mapping of variables to values"),
        ("prometheus_passwords: hunter2", {}, "prometheus_passwords is not a mapping"),
        ("a: 1", {"rotate": ["a"]}, "Cannot rotate a"),
        ("a: 1", {"authority": "prepare"}, "this file does not contain one"),
        ("a: 1", {"authority": "begin"}, "authority must be one of: prepare, switch, finish"),
    ],
)
def test_what_cannot_be_done_is_refused_without_a_value_and_without_a_change(
    act: Act, file: SecretsFile, text: str, options: dict[str, Any], reason: str
) -> None:
    file.write(text, instead_of=file.read())
    before = file.path.read_bytes()
    with pytest.raises(AnsibleActionFail, match=reason) as refused:
        act(**options)
    assert "hunter2" not in str(refused.value)
    assert file.path.read_bytes() == before


def test_directory_that_cannot_be_written_is_named(act: Act) -> None:
    with pytest.raises(AnsibleActionFail, match="Cannot write secrets to /proc/vigil"):
        act(path="/proc/vigil/secrets.yml")
