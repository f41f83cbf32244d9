# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a secret differs from the one that was written last, without keeping it."""

from __future__ import annotations

import functools
import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any

from .plan import PlanError

__all__ = ["PUBLIC_KEY", "checked_digest_key", "secret_digest"]

# Anybody who reads digests and knows a secret can try keys. This makes each try cost some 20 ms of CPU time.
_ITERATIONS = 100_000
_PURPOSE = b"vigil.observability: digests of secrets"
PUBLIC_KEY = "SW2YcwTIb9zpOOhoPsMm"
"""Grafana's default secret_key."""


def checked_digest_key(key: str | None) -> str:
    """Return the key, empty for none. Raises PlanError for Grafana's default, which is public."""
    if key == PUBLIC_KEY:
        raise PlanError(
            "secret_digest_key is Grafana's default secret_key, which is public. Set it to a secret of your own."
        )
    return key or ""


def secret_digest(key: str, what: str, secrets: Mapping[str, Any]) -> str:
    """Return 32 hexadecimal digits that change with the secrets (anything that JSON can hold) and with the key.

    It is stored with the object, where everyone can read it, so it is keyed: a weak password can be guessed from a bare
    hash. The key often has another purpose too, so another key is derived from it, slowly. `what` names the object that
    has the secrets, so that two objects with the same password have different digests.
    """
    canonical = json.dumps([what, secrets], sort_keys=True, separators=(",", ":")).encode()
    return hmac.new(_derived(key), canonical, hashlib.sha256).hexdigest()[:32]


@functools.lru_cache(maxsize=1)
def _derived(key: str) -> bytes:
    return hashlib.pbkdf2_hmac("sha256", key.encode(), _PURPOSE, _ITERATIONS)
