# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The configuration file: where the journal is, each Alertmanager, and what the services depend on."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from .people.accounts import OURS, RIGHTS

__all__ = ["Alertmanager", "Application", "Configuration", "ConfigurationError"]

_MISSING = object()
_KINDS: Mapping[type, str] = {str: "a text", list: "a list", dict: "a mapping"}


class ConfigurationError(Exception):
    """The configuration cannot be used, for the reason in the message."""


@dataclass(frozen=True)
class Alertmanager:
    """How an Alertmanager is reached, by the name that it has in metrics and in the journal."""

    name: str
    url: str
    username: str
    password: str
    ca_file: str


@dataclass(frozen=True)
class Application:
    """An application of the inventory: its team, and the names of those that it depends on."""

    team: str
    depends_on: tuple[str, ...]


@dataclass(frozen=True)
class Configuration:
    """What the service works with; all times are in seconds."""

    data_dir: Path
    alertmanagers: tuple[Alertmanager, ...]
    applications: Mapping[str, Application]
    accounts: Mapping[str, Mapping[str, str]]  # the right of each, by team
    reconciliation_interval: float
    correlation_window: float

    @classmethod
    def read(cls, path: Path) -> Configuration:
        """Return the configuration of a file; passwords are in files beside it. Raises ConfigurationError."""
        try:
            told = yaml.safe_load(path.read_text(encoding="utf-8"))
            return _configuration(_Entries("it", told), path.parent)
        except (OSError, UnicodeError, yaml.YAMLError, ConfigurationError) as error:
            raise ConfigurationError(f"Cannot use {path}: {' '.join(str(error).split())}") from error


class _Entries:
    """A mapping of the file, of which every key has to be taken."""

    def __init__(self, place: str, told: Any) -> None:
        if not isinstance(told, dict):
            raise ConfigurationError(f"{place} has to be a mapping.")
        self._place, self._left = place, dict(told)

    def take(self, key: str, kind: type, default: Any = _MISSING) -> Any:
        """Return the value of a key of this type, and count it as known."""
        value = self._left.pop(key, default)
        if value is _MISSING:
            raise ConfigurationError(f"{self._place} lacks {key}.")
        if not isinstance(value, kind):
            raise ConfigurationError(f"{key} of {self._place} has to be {_KINDS[kind]}.")
        return value

    def seconds(self, key: str, default: float) -> float:
        """Return the value of a key as seconds, also if it is a text, as templates make of numbers."""
        value = self._left.pop(key, default)
        try:
            found = 0.0 if isinstance(value, bool) else float(value)
        except (TypeError, ValueError):
            found = 0.0
        if not 0 < found < math.inf:
            raise ConfigurationError(f"{key} of {self._place} has to be a number greater than 0.")
        return found

    def end(self) -> None:
        """Refuse what was not taken."""
        if self._left:
            raise ConfigurationError(f"{self._place} has the unknown key {next(iter(self._left))}.")


def _configuration(entries: _Entries, folder: Path) -> Configuration:
    alertmanagers = tuple(
        _alertmanager(_Entries(f"alertmanagers[{number}]", one), folder)
        for number, one in enumerate(entries.take("alertmanagers", list))
    )
    if not alertmanagers:
        raise ConfigurationError("alertmanagers is empty: it has to name every Alertmanager.")
    if len({one.name for one in alertmanagers}) < len(alertmanagers):
        raise ConfigurationError("alertmanagers has a name more than once.")
    applications = {
        str(name): _application(_Entries(f"applications.{name}", one))
        for name, one in entries.take("applications", dict, {}).items()
    }
    for name, one in applications.items():
        for missing in (other for other in one.depends_on if other not in applications):
            raise ConfigurationError(f"applications.{name} depends on {missing}, which is not among them.")
    found = Configuration(
        data_dir=Path(entries.take("data_dir", str)),
        alertmanagers=alertmanagers,
        applications=applications,
        accounts={name: _rights(name, told) for name, told in entries.take("accounts", dict, {}).items()},
        reconciliation_interval=entries.seconds("reconciliation_interval", 30),
        correlation_window=entries.seconds("correlation_window", 1800),
    )
    entries.end()
    return found


def _alertmanager(entries: _Entries, folder: Path) -> Alertmanager:
    file = folder / entries.take("password_file", str)
    found = Alertmanager(
        name=entries.take("name", str),
        url=entries.take("url", str).rstrip("/"),
        username=entries.take("username", str),
        password=file.read_text(encoding="utf-8").rstrip("\n"),
        ca_file=entries.take("ca_file", str),
    )
    entries.end()
    if not found.url.startswith(("https://", "http://")):
        raise ConfigurationError(f"url of the Alertmanager {found.name} has to begin with https://.")
    return found


def _application(entries: _Entries) -> Application:
    found = Application(
        team=entries.take("team", str),
        depends_on=tuple(map(str, entries.take("depends_on", list, []))),
    )
    entries.end()
    return found


def _rights(account: str, told: Any) -> dict[str, str]:
    if not isinstance(told, dict) or not told:
        raise ConfigurationError(f"accounts.{account} has to be a mapping from teams to rights.")
    if account in OURS:
        raise ConfigurationError(f"accounts has {account}, which every engine has.")
    for team, right in told.items():
        if right not in RIGHTS:
            raise ConfigurationError(f"accounts.{account}.{team} has to be {', '.join(RIGHTS[:-1])} or {RIGHTS[-1]}.")
    return {str(team): right for team, right in told.items()}
