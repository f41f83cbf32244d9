# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Any

import pytest
from ansible import constants
from ansible.parsing.vault import VaultLib, VaultSecret, parse_vaulttext_envelope

from ansible_collections.vigil.observability.plugins.module_utils._errors.sentence import OperatorError
from ansible_collections.vigil.observability.plugins.plugin_utils._secrets.vault_file import SecretsFile, path_beside

PASSWORD = ("default", VaultSecret(b"correct horse"))
OTHER = ("other", VaultSecret(b"battery staple"))


def secrets_file(directory: Path, *secrets: Any) -> SecretsFile:
    return SecretsFile(directory / "group_vars" / "all" / "secrets.yml", secrets)


def vault_id_of(file: SecretsFile) -> str:
    vault_id: str = parse_vaulttext_envelope(file.path.read_bytes())[3]
    return vault_id


def test_what_is_written_is_encrypted_for_its_owner_alone_and_read_back(tmp_path: Path) -> None:
    file = secrets_file(tmp_path, PASSWORD)
    umask = os.umask(0)
    file.write("password: hunter2\n", instead_of=file.read())
    os.umask(umask)
    assert file.path.read_text().startswith("$ANSIBLE_VAULT;1.1;AES256\n")
    assert stat.S_IMODE(file.path.stat().st_mode) == 0o600
    assert [path.name for path in file.path.parent.iterdir()] == ["secrets.yml"]
    assert file.read() == "password: hunter2\n"


def test_missing_file_reads_as_a_header_that_says_what_it_is(tmp_path: Path) -> None:
    assert secrets_file(tmp_path, PASSWORD).read().startswith("# Secrets of this inventory")


def test_no_vault_password_is_refused_with_the_ways_to_give_one(tmp_path: Path) -> None:
    with pytest.raises(OperatorError, match="--vault-password-file FILE or --ask-vault-pass, or set ANSIBLE_VAULT"):
        secrets_file(tmp_path).read()


def test_file_keeps_the_password_and_vault_id_it_was_encrypted_with(tmp_path: Path) -> None:
    secrets_file(tmp_path, OTHER).path.parent.mkdir(parents=True)
    file = secrets_file(tmp_path, PASSWORD, OTHER)
    file.path.write_bytes(VaultLib([OTHER]).encrypt("a: 1\n", secret=OTHER[1], vault_id="other"))
    file.write("a: 2\n", instead_of=file.read())
    assert vault_id_of(file) == "other"
    assert secrets_file(tmp_path, OTHER).read() == "a: 2\n"


def test_new_file_takes_the_vault_id_that_is_set_for_encryption(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(constants, "DEFAULT_VAULT_ENCRYPT_IDENTITY", "other")
    file = secrets_file(tmp_path, PASSWORD, OTHER)
    file.write("a: 1\n", instead_of=file.read())
    assert vault_id_of(file) == "other"


def test_vault_id_that_is_set_for_encryption_and_not_given_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(constants, "DEFAULT_VAULT_ENCRYPT_IDENTITY", "absent")
    with pytest.raises(OperatorError, match=r"Cannot encrypt .*secrets\.yml"):
        secrets_file(tmp_path, PASSWORD).write("a: 1\n", instead_of=secrets_file(tmp_path, PASSWORD).read())


def test_file_in_clear_text_is_refused_with_the_command_that_encrypts_it(tmp_path: Path) -> None:
    file = secrets_file(tmp_path, PASSWORD)
    file.path.parent.mkdir(parents=True)
    file.path.write_text("password: hunter2\n")
    with pytest.raises(OperatorError, match=r"ansible-vault encrypt .*secrets\.yml") as refused:
        file.read()
    assert "hunter2" not in str(refused.value)


def test_file_of_another_password_is_refused(tmp_path: Path) -> None:
    secrets_file(tmp_path, OTHER).write("a: 1\n", instead_of=secrets_file(tmp_path, OTHER).read())
    with pytest.raises(OperatorError, match=r"Cannot decrypt .*secrets\.yml: use the vault password"):
        secrets_file(tmp_path, PASSWORD).read()


@pytest.mark.parametrize("taken", ["all.yml", "all.yaml", "all.json", "all"])
def test_directory_that_would_hide_variables_of_all_is_not_made(tmp_path: Path, taken: str) -> None:
    (tmp_path / "group_vars").mkdir()
    (tmp_path / "group_vars" / taken).write_text("a: 1\n")
    with pytest.raises(OperatorError, match=r"Move the file into the directory, to .*group_vars/all/main\.yml"):
        secrets_file(tmp_path, PASSWORD).read()


def test_link_to_a_file_elsewhere_stays_a_link(tmp_path: Path) -> None:
    file = secrets_file(tmp_path, PASSWORD)
    elsewhere = tmp_path / "elsewhere.yml"
    file.path.parent.mkdir(parents=True)
    file.path.symlink_to(elsewhere)
    file.write("a: 1\n", instead_of=file.read())
    assert file.path.is_symlink()
    assert elsewhere.read_text().startswith("$ANSIBLE_VAULT")


def test_secrets_lie_beside_an_inventory_file_and_inside_an_inventory_directory(tmp_path: Path) -> None:
    hosts = tmp_path / "hosts.yml"
    hosts.write_text("all: {}\n")
    expected = tmp_path / "group_vars" / "all" / "secrets.yml"
    assert path_beside([str(hosts)]) == expected
    assert path_beside([str(tmp_path)]) == expected
    assert path_beside(["web1,web2,", str(hosts)]) == expected


@pytest.mark.parametrize("sources", [[], ["web1,"], ["/nonexistent/hosts"]])
def test_inventory_that_is_not_on_disk_is_refused(sources: list[str]) -> None:
    with pytest.raises(OperatorError, match="choose one with -i, or the file with -e secrets_file=PATH"):
        path_beside(sources)


@pytest.mark.parametrize("there", [False, True], ids=["new file", "file that is there"])
def test_secrets_that_another_run_has_made_meanwhile_are_not_lost(tmp_path: Path, there: bool) -> None:
    file = secrets_file(tmp_path, PASSWORD)
    if there:
        file.write("a: 0\n", instead_of=file.read())
    read = file.read()
    file.write("a: 1\n", instead_of=read)
    with pytest.raises(OperatorError, match=r"Another run changed .*secrets\.yml .* Nothing was written: run again"):
        file.write("b: 1\n", instead_of=read)
    assert file.read() == "a: 1\n"
