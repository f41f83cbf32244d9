# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is wrong with the secrets of an inventory: missing ones, unfit passwords, an authority that cannot sign."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from ansible_collections.vigil.observability.plugins.module_utils._errors.sentence import OperatorError
from ansible_collections.vigil.observability.plugins.plugin_utils._inventory.host_inputs import HostInputs, Play
from ansible_collections.vigil.observability.plugins.plugin_utils._inventory.problem import Problem
from ansible_collections.vigil.observability.plugins.plugin_utils._inventory.role_inputs import role_of
from ansible_collections.vigil.observability.plugins.plugin_utils._pki.authority import read_authority
from ansible_collections.vigil.observability.plugins.plugin_utils._secrets.password import LONGEST, SHORTEST, fits
from ansible_collections.vigil.observability.plugins.plugin_utils._secrets.required import secrets_of_services

__all__ = ["invalid_authorities", "invalid_passwords", "missing_inputs", "wanted_secrets"]

# {variable: the members that it has to have, none for a variable that is no mapping}
Wanted = Mapping[str, tuple[str, ...]]

_AUTHORITY = ("certificates_authority_certificate", "certificates_authority_key", "certificates_trusted")


def wanted_secrets() -> Wanted:
    """Return the secrets that the playbook secrets makes."""
    wanted: dict[str, tuple[str, ...]] = {}
    for path in (path for secret in secrets_of_services() for path in secret.paths()):
        wanted[path[0]] = (*wanted.get(path[0], ()), *path[1:])
    return wanted


def missing_inputs(host: HostInputs, play: Play, wanted: Wanted, command: str) -> Iterator[Problem]:
    """Yield a problem for each input that a role of the host requires and nothing gives.

    Args:
        host: The host.
        play: What an input that the play gives is made of has to be there instead.
        wanted: The secrets that can be made.
        command: What makes them.
    """
    advice = f"missing: run `{command}`, which generates missing secrets, or set your own."
    for name, role in _required(host, play, wanted).items():
        if name not in wanted and host.is_missing(name):
            yield Problem(name, host.name, f"is missing: the role {role} requires it, so set it in the inventory.")
        for secret in _lacking(host, name, wanted.get(name)):
            yield Problem(secret, host.name, f"is {advice}", f"are {advice}")


def invalid_passwords(host: HostInputs, play: Play, wanted: Wanted) -> Iterator[Problem]:
    """Yield a problem for each password that a service of the host cannot take as a hash."""
    used = {name for service in host.services for name in play.inputs[service]}
    for name in (name for name, members in wanted.items() if members and name in used):
        for user, password in host.value(name, {}).items():
            if not (fits(password) or (user in wanted[name] and password in (None, ""))):
                rest = f"does not have {SHORTEST} to {LONGEST} bytes: choose another password."
                yield Problem(f"{name}.{user}", host.name, rest)


def invalid_authorities(hosts: Iterable[HostInputs], now: datetime) -> Iterator[Problem]:
    """Yield a problem for each host whose certificates could not be signed. An authority is read once for all hosts."""
    read: dict[tuple[str, ...], str] = {}
    for host in (host for host in hosts if host.certified):
        given = tuple(str(host.value(name, "")) for name in _AUTHORITY)
        if given not in read:
            read[given] = _invalid(*given, now=now) if all(given[:2]) else ""
        if read[given]:
            yield Problem("The certificate authority", host.name, f"cannot be used: {read[given]}")


def _required(host: HostInputs, play: Play, wanted: Wanted) -> dict[str, str]:
    """Return by name what has to be in the inventory, with the role that requires it."""
    found: dict[str, str] = {}
    for role in host.roles:
        for name, option in play.inputs[role].items():
            if name not in play.given:
                found |= {name: role} if option.get("required") else {}
                continue
            # The playbook makes this input of secrets, which matter where the services run that they are of.
            words = (word for word in re.findall(r"\w+", str(play.given[name])) if word in wanted)
            found |= {word: role for word in words if role_of(word, play.inputs) in play.running}
    return found


def _lacking(host: HostInputs, name: str, members: tuple[str, ...] | None) -> list[str]:
    """Return the secret, or the members of it, that are not there; nothing when the secret is wrong otherwise."""
    if members is None:
        return []
    if host.is_missing(name):
        return [name]
    value = host.value(name)
    return [f"{name}.{member}" for member in members if value is not None and value.get(member) in (None, "")]


def _invalid(certificate: str, key: str, trusted: str, *, now: datetime) -> str:
    try:
        read_authority(certificate, key, trusted, now)
    except OperatorError as error:
        # The text names the options of the module certificates; the variables are called after these.
        options = r"\bauthority_(certificate|key)\b|^trusted\b|(?<= to )trusted\b"
        return re.sub(options, r"certificates_\g<0>", str(error))
    return ""
