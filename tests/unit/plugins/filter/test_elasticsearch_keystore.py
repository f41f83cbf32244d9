# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import base64
import hashlib
import struct
import zlib

import pytest
from ansible.errors import AnsibleFilterError
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ansible_collections.vigil.observability.plugins.filter.elasticsearch_keystore import elasticsearch_keystore

SETTINGS = {"keystore.seed": "a long random text", "s3.client.default.secret_key": "geheim-ü"}
# As Elastic's own tool writes it: the format of each release, the iterations and bytes of its key.
FORMATS = {"8.9.0": (5, 10_000, 16), "8.19.20": (7, 210_000, 32)}


def opened(content: bytes, iterations: int, length: int) -> tuple[int, dict[str, str]]:
    """Return the format and the settings of a keystore, read as Elasticsearch reads it."""
    magic, size = struct.unpack_from(">IB", content)
    assert (magic, content[5 : 5 + size]) == (0x3FD76C17, b"elasticsearch.keystore")
    at = 5 + size
    number, password, block = struct.unpack_from("<xxxBBi", content, at)
    assert (password, len(content)) == (0, at + 9 + block + 16)
    at, parts = at + 9, []
    for _part in range(3):
        (size,) = struct.unpack_from("<i", content, at)
        parts.append(content[at + 4 : at + 4 + size])
        at += 4 + size
    footer, algorithm, checksum = struct.unpack_from(">IIQ", content, at)
    assert (footer, algorithm, checksum) == (0xC02893E8, 0, zlib.crc32(content[: at + 8]))
    salt, nonce, encrypted = parts
    key = hashlib.pbkdf2_hmac("sha512", b"", salt, iterations, length)
    return number, entries(AESGCM(key).decrypt(nonce, encrypted, salt))


def entries(plain: bytes) -> dict[str, str]:
    (count,) = struct.unpack_from(">i", plain)
    found, at = {}, 4
    for _entry in range(count):
        (size,) = struct.unpack_from(">H", plain, at)
        name = plain[at + 2 : at + 2 + size].decode()
        at += 2 + size
        (size,) = struct.unpack_from(">i", plain, at)
        found[name] = plain[at + 4 : at + 4 + size].decode()
        at += 4 + size
    return found


@pytest.mark.parametrize("version", FORMATS)
def test_keystore_holds_the_settings_in_the_format_of_the_release(version: str) -> None:
    number, iterations, length = FORMATS[version]
    content = base64.b64decode(elasticsearch_keystore(SETTINGS, version))
    assert opened(content, iterations, length) == (number, SETTINGS)


def test_keystore_is_the_same_in_every_run_and_another_one_for_other_settings() -> None:
    first = elasticsearch_keystore(SETTINGS, "8.9.0")
    assert elasticsearch_keystore(dict(reversed(SETTINGS.items())), "8.9.0") == first
    other = elasticsearch_keystore({**SETTINGS, "keystore.seed": "another one"}, "8.9.0")
    # No salt or nonce is used again for another content.
    assert base64.b64decode(other)[36:120] != base64.b64decode(first)[36:120]


@pytest.mark.parametrize(
    ("settings", "message"),
    [({}, "needs keystore.seed"), ({**SETTINGS, "No Such": "x"}, "'No Such' is not the name of a secure setting")],
)
def test_settings_that_a_keystore_cannot_hold_are_refused(settings: dict[str, str], message: str) -> None:
    with pytest.raises(AnsibleFilterError, match=message):
        elasticsearch_keystore(settings, "8.9.0")
