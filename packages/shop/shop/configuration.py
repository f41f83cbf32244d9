# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The configuration file: where the database, the carts and payments are, certificates, and the token for faults."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

__all__ = ["Configuration", "ConfigurationError", "Pool", "Tls"]


class ConfigurationError(Exception):
    """The configuration cannot be used, for the reason in the message."""


@dataclass(frozen=True)
class Tls:
    """Files of a certificate, its key, and the authorities that sign those of servers and clients; TLS12 or TLS13."""

    certificate: str
    key: str
    authority: str
    min_version: str = "TLS13"


@dataclass(frozen=True)
class Pool:
    """How many connections to the database there are, and how many seconds a request waits for one."""

    size: int = 5
    timeout: float = 2.0


@dataclass(frozen=True)
class Configuration:
    """What a process of the shop connects to, and where it serves."""

    database: URL
    carts: str  # URL of Redis
    payment: str  # URL of the payment service
    tls: Tls | None
    pool: Pool
    faults_token: str = field(repr=False)  # empty: faults cannot be switched on
    ballast: Path  # a file on the disk that the fault `disk` fills

    @classmethod
    def read(cls, path: Path) -> Configuration:
        """Return the configuration of a file; passwords are in files beside it. Raises ConfigurationError."""
        try:
            return _configuration(json.loads(path.read_text(encoding="utf-8")), path.parent)
        except (OSError, ArgumentError, AttributeError, LookupError, TypeError, ValueError) as error:
            raise ConfigurationError(f"Cannot use {path}: {type(error).__name__}: {error}") from error


def _configuration(told: Mapping[str, Any], folder: Path) -> Configuration:
    database = make_url(str(told["database"]["url"]))
    if name := told["database"].get("password_file"):
        database = database.set(password=_line(folder / name))
    token = told["faults"].get("token_file")
    return Configuration(
        database=database,
        carts=str(told["carts"]["url"]),
        payment=str(told["payment"]["url"]).rstrip("/"),
        tls=Tls(**told["tls"]) if "tls" in told else None,
        pool=_pool(told["database"].get("pool", {})),
        faults_token=_line(folder / token) if token else "",
        ballast=Path(told["faults"]["ballast"]),
    )


def _pool(told: Mapping[str, Any]) -> Pool:
    return Pool(size=int(told.get("size", Pool.size)), timeout=float(told.get("timeout", Pool.timeout)))


def _line(path: Path) -> str:
    return path.read_text(encoding="utf-8").rstrip("\n")
