# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Visits the shop as customers do, with a daily shape: quiet at night, busy at noon, busiest in the evening."""

from __future__ import annotations

import argparse
import logging
import math
import signal
import ssl
import sys
import threading
import time

import httpx

from .customers import Customers
from .visits import DAY, visits

__all__ = ["main"]

_TIMEOUT = 15.0  # seconds


def main(words: list[str] | None = None) -> int:
    """Return the exit code: 1 if not one request was answered."""
    parser = argparse.ArgumentParser(prog="shop.load", description=__doc__)
    parser.add_argument("--url", action="append", required=True, help="an instance of the shop; may be repeated")
    parser.add_argument("--rate", type=_positive, default=1.0, help="visits a second, the mean of a day")
    parser.add_argument("--seed", type=int, default=1, help="the same seed makes the same visits")
    parser.add_argument("--day", type=_positive, default=DAY, help="seconds of a day; fewer show its shape sooner")
    parser.add_argument("--hour", type=float, help="hour of the day to start at; by default the hour in UTC")
    parser.add_argument("--seconds", type=_positive, default=math.inf, help="how long to go on")
    for name in ("certificate", "key", "authority"):
        parser.add_argument(f"--{name}", help=f"file of the {name} for TLS")
    given = parser.parse_args(words)
    logging.basicConfig(level=logging.INFO, format="level=%(levelname)s msg=%(message)s", stream=sys.stderr)
    logging.getLogger("httpx").setLevel(logging.WARNING)
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    hour = time.time() % DAY / 3600 if given.hour is None else given.hour % 24
    with httpx.Client(verify=_verified(given), timeout=_TIMEOUT) as client:
        customers = Customers([url.rstrip("/") for url in given.url], client)
        planned = visits(given.seed, given.rate, day=given.day, hour=hour)
        customers.come(planned, seconds=given.seconds, ended=ended)
    return 0 if any(name.endswith("xx") for name in customers.counts) else 1


def _positive(text: str) -> float:
    number = float(text)
    if number <= 0 or math.isnan(number):
        raise ValueError(text)
    return number


def _verified(given: argparse.Namespace) -> ssl.SSLContext | bool:
    if not given.authority:
        return True
    context = ssl.create_default_context(cafile=given.authority)
    if given.certificate:
        context.load_cert_chain(given.certificate, given.key)
    return context


if __name__ == "__main__":
    sys.exit(main())
