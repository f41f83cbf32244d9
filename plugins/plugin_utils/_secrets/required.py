# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which secrets an inventory needs, and what to change in its file of secrets: pure functions over its values."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ansible_collections.vigil.observability.plugins.module_utils._errors.sentence import OperatorError
from ansible_collections.vigil.observability.plugins.plugin_utils._pki.authority import make_authority
from ansible_collections.vigil.observability.plugins.plugin_utils._services.registry import services

__all__ = [
    "PHASES",
    "TRUSTED",
    "Changes",
    "Secret",
    "missing",
    "next_phase",
    "rotated",
    "secrets_of_services",
]

Path = tuple[str, ...]
# New values by path of keys; None removes the key.
Changes = dict[Path, str | None]

_CERTIFICATE, _KEY = "certificates_authority_certificate", "certificates_authority_key"
TRUSTED = "certificates_trusted"
_NEXT_CERTIFICATE, _NEXT_KEY = "secrets_next_authority_certificate", "secrets_next_authority_key"
_PREVIOUS_CERTIFICATE = "secrets_previous_authority_certificate"
_PASSWORD_BYTES = 24  # 32 characters


@dataclass(frozen=True)
class Secret:
    """A variable that holds a password, a key, passwords by member, or (by two variables) a certificate authority."""

    name: str
    kind: str
    members: tuple[str, ...] = ()

    def paths(self) -> list[Path]:
        """Return where the values lie: a key, or a key and a member."""
        if self.kind == "authority":
            return [(f"{self.name}_certificate",), (f"{self.name}_key",)]
        return [(self.name, member) for member in self.members] if self.kind == "passwords" else [(self.name,)]


def secrets_of_services() -> list[Secret]:
    """Return the secrets that an inventory has to contain, those of the certificate authority first."""
    found = [Secret("certificates_authority", "authority")]
    for name, service in services().items():
        found += [Secret(f"{name}_passwords", "passwords", service.users)] if service.users else []
        found += [Secret(f"{name}_{key}", "key") for key in service.keys]
    return found


def missing(wanted: Iterable[Secret], values: Mapping[str, Any], elsewhere: Collection[str], now: datetime) -> Changes:
    """Return a value for each wanted secret that is neither among the values nor defined elsewhere."""
    changes: Changes = {}
    for secret in wanted:
        absent = [path for path in secret.paths() if _value(values, path) is None and path[0] not in elsewhere]
        if secret.kind != "authority":
            changes.update({path: _password() for path in absent})
        elif len(absent) == 1:
            raise OperatorError(
                f"{absent[0][0]} is missing, but the other half of the authority exists: "
                "restore the missing half, or remove the other to generate a new authority."
            )
        elif absent:
            changes.update(zip(absent, make_authority(now), strict=True))
    return changes


def rotated(wanted: Iterable[Secret], values: Mapping[str, Any], names: Iterable[str]) -> Changes:
    """Return a new value for each password named as variable or variable.member. Raises OperatorError."""
    wanted = list(wanted)
    kept = {secret.name for secret in wanted if secret.kind == "key"}
    known = {".".join(path): path for secret in wanted if "password" in secret.kind for path in secret.paths()}
    changes: Changes = {}
    for name in names:
        if name in kept:
            raise OperatorError(
                f"Cannot rotate {name}: a service has encrypted its own secrets with it and would lose them."
            )
        if name not in known:
            raise OperatorError(
                f"Cannot rotate {name}: the secrets that can be rotated are {', '.join(sorted(known)) or 'none'}. "
                "The certificate authority is replaced in phases, by secrets_authority=prepare, switch and finish."
            )
        if _value(values, known[name]) is None:
            raise OperatorError(f"Cannot rotate {name}: this file does not contain it. Change it where it is defined.")
        changes[known[name]] = _password()
    return changes


def next_phase(phase: str, values: Mapping[str, Any], now: datetime) -> Changes:
    """Return what to change for a phase of replacing the authority, nothing when it was done. Raises OperatorError."""
    if not all(values.get(key) for key in (_CERTIFICATE, _KEY)):
        raise OperatorError(
            f"Cannot {phase} the replacement of the certificate authority: this file does not contain one. Replace "
            "an authority that is defined elsewhere there, and trust both by certificates_trusted meanwhile."
        )
    return PHASES[phase](values, now)


def _prepare(values: Mapping[str, Any], now: datetime) -> Changes:
    if values.get(_PREVIOUS_CERTIFICATE):
        raise OperatorError(
            "Cannot prepare another authority while the previous one is still trusted: "
            "run the site playbook on all hosts, then secrets_authority=finish, and then prepare."
        )
    if values.get(_NEXT_KEY):
        return {}
    certificate, key = make_authority(now)
    trusted = _with_blocks(values.get(TRUSTED), certificate)
    return {(_NEXT_CERTIFICATE,): certificate, (_NEXT_KEY,): key, (TRUSTED,): trusted}


def _switch(values: Mapping[str, Any], _now: datetime) -> Changes:
    if not values.get(_NEXT_KEY):
        if values.get(_PREVIOUS_CERTIFICATE):
            return {}
        raise OperatorError(
            "Cannot switch to the next authority, because there is none: run secrets_authority=prepare first, "
            "and then the site playbook on all hosts so that they trust it."
        )
    following, previous = values[_NEXT_CERTIFICATE], values[_CERTIFICATE]
    return {
        (_CERTIFICATE,): following,
        (_KEY,): values[_NEXT_KEY],
        (_PREVIOUS_CERTIFICATE,): previous,
        (TRUSTED,): _with_blocks(_without_blocks(values.get(TRUSTED), following), previous),
        (_NEXT_CERTIFICATE,): None,
        (_NEXT_KEY,): None,
    }


def _finish(values: Mapping[str, Any], _now: datetime) -> Changes:
    if values.get(_NEXT_KEY):
        raise OperatorError(
            "Cannot finish before the next authority signs: run secrets_authority=switch first, "
            "and then the site playbook on all hosts so that all certificates are signed anew."
        )
    if not values.get(_PREVIOUS_CERTIFICATE):
        return {}
    trusted = _without_blocks(values.get(TRUSTED), values[_PREVIOUS_CERTIFICATE])
    return {(TRUSTED,): trusted or None, (_PREVIOUS_CERTIFICATE,): None}


PHASES: Mapping[str, Callable[[Mapping[str, Any], datetime], Changes]] = {
    "prepare": _prepare,
    "switch": _switch,
    "finish": _finish,
}


def _value(values: Mapping[str, Any], path: Path) -> Any:
    value = values.get(path[0])
    if value is None or len(path) == 1:
        return value
    if not isinstance(value, Mapping):
        raise OperatorError(
            f"{path[0]} is not a mapping: it has to contain a password for each member, such as {path[1]}."
        )
    return value.get(path[1])


def _password() -> str:
    return secrets.token_urlsafe(_PASSWORD_BYTES)


def _blocks(text: str | None) -> list[str]:
    found = re.findall(r"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", text or "", re.DOTALL)
    return [f"{block}\n" for block in found]


def _with_blocks(text: str | None, added: str) -> str:
    return "".join(dict.fromkeys([*_blocks(text), *_blocks(added)]))


def _without_blocks(text: str | None, removed: str) -> str:
    gone = set(_blocks(removed))
    return "".join(block for block in _blocks(text) if block not in gone)
