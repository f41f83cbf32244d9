# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The names in a certificate: which service on which host it is."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable

from ansible_collections.vigil.observability.plugins.module_utils._errors.sentence import OperatorError

__all__ = ["names_of"]

_LABEL = r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
# Underscores are no part of a host name by the standard, yet in use, and clients accept them.
_DOMAIN = re.compile(rf"(?=.{{1,253}}\Z)(?:\*\.)?{_LABEL}(?:\.{_LABEL})*\Z")
_SERVICE = re.compile(r"[a-z](?:[a-z0-9_-]{0,61}[a-z0-9])?\Z")
_URI_HOST = re.compile(r"[A-Za-z0-9_~-]+(?:\.[A-Za-z0-9_~-]+)*\Z")


def names_of(service: str, *, host: str, address: str, extra: Iterable[str] = ()) -> list[str]:
    """Return the subject alternative names of a service on a host, each as DNS:..., IP:... or URI:..., sorted.

    The URI names the service and its host; DNS <service>.vigil.internal is the same name on every host.
    """
    if not _SERVICE.match(service):
        raise OperatorError(
            f"{service!r} is not a valid name of a service: use at most 63 lower-case letters, digits, _ and -, and "
            "begin with a letter."
        )
    names = {
        _dns_or_ip(address, f"The address {address!r} of {host}"),
        "DNS:localhost",
        "IP:127.0.0.1",
        "IP:::1",
        f"DNS:{service.replace('_', '-')}.vigil.internal",
        f"URI:vigil://{_uri_host(host)}/{service}",
        *(_dns_or_ip(name, f"The name {name!r} of {service} on {host}") for name in extra),
    }
    if _DOMAIN.match(host):
        names.add(_dns_or_ip(host, host))
    return sorted(names)


def _dns_or_ip(name: str, what: str) -> str:
    bare = name[1:-1] if name.startswith("[") and name.endswith("]") else name
    try:
        return f"IP:{ipaddress.ip_address(bare).compressed}"
    except ValueError:
        if not _DOMAIN.match(name):
            raise OperatorError(f"{what} is neither a DNS name nor an IP address.") from None
        return f"DNS:{name.lower()}"


def _uri_host(host: str) -> str:
    """Return the inventory name as it stands in a URI, in the characters that every TLS library accepts there."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        if not _URI_HOST.match(host):
            raise OperatorError(
                f"The inventory name {host!r} cannot be used in a certificate: rename the host to letters, digits and "
                "._~- (no two dots in a row, none at the ends), and keep its address in ansible_host."
            ) from None
        return host
    return f"[{address}]" if address.version == 6 else str(address)  # noqa: PLR2004
