# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import runpy
import sys
from datetime import timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa, x25519
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID

from ansible_collections.vigil.observability.plugins.module_utils._errors.sentence import OperatorError
from ansible_collections.vigil.observability.plugins.plugin_utils._pki import authority, certificates
from ansible_collections.vigil.observability.plugins.plugin_utils._pki.authority import (
    Authority,
    Signed,
    make_authority,
    read_authority,
    sign,
)
from ansible_collections.vigil.observability.tests.unit.plugins.plugin_utils.authorities import (
    NOW,
    certificate,
    pem_of,
    pem_of_key,
    request,
)

NAMES = ["DNS:web1", "IP:192.0.2.1", "IP:::1", "URI:vigil://web1/prometheus"]


def read(pair: tuple[str, str], trusted: str = "") -> Authority:
    return read_authority(*pair, trusted, NOW)


def signed_by(authority: Authority, **changed: Any) -> x509.Certificate:
    return x509.load_pem_x509_certificate(issue(authority, **changed).certificate.encode())


def issue(authority: Authority, **changed: Any) -> Signed:
    options = {"subject": "prometheus on web1", "names": NAMES, "now": NOW, "days": 365, **changed}
    return sign(authority, options.pop("request", request()), **options)


def new_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def chain() -> tuple[x509.Certificate, x509.Certificate, x509.Certificate, str]:
    """Return root, middle and signing intermediate of a company, and the key of the last."""
    keys = [new_key() for number in range(3)]
    root = certificate("Company Root", keys[0])
    middle = certificate("Company Middle", keys[1], issuer=root, issuer_key=keys[0])
    signing = certificate("Company Signing", keys[2], issuer=middle, issuer_key=keys[1])
    return root, middle, signing, pem_of_key(keys[2])


def test_made_authority_can_sign_and_lasts_ten_years() -> None:
    authority = read(make_authority(NOW))
    assert authority.certificate.not_valid_after_utc == NOW + timedelta(days=3650)
    assert authority.certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    signed_by(authority).verify_directly_issued_by(authority.certificate)


def test_two_authorities_made_on_a_day_differ_in_name() -> None:
    names = {read(make_authority(NOW)).certificate.subject.rfc4514_string() for time in range(2)}
    assert len(names) == 2


def test_certificate_says_which_service_it_is_and_serves_both_sides_of_tls() -> None:
    leaf = signed_by(read(make_authority(NOW)))
    names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert leaf.subject.rfc4514_string() == "CN=prometheus on web1"
    assert names.get_values_for_type(x509.UniformResourceIdentifier) == ["vigil://web1/prometheus"]
    assert names.get_values_for_type(x509.DNSName) == ["web1"]
    assert [str(address) for address in names.get_values_for_type(x509.IPAddress)] == ["192.0.2.1", "::1"]
    usage = leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert set(usage) == {ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH}
    assert not leaf.extensions.get_extension_for_class(x509.BasicConstraints).value.ca


def test_certificate_is_valid_from_an_hour_back_for_its_lifetime() -> None:
    signed = issue(read(make_authority(NOW)))
    assert signed.not_before == int((NOW - timedelta(hours=1)).timestamp())
    assert signed.not_after - signed.not_before == 365 * 86400


def test_certificate_does_not_outlive_its_authority() -> None:
    key = new_key()
    short = certificate("Short", key, end=NOW + timedelta(days=100))
    signed = issue(read((pem_of(short), pem_of_key(key))))
    assert signed.not_after == int((NOW + timedelta(days=100)).timestamp())


def test_common_name_of_a_long_host_name_is_cut_to_what_the_standard_allows() -> None:
    leaf = signed_by(read(make_authority(NOW)), subject=f"prometheus on {'a' * 80}")
    assert len(leaf.subject.rfc4514_string().removeprefix("CN=")) == 64


@pytest.mark.parametrize(
    ("key", "algorithm"),
    [
        pytest.param(rsa.generate_private_key(65537, 2048), hashes.SHA256(), id="RSA"),
        pytest.param(ec.generate_private_key(ec.SECP384R1()), hashes.SHA384(), id="P-384"),
        pytest.param(ed25519.Ed25519PrivateKey.generate(), None, id="Ed25519"),
    ],
)
def test_users_own_authority_signs_whatever_its_kind_of_key(key: Any, algorithm: Any) -> None:
    own = certificate("Company Root", key, hash_algorithm=algorithm)
    signed_by(read((pem_of(own), pem_of_key(key)))).verify_directly_issued_by(own)


def test_root_that_signs_is_trusted_and_not_served() -> None:
    pair = make_authority(NOW)
    authority = read(pair)
    assert authority.chain == ""
    assert authority.bundle == pair[0]


def test_chain_of_an_intermediate_is_served_and_its_root_trusted() -> None:
    root, middle, signing, key = chain()
    authority = read((pem_of(signing) + pem_of(middle) + pem_of(root), key))
    assert authority.chain == pem_of(signing) + pem_of(middle)
    assert authority.bundle == pem_of(root)
    signed_by(authority).verify_directly_issued_by(signing)


def test_root_of_an_intermediate_may_come_with_what_is_trusted() -> None:
    root, middle, signing, key = chain()
    authority = read((pem_of(signing) + pem_of(middle), key), pem_of(root))
    assert authority.chain == pem_of(signing) + pem_of(middle)
    assert authority.bundle == pem_of(root)


def test_intermediate_without_a_root_is_refused_by_the_name_that_is_missing() -> None:
    _root, middle, signing, key = chain()
    with pytest.raises(OperatorError, match="add the certificate of CN=Company Root to the end"):
        read((pem_of(signing) + pem_of(middle), key))


