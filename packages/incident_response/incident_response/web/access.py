# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who asks: a user with a password, of which only the bcrypt hash is known here."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Mapping

import anyio
import bcrypt
from starlette.requests import Request

__all__ = ["Access"]

_AT_ONCE = 2  # comparisons with a hash, each of which takes a processor for some time


class Access:
    """Recognises users. A password that was right is recognised at once from then on, whoever floods it with others."""

    def __init__(self, hashes: Mapping[str, str]) -> None:
        self._hashes = {user: word.encode() for user, word in hashes.items()}
        self._nobody = bcrypt.hashpw(secrets.token_bytes(16), bcrypt.gensalt(10))
        self._key = secrets.token_bytes(32)
        self._known: dict[str, bytes] = {}
        self._turns = anyio.CapacityLimiter(_AT_ONCE)

    async def user(self, request: Request) -> str | None:
        """Return who asks, None for nobody that is known."""
        kind, _space, given = request.headers.get("Authorization", "").partition(" ")
        try:
            user, _colon, password = base64.b64decode(given, validate=True).decode().partition(":")
        except ValueError:
            return None
        if kind.lower() != "basic":
            return None
        digest = hmac.digest(self._key, f"{user}:{password}".encode(), hashlib.sha256)
        if hmac.compare_digest(self._known.get(user, b""), digest):
            return user
        if not await anyio.to_thread.run_sync(self._fits, user, password, limiter=self._turns):
            return None
        self._known[user] = digest
        return user

    def _fits(self, user: str, password: str) -> bool:
        """Compare with the hash of the user, and as long with another if there is none."""
        try:
            fits = bcrypt.checkpw(password.encode(), self._hashes.get(user, self._nobody))
        except ValueError:  # longer than any password that bcrypt takes
            return False
        return fits and user in self._hashes
