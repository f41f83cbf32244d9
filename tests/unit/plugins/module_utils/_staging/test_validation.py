# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.vigil.observability.plugins.module_utils._staging.validation import scrubbed

YAML = """\
global:
  smtp_auth_password: 'hunter22-long'
  slack_api_url: "https://hooks.example.org/services/T0000/B1111/abcdef123"
receivers:
  - name: default
    token=deadbeefcafe
"""


@pytest.mark.parametrize(
    ("secret", "text", "expected"),
    [
        ("hunter22\n", "password hunter22 is weak", "password ******** is weak"),
        ("a b\nlonger line here\n", "near longer line here", "near ********"),
        (YAML, "line 2: hunter22-long", "line 2: ********"),
        (YAML, "cannot unmarshal !!str `hunter2...` into int", "cannot unmarshal !!str `********` into int"),
        (YAML, "bad key abcdef123 in deadbeefcafe", "bad key ******** in ********"),
        (
            YAML,
            "field smtp_auth_password and receivers: not known",
            "field smtp_auth_password and receivers: not known",
        ),
        ("admin:$2y$10$abcdefghijk\n", "hash $2y$10$abcdefghijk is short", "hash ******** is short"),
        ("c2VjcmV0==\n", "found c2VjcmV0== there", "found ******** there"),
        ("ends-in-colon:\n", "found ends-in-colon: there", "found ******** there"),
        ("short\n", "short words stay", "short words stay"),
    ],
)
def test_words_of_a_validator_lose_the_values_of_secrets_and_keep_their_names(
    secret: str, text: str, expected: str
) -> None:
    assert scrubbed(text, [secret]) == expected


def test_text_without_secrets_stays_as_it_is() -> None:
    assert scrubbed("line 3: field recievers not found", []) == "line 3: field recievers not found"


def test_what_the_public_files_show_anyway_stays_legible() -> None:
    web = "cert_file: /etc/vigil/certificates/prometheus/tls.crt\nadmin: $2y$10$abcdefghijk\n"
    said = "prometheus.yml: cannot read /etc/vigil/certificates/prometheus/tls.crt with $2y$10$abcdefghijk"
    public = ["prometheus.yml", "cert_file: /etc/vigil/certificates/prometheus/tls.crt\n"]
    assert scrubbed(said, [web], public) == said.replace("$2y$10$abcdefghijk", "********")
