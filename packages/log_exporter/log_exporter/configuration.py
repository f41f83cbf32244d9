# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The configuration file: the cluster, the alerts whose log lines are counted, and each Logstash."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

__all__ = ["Alert", "Configuration", "ConfigurationError", "Counting", "Elasticsearch", "Logstash"]


class ConfigurationError(Exception):
    """The configuration cannot be used, for the reason in the message."""


@dataclass(frozen=True)
class Elasticsearch:
    """How the cluster is reached. The timeout is that of all attempts together, in seconds."""

    urls: tuple[str, ...]
    username: str
    password: str
    ca_file: str
    index: str
    timeout: float


@dataclass(frozen=True)
class Alert:
    """Log lines to count: those of a query (of Lucene's syntax, or as JSON) within a window of so many seconds."""

    name: str
    query: str | Mapping[str, Any]
    threshold: int
    window: float


@dataclass(frozen=True)
class Logstash:
    """The API of a Logstash, which may take so many seconds to answer."""

    name: str
    url: str
    timeout: float


@dataclass(frozen=True)
class Counting:
    """What to count in which cluster. Windows end so many seconds ago, so that late lines are in them."""

    elasticsearch: Elasticsearch
    lag: float
    alerts: tuple[Alert, ...]


@dataclass(frozen=True)
class Configuration:
    """What to count, if anything, and each Logstash to ask."""

    counting: Counting | None
    logstash: tuple[Logstash, ...]

    @classmethod
    def read(cls, path: Path) -> Configuration:
        """Return the configuration of a file; its password is in a file beside it. Raises ConfigurationError."""
        try:
            told = yaml.safe_load(path.read_text(encoding="utf-8"))
            return cls(
                counting=_counting(told, path.parent) if "elasticsearch" in told else None,
                logstash=tuple(_logstash(one) for one in told.get("logstash", ())),
            )
        except (OSError, yaml.YAMLError, AttributeError, LookupError, TypeError, ValueError) as error:
            raise ConfigurationError(f"Cannot use {path}: {type(error).__name__}: {error}") from error


def _counting(told: Mapping[str, Any], folder: Path) -> Counting:
    cluster = told["elasticsearch"]
    return Counting(
        elasticsearch=Elasticsearch(
            urls=tuple(cluster["urls"]),
            username=str(cluster["username"]),
            password=(folder / cluster["password_file"]).read_text(encoding="utf-8").rstrip("\n"),
            ca_file=str(cluster["ca_file"]),
            index=str(cluster["index"]),
            timeout=float(cluster["timeout"]),
        ),
        lag=float(told["lag"]),
        alerts=tuple(_alert(one) for one in told["alerts"]),
    )


def _logstash(told: Mapping[str, Any]) -> Logstash:
    return Logstash(name=str(told["name"]), url=str(told["url"]).rstrip("/"), timeout=float(told["timeout"]))


def _alert(told: Mapping[str, Any]) -> Alert:
    return Alert(
        name=str(told["name"]),
        query=told["query"],
        threshold=int(told["threshold"]),
        window=float(told["window"]),
    )
