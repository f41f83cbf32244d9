# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Passwords as bcrypt hashes, the same in every run.

The salt derives from the place and the user. Nothing of the password is in it, which would let it be guessed without
the cost of bcrypt.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping

from ansible_collections.vigil.observability.plugins.module_utils._errors.sentence import OperatorError
from ansible_collections.vigil.observability.plugins.plugin_utils._secrets.password import LONGEST, SHORTEST, fits

try:
    import bcrypt
except ImportError:
    bcrypt = None  # type: ignore[assignment]

__all__ = ["password_hashes"]

_ROUNDS = 10
_BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_BCRYPT64 = "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"


def _salt(place: str, user: str) -> bytes:
    drawn = hashlib.sha256(json.dumps(["vigil.observability", place, user]).encode()).digest()[:16]
    letters = base64.b64encode(drawn).decode().rstrip("=").translate(str.maketrans(_BASE64, _BCRYPT64))
    return f"$2b${_ROUNDS:02d}${letters}".encode()


def password_hashes(passwords: Mapping[str, str], place: str) -> dict[str, str]:
    """Return {user: bcrypt hash}; raise OperatorError for a password that is too short or too long."""
    if bcrypt is None:
        raise OperatorError("Passwords cannot be hashed: install the Python library bcrypt on the controller.")
    for user, password in passwords.items():
        if not fits(password):
            raise OperatorError(f"The password of {user} must have {SHORTEST} to {LONGEST} bytes.")
    return {user: bcrypt.hashpw(str(word).encode(), _salt(place, user)).decode() for user, word in passwords.items()}
