# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbook secrets, and the role and action certificates on what it made, run as a user runs them."""

from __future__ import annotations

import os
import pwd
import re
import stat
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.parsing.vault import VaultLib, VaultSecret

from ansible_collections.vigil.observability.plugins.plugin_utils._secrets import vault_file

COLLECTION = Path(vault_file.__file__).parents[3]
PASSWORD = "correct horse battery staple"
ME = pwd.getpwuid(os.geteuid()).pw_name
LISTED = {
    "certificates_authority_certificate",
    "certificates_authority_key",
    "prometheus_passwords",
    "alertmanager_passwords",
    "incident_response_passwords",
    "elasticsearch_passwords",
    "elasticsearch_keystore_seed",
    "jaeger_passwords",
    "grafana_passwords",
    "grafana_secret_key",
    "telemetry_passwords",
}


@dataclass
class Controller:
    """A controller with an inventory directory, and all that its runs said."""

    root: Path
    said: list[str] = field(default_factory=list)

    @property
    def secrets(self) -> Path:
        return self.root / "inventory" / "group_vars" / "all" / "secrets.yml"

    def run(self, playbook: Path, *arguments: str, vault: bool = True, inventory: str = "inventory") -> str:
        """Run the playbook with everything shown; return what it said, its exit status first."""
        collections = next(parent for parent in COLLECTION.parents if parent.name == "ansible_collections").parent
        environment = {
            **os.environ,
            "HOME": str(self.root / "home"),
            "ANSIBLE_COLLECTIONS_PATH": str(collections),
            "ANSIBLE_LOCALHOST_WARNING": "false",
            "ANSIBLE_NOCOLOR": "true",
            "ANSIBLE_LOG_PATH": str(self.root / "ansible.log"),
        }
        command = [str(Path(sys.executable).with_name("ansible-playbook")), "-i", inventory, "-vvv", "--diff"]
        command += ["--vault-password-file", "vault-password"] if vault else []
        done = subprocess.run(
            [*command, *arguments, str(playbook)],
            cwd=self.root,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        said = f"{done.returncode}\n{done.stdout}{done.stderr}"
        self.said.append(said)
        return said

    def make_secrets(self, *arguments: str, **options: Any) -> str:
        return self.run(COLLECTION / "playbooks" / "secrets.yml", *arguments, **options)

    def text(self) -> str:
        vault = VaultLib([("default", VaultSecret(PASSWORD.encode()))])
        decrypted: bytes = vault.decrypt(self.secrets.read_bytes())
        return decrypted.decode()

    def values(self) -> dict[str, Any]:
        values: dict[str, Any] = yaml.safe_load(self.text())
        return values

    def write(self, text: str) -> None:
        """Put a file of secrets there, encrypted, as a person does with ansible-vault."""
        self.secrets.parent.mkdir(parents=True, exist_ok=True)
        vault = VaultLib()
        self.secrets.write_bytes(vault.encrypt(text, secret=VaultSecret(PASSWORD.encode())))


@pytest.fixture
def controller(tmp_path: Path) -> Controller:
    (tmp_path / "inventory").mkdir()
    (tmp_path / "home").mkdir()
    (tmp_path / "vault-password").write_text(PASSWORD)
    host = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
    (tmp_path / "inventory" / "hosts.yml").write_text(yaml.safe_dump({"all": {"hosts": {"web1": host}}}))
    return Controller(tmp_path)


def changed(said: str) -> bool:
    """Return whether a run that had to succeed changed something."""
    assert said.startswith("0\n"), said
    return re.search(r"changed=[1-9]", said) is not None


def test_missing_secrets_are_made_once_into_an_encrypted_file(controller: Controller) -> None:
    assert changed(controller.make_secrets())
    first = controller.secrets.read_bytes()
    assert stat.S_IMODE(controller.secrets.stat().st_mode) == 0o600
    assert set(controller.values()) == LISTED
    assert set(controller.values()["prometheus_passwords"]) == {
        "admin",
        "prometheus",
        "grafana",
        "incident_response",
    }
    assert not changed(controller.make_secrets())
    assert controller.secrets.read_bytes() == first


def test_inventory_that_is_a_file_gets_its_secrets_beside_it(controller: Controller) -> None:
    assert changed(controller.make_secrets(inventory="inventory/hosts.yml"))
    assert set(controller.values()) == LISTED


def test_no_vault_password_is_refused_and_nothing_written(controller: Controller) -> None:
    said = controller.make_secrets(vault=False)
    assert said.startswith("2\n")
    assert "--vault-password-file FILE or --ask-vault-pass, or set ANSIBLE_VAULT_PASSWORD_FILE" in said
    assert not controller.secrets.parent.exists()


def test_check_mode_names_what_is_missing_and_writes_nothing(controller: Controller) -> None:
    said = controller.make_secrets("--check")
    assert changed(said)
    assert '"prometheus_passwords.admin": "(secret, new)"' in said
    assert not controller.secrets.parent.exists()


def test_values_and_comments_that_are_there_stay(controller: Controller) -> None:
    controller.write("# Ours.\nprometheus_passwords:\n  admin: chosen  # by Ada\nother: 1\n")
    assert changed(controller.make_secrets())
    assert controller.values()["prometheus_passwords"]["admin"] == "chosen"
    assert controller.values()["other"] == 1
    assert "# Ours.\n" in controller.text()
    assert "admin: chosen  # by Ada\n" in controller.text()
    assert "chosen" not in "".join(controller.said)


def test_secrets_defined_elsewhere_in_the_inventory_are_left_to_it(controller: Controller) -> None:
    hosts = controller.root / "inventory" / "host_vars"
    hosts.mkdir()
    (hosts / "web1.yml").write_text("prometheus_passwords: {admin: a, prometheus: b}\n")
    said = controller.make_secrets("-e", "alertmanager_passwords={}")
    assert changed(said)
    assert set(controller.values()) == LISTED - {"prometheus_passwords", "alertmanager_passwords"}
    assert re.search(r'"defined_elsewhere": \[\s*"alertmanager_passwords",\s*"prometheus_passwords"\s*\]', said)


def test_named_passwords_are_rotated_and_no_others(controller: Controller) -> None:
    controller.make_secrets()
    before = controller.values()
    said = controller.make_secrets("-e", "secrets_rotate=prometheus_passwords.admin,alertmanager_passwords.prometheus")
    assert changed(said)
    assert '"prometheus_passwords.admin": "(secret, changed)"' in said
    after = controller.values()
    assert after["prometheus_passwords"]["admin"] != before["prometheus_passwords"]["admin"]
    assert after["prometheus_passwords"]["prometheus"] == before["prometheus_passwords"]["prometheus"]
    assert after["alertmanager_passwords"]["prometheus"] != before["alertmanager_passwords"]["prometheus"]
    assert after["certificates_authority_key"] == before["certificates_authority_key"]


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["-e", "secrets_rotate=prometheus_passwords.nobody"], "Cannot rotate prometheus_passwords.nobody"),
        (["-e", "secrets_authority=switch"], "Cannot switch"),
        (["-e", "secrets_file=/proc/vigil/secrets.yml"], "Cannot write secrets to /proc/vigil"),
    ],
)
def test_wish_that_cannot_be_granted_is_refused_and_nothing_written(
    controller: Controller, arguments: list[str], reason: str
) -> None:
    said = controller.make_secrets(*arguments)
    assert said.startswith("2\n")
    assert reason in said
    assert not controller.secrets.parent.exists()


