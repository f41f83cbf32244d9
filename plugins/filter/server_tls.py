# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: server_tls
short_description: TLS settings of a server that uses exporter-toolkit
version_added: 1.0.0
author: Vigil contributors (@vigil-observability)
description:
  - Returns C(tls_server_config), as every server that uses exporter-toolkit takes it.
  - The curves, and for TLS 1.2 the cipher suites, are those of Mozilla's intermediate profile that Go has.
positional: certificate, key, client_authority, clients
options:
  _input:
    description: "The oldest version of TLS that clients may use: V(TLS12) or V(TLS13)."
    type: str
    required: true
  certificate: {description: File of its certificate on the host., type: path}
  key: {description: File of the key of O(certificate)., type: path}
  client_authority:
    description: File of the authorities of client certificates. Without it, clients need none.
    type: path
  clients:
    description: Names, of which a client certificate needs one. Without it, any of the authority is accepted.
    type: list
    elements: str
"""

EXAMPLES = r"""
- name: Show what is accepted
  ansible.builtin.debug:
    msg: "{{ 'TLS13' | vigil.observability.server_tls('/etc/web.crt', '/etc/web.key', '/etc/ca.crt', ['prometheus']) }}"
"""

RETURN = r"""
_value:
  description: What was given, C(min_version), C(curve_preferences), and C(cipher_suites) for TLS 1.2.
  type: dict
"""

from collections.abc import Callable
from typing import Any

from ansible.errors import AnsibleFilterError

from ansible_collections.vigil.observability.plugins.plugin_utils._formats.same_text import same_text

_CURVES = ["X25519", "CurveP256", "CurveP384"]
# Those of TLS 1.3 are all in the profile, and Go has no setting to choose among them.
_SUITES = [
    f"TLS_ECDHE_{kind}_WITH_{cipher}"
    for cipher in ("AES_128_GCM_SHA256", "AES_256_GCM_SHA384", "CHACHA20_POLY1305_SHA256")
    for kind in ("ECDSA", "RSA")
]
_ACCEPTED: dict[str, dict[str, list[str]]] = {"TLS12": {"cipher_suites": _SUITES}, "TLS13": {}}


@same_text
def server_tls(
    oldest: str,
    certificate: str | None = None,
    key: str | None = None,
    client_authority: str | None = None,
    clients: list[str] | None = None,
) -> dict[str, Any]:
    """Return the mapping; raise AnsibleFilterError for a version that is none of the two."""
    if oldest not in _ACCEPTED:
        raise AnsibleFilterError(f"vigil_tls_min_version is {oldest}: it has to be one of {', '.join(_ACCEPTED)}.")
    files = {"cert_file": certificate, "key_file": key, "client_ca_file": client_authority}
    asked = {"client_auth_type": "RequireAndVerifyClientCert"} if client_authority else {}
    named = {} if clients is None else {"client_allowed_sans": clients}
    given = {name: path for name, path in files.items() if path}
    return {**given, **asked, "min_version": oldest, "curve_preferences": [*_CURVES], **_ACCEPTED[oldest], **named}


class FilterModule:
    """The filter server_tls."""

    def filters(self) -> dict[str, Callable[..., dict[str, Any]]]:
        """Return the filter by its name."""
        return {"server_tls": server_tls}
