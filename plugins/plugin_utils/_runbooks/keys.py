# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The keys by which automation logs in to a host, as sshd reads them: from known addresses, and for commands alone."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ansible_collections.vigil.observability.plugins.module_utils._errors.sentence import OperatorError

__all__ = ["authorized_keys"]

_KEY = re.compile(r"((?:sk-)?(?:ssh|ecdsa)-[a-z0-9@.-]+) +([A-Za-z0-9+/]{40,}={0,3})(?: [^\r\n]*)?")


def authorized_keys(accepted: Iterable[Mapping[str, Any]]) -> str:
    """Return a line for each key. Raises OperatorError for what is no public key, and without addresses."""
    return "".join(f"{_line(one)}\n" for one in accepted)


def _line(one: Mapping[str, Any]) -> str:
    found = _KEY.fullmatch(str(one.get("key", "")).strip())
    if not found:
        raise OperatorError("A key has to be one public key as ssh-keygen writes it, such as ssh-ed25519 AAAA....")
    listed = list(_addresses(one.get("from") or []))
    if not listed:
        raise OperatorError("A key needs the addresses or networks from which it is accepted: set from.")
    return f'restrict,from="{",".join(listed)}" {found[1]} {found[2]}'


def _addresses(listed: Iterable[Any]) -> Iterator[str]:
    for one in listed:
        try:
            network = ipaddress.ip_network(str(one))
        except ValueError as error:
            raise OperatorError(f"from has to be addresses or networks, not {one!r} ({error}).") from error
        yield str(network.network_address if network.num_addresses == 1 else network)
