# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How one attempt at a request ended, and whether another one makes sense."""

from __future__ import annotations

import http.client
import socket
import ssl
from dataclasses import dataclass

from .response import Answer

__all__ = ["AWAY", "Attempt"]

AWAY = frozenset({502, 503, 504})
_LOCKED = frozenset({401, 403})


@dataclass(frozen=True)
class Attempt:
    """How one attempt ended; `lost` is set if the server may have received a request that it did not answer."""

    answer: Answer | None = None
    error: Exception | None = None
    lost: bool = False
    final: bool = False
    url: str = ""

    @property
    def away(self) -> bool:
        """Whether another node may answer where this one did not."""
        return self.answer.status in AWAY if self.answer else self.untrusted or not self.final

    @property
    def untrusted(self) -> bool:
        """Whether the certificate of the node is not trusted: nothing was sent, and waiting does not help."""
        return isinstance(self.error, ssl.SSLCertVerificationError)

    @property
    def slow(self) -> bool:
        """Whether the server took the request and did not answer in time."""
        return self.lost and isinstance(self.error, (TimeoutError, socket.timeout))

    @property
    def doubtful(self) -> bool:
        """Whether the server may have done what was asked, without an answer."""
        return self.lost or bool(self.answer and self.answer.status in AWAY)

    @property
    def refused(self) -> bool:
        """Whether the server refused what was asked, rather than who asked."""
        return bool(self.answer and self.answer.status >= http.client.BAD_REQUEST and self.answer.status not in _LOCKED)

    def may_be_repeated(self, *, harmless: bool, elsewhere: bool) -> bool:
        """Return whether another attempt makes sense: of what does no harm twice, or at another node."""
        if self.answer:
            return harmless or self.answer.status == http.client.TOO_MANY_REQUESTS
        return (elsewhere if self.untrusted else not self.final) and (not self.lost or harmless)
