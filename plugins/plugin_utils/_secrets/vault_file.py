# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A vault-encrypted file of variables beside the inventory."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ansible import constants
from ansible.errors import AnsibleError
from ansible.parsing.vault import VaultLib, is_encrypted, match_encrypt_secret, parse_vaulttext_envelope

from ansible_collections.vigil.observability.plugins.module_utils._errors.sentence import OperatorError
from ansible_collections.vigil.observability.plugins.module_utils._host.tree import make_directory, write_atomically

__all__ = ["SecretsFile", "path_beside"]

_HEADER = """\
# Secrets of this inventory, made by playbooks/secrets.yml: values that are there are never changed unless asked.
# Comments stay. To look: ansible-vault view; to change a value by hand: ansible-vault edit.
"""


@dataclass(frozen=True)
class SecretsFile:
    """The file with the vault secrets of this run, as pairs of vault id and secret."""

    path: Path
    secrets: Sequence[tuple[str, Any]]

    def read(self) -> str:
        """Return the text of the file, that of a new file when there is none. Raises OperatorError."""
        self._refuse_without_password()
        self._refuse_shadowed()
        if not self.path.exists():
            return _HEADER
        return self._opened()[0]

    def write(self, text: str, *, instead_of: str) -> None:
        """Encrypt the text into the file, for its owner alone, with the password that it had.

        Raises OperatorError when the file does not hold the text any more that this one was made from.
        """
        if not self.path.exists():
            self._password()  # refuses before a directory is made
        make_directory(self.path.parent)
        with _alone(self.path.parent):
            found, vault_id, secret = self._opened() if self.path.exists() else (_HEADER, *self._password())
            if found != instead_of:
                raise OperatorError(
                    f"Another run has changed {self.path} since this one read it, and nothing was written: run again."
                )
            # Without the id where it is the usual one, as ansible-vault does.
            content = VaultLib(self.secrets).encrypt(
                text, secret=secret, vault_id=None if vault_id == "default" else vault_id
            )
            write_atomically(self.path.resolve(), bytes(content), mode=0o600)

    def _password(self) -> tuple[str, Any]:
        """Return the vault id and secret for a new file."""
        try:
            vault_id, secret = match_encrypt_secret(self.secrets, constants.DEFAULT_VAULT_ENCRYPT_IDENTITY)
        except AnsibleError as error:
            raise OperatorError(f"Cannot encrypt {self.path}: {error.message}") from error
        return vault_id, secret

    def _opened(self) -> tuple[str, str, Any]:
        """Return the text, and the vault id and secret that the file is encrypted with."""
        content = self.path.read_bytes()
        if not is_encrypted(content):
            raise OperatorError(
                f"{self.path} is not encrypted: encrypt it by `ansible-vault encrypt {self.path}` and run again."
            )
        try:
            text, _vault_id, secret = VaultLib(self.secrets).decrypt_and_get_vault_id(content)
        except AnsibleError as error:
            raise OperatorError(
                f"Cannot decrypt {self.path}: give the vault password that it was encrypted with."
            ) from error
        return text.decode(), parse_vaulttext_envelope(content)[3], secret

    def _refuse_without_password(self) -> None:
        if not self.secrets:
            raise OperatorError(
                f"Secrets are only written encrypted, and there is no vault password to encrypt {self.path} with: "
                "run again with --vault-password-file FILE or --ask-vault-pass, or set ANSIBLE_VAULT_PASSWORD_FILE."
            )

    def _refuse_shadowed(self) -> None:
        """Refuse where a directory group_vars/all would make Ansible ignore the variables in group_vars/all.yml."""
        directory = self.path.parent
        taken = [
            path
            for path in (directory.with_name(directory.name + end) for end in (".yml", ".yaml", ".json"))
            if path.is_file()
        ]
        if directory.is_dir() or not (taken or directory.exists()):
            return
        found = taken[0] if taken else directory
        raise OperatorError(
            f"Cannot make {self.path} beside {found}: Ansible reads either the directory {directory} or that file. "
            f"Move the file into the directory, to {directory / 'main.yml'}, and run again."
        )


@contextlib.contextmanager
def _alone(directory: Path) -> Iterator[None]:
    """Wait until no other run writes below the directory, and keep others waiting."""
    handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def path_beside(sources: Sequence[str]) -> Path:
    """Return where the secrets of an inventory lie, given its sources (files or directories): beside the first."""
    for source in map(Path, sources):
        if source.exists():
            return (source if source.is_dir() else source.parent) / "group_vars" / "all" / "secrets.yml"
    raise OperatorError(
        "There is no inventory on disk to write secrets beside: name one by -i, or the file by -e secrets_file=PATH."
    )
