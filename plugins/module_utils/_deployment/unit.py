# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The unit of a service as systemd reads it, with everything that systemd would interpret escaped."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .._errors.sentence import OperatorError
from .hardening import hardened
from .unit_values import unfit_line, unfit_resource, unfit_user, unfit_variable, unfit_word

__all__ = ["MARK", "Unit", "quote", "render", "render_socket"]

MARK = "# Managed by the Ansible collection vigil.observability"
# Its input is the connection, and so is its answer.
_PER_CONNECTION = {
    "KillMode": "control-group",
    "StandardError": "journal",
    "StandardInput": "socket",
    "StandardOutput": "socket",
}
_NOTICE = "# The next run overwrites changes. Make lasting changes in a drop-in (systemctl edit) or in the inventory."
_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "%": "%%"}
# What needs no quotes in a systemd command line; everything else is quoted, non-ASCII letters included.
_PLAIN = re.compile(r"[A-Za-z0-9_@+=:,./%$-]+")


@dataclass(frozen=True)
class Unit:
    """The contents of a unit beyond the hardening baseline; values of systemd keys are in systemd's notation."""

    name: str
    user: str
    command: Sequence[str]
    description: str = ""
    documentation: str = ""
    writable_paths: Sequence[str] = ()
    reload: bool = False
    environment: Mapping[str, str] = field(default_factory=dict)
    resources: Mapping[str, Any] = field(default_factory=dict)
    hardening_overrides: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    per_connection: bool = False  # a socket starts it, once for each connection


def quote(word: str, *, variables: bool = False) -> str:
    """Return the word so that systemd reads exactly it back; with variables also where systemd replaces $VARIABLES.

    Raises OperatorError for a word that a unit cannot hold.
    """
    _refuse("A word of the unit", unfit_word(word))
    escaped = "".join(_ESCAPES.get(character, character) for character in word)
    escaped = escaped.replace("$", "$$") if variables else escaped
    return escaped if _PLAIN.fullmatch(escaped) else f'"{escaped}"'


def render(unit: Unit) -> str:
    """Return the text of the unit file. Raises OperatorError."""
    lines = [MARK, _NOTICE, "", "[Unit]", *_unit_section(unit), "", "[Service]", *_service_section(unit)]
    lines += ["", "# Hardening", *_hardening_section(unit)]
    lines += [] if unit.per_connection else ["", "[Install]", "WantedBy=multi-user.target"]
    return "\n".join(lines) + "\n"


def render_socket(unit: Unit, path: str, at_once: int) -> str:
    """Return the text of the socket at a path, for its user alone, that starts the unit for each connection."""
    lines = [MARK, _NOTICE, "", "[Unit]", _line("Description", _described(unit)), "", "[Socket]"]
    lines += [f"ListenStream={quote(path)}", "Accept=yes", f"MaxConnections={at_once}", "SocketMode=0600"]
    lines += [f"SocketUser={quote(unit.user)}", f"SocketGroup={quote(unit.user)}"]
    return "\n".join([*lines, "", "[Install]", "WantedBy=sockets.target"]) + "\n"


def _described(unit: Unit) -> str:
    return (unit.description or unit.name).replace("%", "%%")


def _unit_section(unit: Unit) -> Iterable[str]:
    yield _line("Description", _described(unit))
    if unit.documentation:
        yield _line("Documentation", unit.documentation.replace("%", "%%"))
    yield "Wants=network-online.target"
    yield "After=network-online.target"
    for path in unit.writable_paths:
        yield f"RequiresMountsFor={quote(path)}"
    # A service that cannot start yet (because an address is missing, say) is restarted until it can. What a connection
    # starts is run once, and forgotten when it has failed.
    yield "CollectMode=inactive-or-failed" if unit.per_connection else "StartLimitIntervalSec=0"


def _service_section(unit: Unit) -> Iterable[str]:
    if not unit.command or not unit.command[0].startswith("/"):
        raise OperatorError(f"The command of {unit.name} must start with the absolute path of a program.")
    _refuse(f"The user of {unit.name}", unfit_user(unit.user))
    yield "Type=exec"
    yield f"User={quote(unit.user)}"
    yield f"Group={quote(unit.user)}"
    # systemd replaces no variables in the path of the program itself.
    yield " ".join([f"ExecStart={quote(unit.command[0])}", *(quote(word, variables=True) for word in unit.command[1:])])
    if unit.reload:
        # The shell's own kill: a minimal host has no /bin/kill.
        yield 'ExecReload=/bin/sh -c "kill -HUP $MAINPID"'
    for variable, value in sorted(unit.environment.items()):
        _refuse(f"The environment variable {variable!r} of {unit.name}", unfit_variable(variable, value))
        yield f"Environment={quote(f'{variable}={value}')}"
    for path in unit.writable_paths:
        yield f"ReadWritePaths={quote(path)}"
    for key, value in unit.resources.items():
        _refuse(f"The key {key!r} in the resources of {unit.name}", unfit_resource(key, value))
    defaults = _PER_CONNECTION if unit.per_connection else {"Restart": "always", "RestartSec": "5"}
    for key, value in sorted({"LimitNOFILE": "524288", **defaults, **unit.resources}.items()):
        yield from _lines(key, value)


def _hardening_section(unit: Unit) -> Iterable[str]:
    for key, value, reason in hardened(unit.hardening_overrides):
        if reason is not None:
            yield f"# {' '.join(str(reason).split())}"
        yield from _lines(key, value)


def _lines(key: str, value: object) -> Iterable[str]:
    for item in value if isinstance(value, list) else [value]:
        yield _line(key, item)


def _line(key: str, value: object) -> str:
    text = str(value).lower() if isinstance(value, bool) else str(value)
    _refuse(f"The key {key!r} of a unit", unfit_line(key, text))
    return f"{key}={text}"


def _refuse(what: str, wrong: str | None) -> None:
    if wrong:
        raise OperatorError(f"{what} {wrong}")
