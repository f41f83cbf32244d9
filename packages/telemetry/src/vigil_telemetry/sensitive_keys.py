"""Which keys name a secret, in any case and spelling."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

__all__ = ["CONTAINED", "WHOLE", "SensitiveKeys"]

CONTAINED = (
    # The guide's list.
    *("password", "token", "apikey", "secret", "authorization"),
    *("passwd", "passphrase", "pwd", "credential", "cookie", "signature", "jwt", "bearer"),
    *("privatekey", "accesskey", "signingkey", "encryptionkey", "sessionkey"),
    *("cardnumber", "creditcard", "cvv", "비밀번호", "카드번호", "주민등록번호"),
)
"""A key that contains one of these names a secret."""

WHOLE = ("auth", "pin", "otp", "cvc", "ssn", "pan", "sig")
"""A key that is one of these names a secret; within other words, such as "shipping", they mean nothing."""

_CACHED_KEYS = 4096
_LONGEST_CACHED_KEY = 128


class SensitiveKeys:
    """Decides by key. Keys are compared as lower-case letters and digits: "API-Key", "api_key" and "apiKey" are one."""

    def __init__(self, further: Iterable[str] = ()) -> None:
        own = (_normalized(key) for key in further)
        self._contained = (*CONTAINED, *(key for key in own if key))
        self._known: dict[str, bool] = {}

    def __contains__(self, key: str) -> bool:
        known: bool | None = self._known.get(key)
        if known is not None:
            return known
        plain = _normalized(key)
        found = plain in WHOLE or any(part in plain for part in self._contained)
        if len(key) <= _LONGEST_CACHED_KEY:
            if len(self._known) >= _CACHED_KEYS:
                self._known = {}
            self._known[key] = found
        return found


def _normalized(key: str) -> str:
    text = key if key.isascii() else unicodedata.normalize("NFKC", key)
    return "".join(filter(str.isalnum, text.casefold()))