def test_authorities_that_issued_each_other_without_a_root_are_refused() -> None:
    first_key, second_key = new_key(), new_key()
    first = certificate("First", first_key)
    second = certificate("Second", second_key, issuer=first, issuer_key=first_key)
    crossed = certificate("First", first_key, issuer=second, issuer_key=second_key)
    with pytest.raises(OperatorError, match="There is no root certificate for"):
        read((pem_of(second) + pem_of(crossed), pem_of_key(second_key)))


def test_bundle_does_not_depend_on_which_of_two_authorities_signs() -> None:
    old, new = make_authority(NOW), make_authority(NOW)
    assert read(old, new[0]).bundle == read(new, old[0]).bundle
    assert read(old, new[0]).identity != read(new, old[0]).identity


def test_trusting_another_authority_does_not_make_certificates_due() -> None:
    old, new = make_authority(NOW), make_authority(NOW)
    assert read(old).identity == read(old, new[0]).identity


def test_serving_another_chain_makes_certificates_due() -> None:
    root, middle, signing, key = chain()
    longer = read((pem_of(signing) + pem_of(middle), key), pem_of(root))
    again = certificate("Company Middle", new_key(), issuer=root, issuer_key=None)
    assert longer.identity != read((pem_of(signing) + pem_of(middle) + pem_of(again), key), pem_of(root)).identity


def test_key_of_another_authority_is_refused() -> None:
    own, other = make_authority(NOW), make_authority(NOW)
    with pytest.raises(OperatorError, match="authority_key does not belong to the certificate authority CN=Vigil"):
        read((own[0], other[1]))


def bad_keys() -> dict[str, tuple[str, str]]:
    whole = make_authority(NOW)[1]
    return {
        "not PEM": ("nonsense", "cannot be read as a private key"),
        "cut off": (whole[:150], "cannot be read as a private key"),
        "passphrase": (pem_of_key(new_key(), b"secret"), "encrypted with a passphrase"),
        "exchange only": (pem_of_key(x25519.X25519PrivateKey.generate()), "cannot sign certificates"),
    }


@pytest.mark.parametrize("kind", bad_keys())
def test_unusable_key_is_refused_without_showing_any_of_it(kind: str) -> None:
    key, reason = bad_keys()[kind]
    with pytest.raises(OperatorError, match=reason) as refused:
        read((make_authority(NOW)[0], key))
    lines = [line for line in key.splitlines() if line and "-----" not in line]
    assert not any(line in f"{refused.value}" for line in lines)
    assert refused.value.__cause__ is None or isinstance(refused.value.__cause__, TypeError)


def test_authority_does_not_show_its_key_when_printed() -> None:
    assert "key=" not in repr(read(make_authority(NOW)))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "contains no certificate"),
        ("nonsense", "cannot be read as certificates in PEM"),
        ("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "cannot be read as certificates in PEM"),
    ],
)
def test_unreadable_certificate_is_refused(text: str, reason: str) -> None:
    with pytest.raises(OperatorError, match=reason):
        read((text, make_authority(NOW)[1]))


def test_private_key_among_trusted_certificates_is_refused() -> None:
    pair = make_authority(NOW)
    with pytest.raises(OperatorError, match="trusted contains a private key"):
        read(pair, pair[0] + pair[1])


@pytest.mark.parametrize("ca", [False, None])
def test_certificate_that_is_no_authority_is_refused(ca: bool | None) -> None:
    key = new_key()
    with pytest.raises(OperatorError, match="CN=Server cannot sign others"):
        read((pem_of(certificate("Server", key, ca=ca)), pem_of_key(key)))


@pytest.mark.parametrize(("start", "end"), [(-20, -10), (10, 20)])
def test_authority_that_is_not_valid_now_is_refused(start: int, end: int) -> None:
    key = new_key()
    own = certificate("Own", key, start=NOW + timedelta(days=start), end=NOW + timedelta(days=end))
    with pytest.raises(
        OperatorError, match=r"CN=Own is valid from .* and it is 2026-03-01 12:00 UTC on the controller"
    ):
        read((pem_of(own), pem_of_key(key)))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("nonsense", "The request for prometheus on web1 cannot be read"),
        (request(rsa.generate_private_key(65537, 2048)), "is not signed by its own EC key"),
    ],
)
def test_request_that_hosts_do_not_make_is_refused(text: str, reason: str) -> None:
    with pytest.raises(OperatorError, match=reason):
        issue(read(make_authority(NOW)), request=text)


def test_request_that_its_key_did_not_sign_is_refused() -> None:
    genuine = x509.load_pem_x509_csr(request().encode()).public_bytes(Encoding.DER)
    forged = genuine[:-1] + bytes([genuine[-1] ^ 1])
    text = x509.load_der_x509_csr(forged).public_bytes(Encoding.PEM).decode()
    with pytest.raises(OperatorError, match="is not signed by its own EC key"):
        issue(read(make_authority(NOW)), request=text)


def test_controller_with_an_old_library_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    pair = make_authority(NOW)
    monkeypatch.setattr(certificates, "LIBRARY", "38.0.4")
    with pytest.raises(OperatorError, match=r"has cryptography 38.0.4: install cryptography 42 or newer there"):
        read(pair)


def test_controller_without_the_library_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "cryptography"]:
        monkeypatch.setitem(sys.modules, name, None)
    parts = runpy.run_path(certificates.__file__)
    with pytest.raises(parts["OperatorError"], match="which has no cryptography: install"):
        parts["refuse_missing_library"]()
    assert "_SigningKey" not in runpy.run_path(authority.__file__)
