# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The keystore of Elasticsearch: secure settings, encrypted with the empty password, in a file of Lucene.

That encryption protects nothing; the permissions of the file do.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
import struct
import zlib
from collections.abc import Mapping

from ansible_collections.vigil.observability.plugins.module_utils._errors.sentence import OperatorError
from ansible_collections.vigil.observability.plugins.module_utils._host.version import is_older

with contextlib.suppress(ImportError):  # documentation and sanity tests are made without it
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

__all__ = ["SEED", "keystore"]

SEED = "keystore.seed"
_NAME = b"elasticsearch.keystore"
_HEADER, _FOOTER = 0x3FD76C17, 0xC02893E8
_SETTING = re.compile(r"[a-z0-9_.-]+")
# The first release of each format, with the iterations and bytes of its key.
_FORMATS = (("8.18.0", 7, 210_000, 32), ("8.14.0", 6, 210_000, 16), ("0", 5, 10_000, 16))


def keystore(settings: Mapping[str, str], version: str) -> bytes:
    """Return the keystore of a release, the same for the same settings; raise OperatorError for an invalid setting."""
    for name in settings:
        if not _SETTING.fullmatch(name):
            raise OperatorError(f"{name!r} is not the name of a secure setting of Elasticsearch.")
    if SEED not in settings:
        raise OperatorError(f"The keystore of Elasticsearch needs {SEED}.")
    number, iterations, length = next(found for first, *found in _FORMATS if not is_older(version, first))
    plain = struct.pack(">i", len(settings)) + b"".join(_entry(*setting) for setting in sorted(settings.items()))
    # Drawn from the content: a nonce is used again only for the same content.
    drawn = hashlib.sha512(json.dumps(["vigil.observability", number, sorted(settings.items())]).encode()).digest()
    salt, nonce = drawn, hashlib.sha256(drawn).digest()[:12]
    key = hashlib.pbkdf2_hmac("sha512", b"", salt, iterations, length)
    parts = (salt, nonce, AESGCM(key).encrypt(nonce, plain, salt))
    block = b"".join(struct.pack("<i", len(part)) + part for part in parts)
    start = struct.pack(">IB", _HEADER, len(_NAME)) + _NAME + struct.pack(">iB", number, 0)
    content = start + struct.pack("<i", len(block)) + block + struct.pack(">II", _FOOTER, 0)
    return content + struct.pack(">Q", zlib.crc32(content))


def _entry(name: str, value: str) -> bytes:
    key, content = name.encode(), value.encode()
    return struct.pack(">H", len(key)) + key + struct.pack(">i", len(content)) + content
