# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What servers accept of TLS."""

from __future__ import annotations

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.vigil.observability.plugins.filter.server_tls import FilterModule, server_tls

CURVES = ["X25519", "CurveP256", "CurveP384"]


def test_tls_1_3_alone_needs_no_suites() -> None:
    assert FilterModule().filters()["server_tls"]("TLS13") == {"min_version": "TLS13", "curve_preferences": CURVES}


def test_older_clients_get_no_suite_without_forward_secrecy_or_with_cbc() -> None:
    accepted = server_tls("TLS12")
    assert (accepted["min_version"], accepted["curve_preferences"]) == ("TLS12", CURVES)
    suites = accepted["cipher_suites"]
    assert len(suites) == 6
    assert all(suite.startswith("TLS_ECDHE_") and ("_GCM_" in suite or "_POLY1305_" in suite) for suite in suites)


def test_server_presents_its_certificate_and_asks_clients_for_theirs() -> None:
    files = {"cert_file": "/web.crt", "key_file": "/web.key"}
    accepted = {"min_version": "TLS13", "curve_preferences": CURVES}
    asked = {"client_ca_file": "/ca.crt", "client_auth_type": "RequireAndVerifyClientCert"}
    assert server_tls("TLS13", "/web.crt", "/web.key") == {**files, **accepted}
    mutual = server_tls("TLS13", "/web.crt", "/web.key", "/ca.crt")
    assert mutual == {**files, **asked, **accepted}
    named = server_tls("TLS13", "/web.crt", "/web.key", "/ca.crt", ["a", "b"])
    assert named == {**mutual, "client_allowed_sans": ["a", "b"]}
    # Nobody is allowed, rather than everybody.
    assert server_tls("TLS13", "/web.crt", "/web.key", "/ca.crt", [])["client_allowed_sans"] == []


def test_version_that_no_profile_has_is_refused_by_the_name_of_the_input() -> None:
    with pytest.raises(AnsibleFilterError, match=r"vigil_tls_min_version is TLS11: it has to be one of TLS12, TLS13"):
        server_tls("TLS11")
