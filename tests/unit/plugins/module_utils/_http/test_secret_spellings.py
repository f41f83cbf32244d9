# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""No text shows a secret, whoever quoted it."""

from __future__ import annotations

import base64
import html
import json
import time
from collections.abc import Callable
from urllib.parse import quote, quote_plus

import pytest

from ansible_collections.vigil.observability.plugins.module_utils._http.secret_spellings import (
    HIDDEN,
    hidden,
    secrets_in_urls,
    without_url_secrets,
)

SECRETS = [
    "plain-password",
    'a "quoted" one',
    "it's",
    r"back\slash\\es",
    "line\nbreak\tand \x01\x7f",
    "slash/and<tag>&amp",
    "grün €\u2028 \U0001f511",
    "percent%41 + plus",
    'all"of\\them/\n\x00ü <&>\U0001f511',
]


def go(secret: str, *, ascii_only: bool = False) -> str:
    """Return what strconv.Quote and QuoteToASCII make of a text."""
    known = {"\a": "a", "\b": "b", "\f": "f", "\n": "n", "\r": "r", "\t": "t", "\v": "v", '"': '"', "\\": "\\"}

    def quoted(one: str) -> str:
        if one in known:
            return f"\\{known[one]}"
        if one.isprintable() and (one.isascii() or not ascii_only):
            return one
        return (
            f"\\x{ord(one):02x}"
            if ord(one) < 0x80
            else f"\\u{ord(one):04x}"
            if ord(one) < 0x10000
            else (f"\\U{ord(one):08x}")
        )

    return f'"{"".join(map(quoted, secret))}"'


SPELLINGS: dict[str, Callable[[str], str]] = {
    "raw": lambda secret: secret,
    "JSON": json.dumps,
    "JSON without escapes": lambda secret: json.dumps(secret, ensure_ascii=False),
    "JSON of PHP": lambda secret: json.dumps(secret).replace("/", "\\/"),
    "JSON of Go": lambda secret: (
        json.dumps(secret).replace("<", "\\u003c").replace(">", "\\u003E").replace("&", "\\u0026")
    ),
    "JSON in JSON": lambda secret: json.dumps(json.dumps({"value": secret})),
    "Go": go,
    "Go in ASCII": lambda secret: go(secret, ascii_only=True),
    "Go in JSON": lambda secret: json.dumps(f"parse {go(secret)}: no"),
    "Python": repr,
    "Python's bytes": lambda secret: repr(secret.encode()),
    "an address": lambda secret: quote(secret, safe=""),
    "an address in lower case": lambda secret: quote(secret, safe="").lower() if secret.islower() else quote(secret),
    "a form": quote_plus,
    "an address in an address": lambda secret: quote(quote(secret, safe="")),
    "percent throughout": lambda secret: "".join(f"%{octet:02x}" for octet in secret.encode()),
    "HTML": html.escape,
    "HTML of Go": lambda secret: html.escape(secret, quote=False).replace('"', "&#34;").replace("'", "&#39;"),
    "JSON in HTML": lambda secret: html.escape(json.dumps(secret)),
    "base64": lambda secret: base64.b64encode(secret.encode()).decode(),
    "base64 of addresses": lambda secret: base64.urlsafe_b64encode(secret.encode()).decode(),
    "base64 without padding": lambda secret: base64.b64encode(secret.encode()).decode().rstrip("="),
    "base64 in an address": lambda secret: quote(base64.b64encode(secret.encode()).decode(), safe=""),
}


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("secret", SECRETS)
def test_a_secret_is_hidden_however_it_is_spelt(secret: str, spelling: str) -> None:
    spelt = SPELLINGS[spelling](secret)
    told = hidden(f"refused: <{spelt}>, {spelt}.", [secret])
    assert told.count(HIDDEN) == 2
    assert spelt.strip("\"'b") not in told
    assert len(told) <= len("refused: <>, .") + 2 * (len(HIDDEN) + len('"\\"{\\"value\\": \\"\\"}\\""parse : no'))


def test_the_login_is_hidden_as_it_is_sent() -> None:
    login = base64.b64encode(b"u:p?w>>~~").decode()
    assert hidden(f"Basic {login} / {login.rstrip('=')}", ["p?w>>~~", "u:p?w>>~~"]) == f"Basic {HIDDEN} / {HIDDEN}"


def test_a_line_of_a_key_and_a_token_behind_its_scheme_are_secrets_too() -> None:
    key = "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQ\n-----END PRIVATE KEY-----\n"
    told = hidden("PEM -----BEGIN PRIVATE KEY----- near MIIEvQIBADANBgkqhkiG9w0BAQ, abc-123", [key, "Bearer abc-123"])
    assert told == f"PEM -----BEGIN PRIVATE KEY----- near {HIDDEN}, {HIDDEN}"


def test_a_short_secret_hides_no_part_of_a_word() -> None:
    assert hidden("a database at x: 'a'", ["a"]) == f"{HIDDEN} database at x: '{HIDDEN}'"
    assert hidden("pin 123, line 1234", ["123"]) == f"pin {HIDDEN}, line 1234"
    assert hidden("nothing to hide", ["", "nothing to find"]) == "nothing to hide"


def test_a_long_key_is_looked_for_in_no_time() -> None:
    key = "\n".join(["MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj"] * 30)
    started = time.process_time()
    assert HIDDEN in hidden("x" + "\\" * 500 + json.dumps(key), [key, "\\" * 30 + "x"])
    assert time.process_time() - started < 2


@pytest.mark.parametrize(
    ("url", "told", "secrets"),
    [
        ("https://prometheus:9090/a:b@c", "https://prometheus:9090/a:b@c", []),
        ("https://[::1]:9090/x", "https://[::1]:9090/x", []),
        ("https://u@host/", "https://u@host/", []),
        ("https://u:p@host/x", f"https://u:{HIDDEN}@host/x", ["p"]),
        ("https://u:p@ss@host/x", f"https://u:{HIDDEN}@host/x", ["p@ss"]),
        ('http://u:p/w "?#@host:9090', f"http://u:{HIDDEN}@host:9090", ['p/w "?#']),
        ("postgres://:p@host", f"postgres://:{HIDDEN}@host", ["p"]),
        ("https://h/?access_token=1&a=b&sig=2#f", f"https://h/?access_token={HIDDEN}&a=b&sig={HIDDEN}#f", ["1", "2"]),
        ("http://u:p@a, http://b, http://c:d@e", f"http://u:{HIDDEN}@a, http://b, http://c:{HIDDEN}@e", ["p", "d"]),
        ("no address: a:b@c", "no address: a:b@c", []),
    ],
)  # fmt: skip
def test_an_address_is_shown_without_its_secrets(url: str, told: str, secrets: list[str]) -> None:
    value = {"url": url, "more": [{"n": 1, "at": url}]}
    assert without_url_secrets(value) == {"url": told, "more": [{"n": 1, "at": told}]}
    assert list(secrets_in_urls(value)) == secrets * 2


def test_a_secret_of_an_address_that_changed_is_told_as_changed() -> None:
    before = [{"at": "http://u:one@a", "name": "x"}, "http://u:one@a"]
    after = [{"at": "http://u:two@a", "name": "y"}, "http://u:one@b", "http://u:new@c"]
    told = [{"at": f"http://u:{HIDDEN} (changed)@a", "name": "y"}, f"http://u:{HIDDEN}@b", f"http://u:{HIDDEN}@c"]
    assert without_url_secrets(after, before) == told
