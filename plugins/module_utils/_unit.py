# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The unit of a service as systemd reads it, with everything that systemd would interpret escaped."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ._hardening import hardened

__all__ = ["MARK", "Unit", "UnitError", "quote", "render"]

MARK = "# Managed by the Ansible collection vigil.observability"
_NOTICE = "# Edits are put back by its next run; what must last belongs in a drop-in (systemctl edit) or the inventory."
_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "%": "%%"}
# What needs no quotes in a systemd command line; everything else is quoted, non-ASCII letters included.
_PLAIN = re.compile(r"[A-Za-z0-9_@+=:,./%$-]+")
_KEY = re.compile(r"[A-Z][A-Za-z0-9]*")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_CREDENTIALS = re.compile(r"://[^/@\s]*:[^/@\s]*@")


class UnitError(Exception):
    """A unit that cannot be written; the text is a sentence for the operator."""


@dataclass(frozen=True)
class Unit:
    """What a unit says beyond the hardening baseline; values of systemd keys are in systemd's own notation."""

    name: str
    user: str
    command: Sequence[str]
    description: str = ""
    documentation: str = ""
    writable: Sequence[str] = ()
    reload: bool = False
    environment: Mapping[str, str] = field(default_factory=dict)
    resources: Mapping[str, Any] = field(default_factory=dict)
    exceptions: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


def quote(word: str, *, variables: bool = False) -> str:
    """Return the word so that systemd reads exactly it back; with variables also where systemd replaces $VARIABLES.

    Raises UnitError for a word that a unit cannot hold.
    """
    if any(ord(character) < ord(" ") and character not in "\n\t" for character in word):
        raise UnitError(f"A unit cannot hold the control character in {word!r}: remove it.")
    escaped = "".join(_ESCAPES.get(character, character) for character in word)
    escaped = escaped.replace("$", "$$") if variables else escaped
    return escaped if _PLAIN.fullmatch(escaped) else f'"{escaped}"'


def render(unit: Unit) -> str:
    """Return the text of the unit file. Raises UnitError."""
    lines = [MARK, _NOTICE, "", "[Unit]", *_unit_section(unit), "", "[Service]", *_service_section(unit)]
    lines += ["", "# Hardening", *_hardening_section(unit), "", "[Install]", "WantedBy=multi-user.target"]
    return "\n".join(lines) + "\n"


def _unit_section(unit: Unit) -> Iterable[str]:
    yield _line(unit, "Description", (unit.description or unit.name).replace("%", "%%"))
    if unit.documentation:
        yield _line(unit, "Documentation", unit.documentation.replace("%", "%%"))
    yield "Wants=network-online.target"
    yield "After=network-online.target"
    for path in unit.writable:
        yield f"RequiresMountsFor={quote(path)}"
    # A service that cannot start yet (an address that comes late) is tried for as long as it takes.
    yield "StartLimitIntervalSec=0"


def _service_section(unit: Unit) -> Iterable[str]:
    if not unit.command or not unit.command[0].startswith("/"):
        raise UnitError(f"The command of {unit.name} must begin with the absolute path of a program.")
    yield "Type=exec"
    yield f"User={quote(unit.user)}"
    yield f"Group={quote(unit.user)}"
    # systemd replaces no variables in the path of the program itself.
    yield " ".join([f"ExecStart={quote(unit.command[0])}", *(quote(word, variables=True) for word in unit.command[1:])])
    if unit.reload:
        # The shell's own kill: a minimal host has no /bin/kill.
        yield 'ExecReload=/bin/sh -c "kill -HUP $MAINPID"'
    for variable, value in sorted(unit.environment.items()):
        yield f"Environment={_assignment(unit, variable, str(value))}"
    for path in unit.writable:
        yield f"ReadWritePaths={quote(path)}"
    defaults = {"LimitNOFILE": "524288", "Restart": "always", "RestartSec": "5"}
    for key, value in sorted({**defaults, **unit.resources}.items()):
        yield from _lines(unit, key, value)


def _hardening_section(unit: Unit) -> Iterable[str]:
    for key, value, reason in hardened(unit.exceptions):
        if reason is not None:
            yield f"# {' '.join(str(reason).split())}"
        yield from _lines(unit, key, value)


def _assignment(unit: Unit, variable: str, value: str) -> str:
    if not _VARIABLE.fullmatch(variable):
        raise UnitError(f"{variable!r} cannot be the name of an environment variable of {unit.name}.")
    if _CREDENTIALS.search(value):
        raise UnitError(
            f"The environment variable {variable} of {unit.name} holds a password in a URL, and everyone may read a "
            "unit. Put it into a file that only root may read and name that in resources as EnvironmentFile."
        )
    return quote(f"{variable}={value}")


def _lines(unit: Unit, key: str, value: object) -> Iterable[str]:
    for item in value if isinstance(value, list) else [value]:
        yield _line(unit, key, item)


def _line(unit: Unit, key: str, value: object) -> str:
    text = str(value).lower() if isinstance(value, bool) else str(value)
    if not _KEY.fullmatch(key):
        raise UnitError(f"{key!r} is no key of a systemd unit, asked for {unit.name}.")
    if "\n" in text or text.endswith("\\"):
        raise UnitError(f"{key} of {unit.name} must be one line that ends without a backslash, not {text!r}.")
    return f"{key}={text}"