def test_file_that_is_no_yaml_is_refused_without_being_shown(controller: Controller) -> None:
    path = controller.root / "elsewhere.yml"
    controller.write("a: 'hunter2\nb: }")
    controller.secrets.rename(path)
    said = controller.make_secrets("-e", f"secrets_file={path}")
    assert f"Cannot use {path}: It is not plain YAML, see line" in said
    assert "hunter2" not in said


def test_run_on_made_secrets_shows_none_of_them_and_takes_one_call_when_nothing_is_due(controller: Controller) -> None:
    """Secrets, certificates, a new password and a new authority, with all output there is kept and searched."""
    secrets: set[str] = set()
    playbook = _certificates_playbook(controller)
    for arguments in (
        [],
        ["-e", "secrets_rotate=prometheus_passwords.admin"],
        ["-e", "secrets_authority=prepare"],
        ["-e", "secrets_authority=switch"],
        ["-e", "secrets_authority=finish"],
    ):
        assert changed(controller.make_secrets(*arguments))
        secrets |= _secrets_of(controller)
        signs = arguments == [] or "switch" in arguments[-1]
        assert _module_calls(controller.run(playbook)) == (2 if signs else 1)
        secrets |= _lines((controller.root / "host" / "certificates" / "prometheus" / "tls.key").read_text())
    again = controller.run(playbook)
    assert not changed(again)
    assert _module_calls(again) == 1
    assert _module_calls(controller.run(playbook, "-e", "certificates_authority_key=nonsense")) == 0

    assert len(secrets) > 10
    assert not [secret for secret in secrets for said in controller.said if secret in said]
    keys = set((controller.root / "host").rglob("tls.key"))
    left = [path for path in controller.root.rglob("*") if path.is_file() and path not in keys]
    assert not [path for path in left for secret in secrets if secret.encode() in path.read_bytes()]


def test_role_names_a_missing_secret_before_it_touches_the_host(controller: Controller) -> None:
    play = {
        "hosts": "all",
        "gather_facts": False,
        "roles": ["vigil.observability.certificates"],
        "vars": {"certificates_services": [{"name": "prometheus"}]},
    }
    path = controller.root / "role.yml"
    path.write_text(yaml.safe_dump([play]))
    said = controller.run(path)
    assert "certificates_authority_certificate, certificates_authority_key" in said
    assert _module_calls(said) == 0


def _certificates_playbook(controller: Controller) -> Path:
    host = controller.root / "host"
    options = {
        "services": [{"name": "prometheus", "user": ME}],
        "host": "{{ inventory_hostname }}",
        "address": "192.0.2.1",
        "authority_certificate": "{{ certificates_authority_certificate }}",
        "authority_key": "{{ certificates_authority_key }}",
        "trusted": "{{ certificates_trusted | default('') }}",
        "certificates_dir": str(host / "certificates"),
        "textfile_dir": str(host / "textfile"),
    }
    task = {"name": "Give certificates", "vigil.observability.certificates": options}
    path = controller.root / "certificates.yml"
    path.write_text(yaml.safe_dump([{"hosts": "all", "gather_facts": False, "tasks": [task]}]))
    return path


def _module_calls(said: str) -> int:
    return len(re.findall(r"^Using module file .*/host_certificates\.py$", said, flags=re.MULTILINE))


def _secrets_of(controller: Controller) -> set[str]:
    values = controller.values()
    passwords = {password for name in LISTED if "passwords" in name for password in values[name].values()}
    keys = {line for name, value in values.items() if name.endswith("_key") for line in _lines(value)}
    return passwords | keys


def _lines(key: str) -> set[str]:
    return {line for line in key.splitlines() if not line.startswith("-----")}
