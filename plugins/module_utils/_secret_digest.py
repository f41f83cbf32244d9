# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a secret differs from the one that was written last, without keeping it."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any

__all__ = ["secret_digest"]


def secret_digest(key: str, secrets: Any) -> str:
    """Return 32 hexadecimal digits that change with the secrets (anything that JSON can hold) and with the key.

    It lies beside the object for everyone to read, so it is keyed: a bare hash of a weak password can be guessed.
    """
    canonical = json.dumps(secrets, sort_keys=True, separators=(",", ":")).encode()
    return hmac.new(key.encode(), canonical, hashlib.sha256).hexdigest()[:32]
