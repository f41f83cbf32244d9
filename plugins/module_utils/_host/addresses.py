# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Addresses and ports as URLs have them."""

from __future__ import annotations

__all__ = ["EVERY_ADDRESS", "host_port", "local_host_port"]

EVERY_ADDRESS = ("", "0.0.0.0", "::")  # noqa: S104 - compared with, not listened on
"""Where a service listens that does so on all addresses."""


def host_port(address: str, port: int) -> str:
    """Return address and port as one word, an IPv6 address in brackets."""
    return f"[{address}]:{port}" if ":" in address and not address.startswith("[") else f"{address}:{port}"


def local_host_port(listen_address: str, port: int) -> str:
    """Return where a service that listens there is reached on its own host."""
    return host_port("localhost" if listen_address in EVERY_ADDRESS else listen_address, port)
