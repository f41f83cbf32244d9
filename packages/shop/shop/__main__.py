# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs the shop, or the service that takes its payments, or checks their configuration."""

from __future__ import annotations

import argparse
import logging
import os
import sys
import threading
from pathlib import Path

import redis
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

import vigil_telemetry as telemetry

from .application import shop_application
from .carts import Carts
from .configuration import Configuration, ConfigurationError
from .database import connected, prepared
from .faults import Faults
from .orders import Orders
from .payment import Payments, payment_application
from .serving import listening, serve

__all__ = ["main"]

_LOG = logging.getLogger("shop")
_PATIENCE = 5.0  # seconds until a database that does not answer is tried again
_COUNTED = 10.0  # seconds between two counts of active customers


def main(words: list[str] | None = None) -> int:
    """Return the exit code. It serves until it is stopped."""
    parser = argparse.ArgumentParser(prog="shop", description=__doc__)
    parser.add_argument("--config.file", dest="config", type=Path, required=True)
    parser.add_argument("--web.listen-address", dest="listen", type=listening, default=("", 8443))
    parser.add_argument("--process", choices=("shop", "payment"), default="shop")
    parser.add_argument("--check", action="store_true", help="check the configuration, and exit")
    given = parser.parse_args(words)
    try:
        configuration = Configuration.read(given.config)
        if given.check:
            return 0
        telemetry.start()
    except (ConfigurationError, telemetry.TelemetryError) as error:
        sys.stderr.write(f"shop: {error}\n")
        return 1
    try:
        (_pay if given.process == "payment" else _sell)(configuration, given.listen)
    finally:
        telemetry.stop()
    return 0


def _pay(configuration: Configuration, address: tuple[str, int]) -> None:
    faults = Faults(configuration.ballast)
    app = payment_application(faults, configuration.faults_token)
    serve(telemetry.asgi(app), address, configuration.tls)
    faults.end()


def _sell(configuration: Configuration, address: tuple[str, int]) -> None:
    engine = connected(configuration.database, configuration.pool)
    telemetry.watch_pool("orders", engine)
    carts = Carts.at(configuration.carts, f"{os.uname().nodename}:{address[1]}")
    payments = Payments.at(configuration.payment, configuration.tls)
    faults, orders = Faults(configuration.ballast, engine), Orders(engine, carts, payments)
    app = shop_application(engine, carts, orders, faults, configuration.faults_token)
    ended = threading.Event()
    for work in (lambda: _prepare(engine, ended), lambda: _count_customers(carts, ended)):
        threading.Thread(target=work, daemon=True).start()
    serve(telemetry.asgi(app), address, configuration.tls)
    ended.set()
    faults.end()
    payments.close()
    engine.dispose()


def _prepare(engine: Engine, ended: threading.Event) -> None:
    """Make the tables as soon as the database answers: the shop serves meanwhile, and answers 503 what needs it."""
    while not ended.is_set() and not _is_prepared(engine):
        ended.wait(_PATIENCE)


def _is_prepared(engine: Engine) -> bool:
    try:
        prepared(engine)
    except SQLAlchemyError as error:
        _LOG.warning("The tables are not there yet: %s", error)
        return False
    return True


def _count_customers(carts: Carts, ended: threading.Event) -> None:
    while not ended.wait(_COUNTED):
        _count_once(carts)


def _count_once(carts: Carts) -> None:
    try:
        telemetry.update_active_users("customer", carts.active())
    except redis.RedisError as error:
        _LOG.warning("The active customers were not counted: %s", error)


if __name__ == "__main__":
    sys.exit(main())
