# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The configuration file: where the journal is, each Alertmanager and Prometheus, and what counts in a score."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from .decisions.rules import Rules
from .decisions.runbook import ACTING
from .decisions.weights import Weights
from .described import ConfigurationError, Described
from .grafana import Grafana
from .people.accounts import OURS, RIGHTS
from .servers import Server, servers
from .steps.awx import Controller

__all__ = ["Application", "Configuration", "ConfigurationError"]


@dataclass(frozen=True)
class Application:
    """An application of the inventory: its team, and the names of those that it depends on."""

    team: str
    depends_on: tuple[str, ...]


@dataclass(frozen=True)
class Awx:
    """How AWX is reached, and its job template for each step, by name or by number."""

    controller: Controller
    templates: Mapping[str, str | int]


@dataclass(frozen=True)
class Configuration:
    """What the service works with; all times are in seconds."""

    data_dir: Path
    alertmanagers: tuple[Server, ...]
    prometheus: tuple[Server, ...]
    weights: Weights
    rules: Rules
    awx: Awx | None
    grafana: Grafana | None
    url: str  # at which people find the service
    ca_file: str  # of authorities that checks over HTTP trust beside those of the system
    applications: Mapping[str, Application]
    accounts: Mapping[str, Mapping[str, str]]  # the right of each, by team
    reconciliation_interval: float
    correlation_window: float

    @classmethod
    def read(cls, path: Path) -> Configuration:
        """Return the configuration of a file; passwords are in files beside it. Raises ConfigurationError."""
        try:
            told = yaml.safe_load(path.read_text(encoding="utf-8"))
            return _configuration(Described("it", told), path.parent)
        except (OSError, UnicodeError, yaml.YAMLError, ConfigurationError) as error:
            raise ConfigurationError(f"Cannot use {path}: {' '.join(str(error).split())}") from error


def _configuration(entries: Described, folder: Path) -> Configuration:
    alertmanagers = servers("alertmanagers", "Alertmanager", entries.take("alertmanagers", list), folder)
    if not alertmanagers:
        raise ConfigurationError("alertmanagers is empty: it has to name every Alertmanager.")
    applications = {
        str(name): _application(Described(f"applications.{name}", one))
        for name, one in entries.take("applications", dict, {}).items()
    }
    for name, one in applications.items():
        for missing in (other for other in one.depends_on if other not in applications):
            raise ConfigurationError(f"applications.{name} depends on {missing}, which is not among them.")
    data_dir = Path(entries.take("data_dir", str))
    found = Configuration(
        data_dir=data_dir,
        alertmanagers=alertmanagers,
        prometheus=servers("prometheus", "Prometheus", entries.take("prometheus", list, []), folder),
        weights=Weights.of(Described("the score", entries.take("score", dict, {}))),
        rules=Rules.of(Described("automation", entries.take("automation", dict, {})), data_dir),
        awx=_awx(entries.optional("awx", dict), folder),
        grafana=_grafana(entries.optional("grafana", dict), folder),
        url=entries.take("url", str, ""),
        ca_file=entries.take("ca_file", str, ""),
        applications=applications,
        accounts={name: _rights(name, told) for name, told in entries.take("accounts", dict, {}).items()},
        reconciliation_interval=entries.seconds("reconciliation_interval", 30),
        correlation_window=entries.seconds("correlation_window", 1800),
    )
    entries.end()
    templates = found.awx.templates if found.awx else {}
    for runbook in (one for one in found.rules.runbooks if one.executor == "awx" and one.level in ACTING):
        for step in (one for one in runbook.every_step if one.name not in templates):
            raise ConfigurationError(f"The runbook {runbook.name} needs a job template of AWX for {step.name}.")
    return found


def _awx(told: Any, folder: Path) -> Awx | None:
    if told is None:
        return None
    entries = Described("awx", told)
    found = Awx(
        controller=Controller(
            url=entries.take("url", str).rstrip("/"),
            token=(folder / entries.take("token_file", str)).read_text(encoding="utf-8").rstrip("\n"),
            ca_file=entries.take("ca_file", str),
        ),
        templates=entries.take("templates", dict),
    )
    entries.end()
    if not found.controller.url.startswith(("https://", "http://")):
        raise ConfigurationError("url of awx has to begin with https://.")
    return found


def _grafana(told: Any, folder: Path) -> Grafana | None:
    return None if told is None else Grafana.of(Described("grafana", told), folder)


def _application(entries: Described) -> Application:
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
