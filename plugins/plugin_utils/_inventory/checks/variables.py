# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is wrong with the names of variables: misspelt inputs, and inputs where nothing reads them.

Variables of others are no business of this collection: those of hosts that run none of its services, those with a
prefix that the inventory names, and on all other hosts whatever does not come close to an input.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Sequence

from ansible_collections.vigil.observability.plugins.plugin_utils._formats.enumeration import listed
from ansible_collections.vigil.observability.plugins.plugin_utils._inventory.host_inputs import HostInputs, Play
from ansible_collections.vigil.observability.plugins.plugin_utils._inventory.problem import Problem
from ansible_collections.vigil.observability.plugins.plugin_utils._inventory.role_inputs import (
    PROVISIONED,
    Inputs,
    close_to,
    misspelt,
    role_of,
)
from ansible_collections.vigil.observability.plugins.plugin_utils._services.registry import services

__all__ = ["invalid_prefixes", "misplaced_inputs", "misspelt_inputs", "suspicious_names"]

_NAMED = 6  # variables of others in a warning; of more, the first and how many follow


def misspelt_inputs(hosts: Iterable[HostInputs], play: Play) -> Iterator[Problem]:
    """Yield a problem for each variable that comes close to an input of a role of its host."""
    said = functools.cache(lambda name: misspelt(name, play.inputs))
    for host, name, role in _unknown(hosts, play.inputs):
        if role in host.roles and (rest := said(name)):
            yield Problem(name, host.name, rest)


def invalid_prefixes(hosts: Iterable[HostInputs], play: Play) -> Iterator[Problem]:
    """Yield a problem for each prefix of others that inputs of this collection have too."""
    known = {name for options in play.inputs.values() for name in options}
    for host in (host for host in hosts if host.services):
        for prefix in host.foreign:
            if ours := sorted(name for name in known if name.startswith(prefix)):
                rest = (
                    f"cannot contain {prefix!r}: {ours[0]} of this collection begins with it too. Use a longer prefix."
                )
                yield Problem("vigil_foreign_prefixes", host.name, rest)


def suspicious_names(hosts: Sequence[HostInputs], play: Play) -> Iterator[Problem]:
    """Yield what to say of variables that look like inputs: of those that others may have, one warning for all."""
    refused = {problem.subject for problem in misspelt_inputs(hosts, play)}
    meant = functools.cache(lambda name: close_to(name, play.inputs))
    foreign: dict[str, None] = {}
    where: dict[str, None] = {}
    for host, name, role in _unknown(hosts, play.inputs):
        if role and name not in refused:
            foreign[name] = where[host.name] = None
        elif not role and (near := meant(name)) and role_of(near, play.inputs) in host.roles:
            yield Problem(name, host.name, f"is not a variable of this collection: did you mean {near}?")
    if foreign:
        names = sorted(foreign)
        shown = names if len(names) <= _NAMED else [*names[: _NAMED - 1], f"{len(names) - _NAMED + 1} more variables"]
        what, them = ("is not an input", "it") if len(names) == 1 else ("are not inputs", "them")
        rest = (
            f"{what} of roles that run there, and nothing here reads {them}: add the prefixes of other roles to "
            "vigil_foreign_prefixes, and correct or remove the rest."
        )
        yield from (Problem(listed(shown), name, rest) for name in where)


def misplaced_inputs(hosts: Sequence[HostInputs], play: Play, secrets: Iterable[str]) -> Iterator[Problem]:
    """Yield a warning for each input of a service that runs on other hosts, but on none of those that have it.

    Args:
        hosts: All hosts.
        play: The inputs, and the roles that run somewhere.
        secrets: Inputs that services of other hosts read too.
    """
    read = {name: role for role in play.running & services().keys() for name in play.inputs[role].keys() - set(secrets)}
    where: dict[str, list[HostInputs]] = {}
    for host in (host for host in hosts if host.services):
        for name in host.variable_names & read.keys():
            where.setdefault(name, []).append(host)
    for name in sorted(where):
        role, found = read[name], where[name]
        if not any(role in host.services for host in found):
            rest = f"has no effect, as {role} does not run there: move it to the group {role}, or remove it."
            yield from (Problem(name, host.name, rest) for host in found)


def _unknown(hosts: Iterable[HostInputs], inputs: Inputs) -> Iterator[tuple[HostInputs, str, str | None]]:
    """Yield each variable of the play's hosts that is no input, with the role whose prefix it has."""
    known = {name for options in (*inputs.values(), *PROVISIONED.values()) for name in options}
    role = functools.cache(lambda name: role_of(name, inputs))
    for host in (host for host in hosts if host.services):
        for name in sorted(host.variable_names - known):
            if not name.startswith(host.foreign):
                yield host, name, role(name)
