# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Parts of X.509 certificates: reading them, building them, asking who issued them."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from datetime import datetime

from ansible_collections.vigil.observability.plugins.module_utils._errors.sentence import OperatorError

try:
    import cryptography
    from cryptography import x509
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID
except ImportError:
    LIBRARY = "0"
else:
    LIBRARY = cryptography.__version__

__all__ = [
    "authority_key_identifier",
    "certificate_for",
    "common_name",
    "general_name",
    "issued",
    "key_usage",
    "pem",
    "public_bytes",
    "read_certificates",
    "refuse_missing_library",
    "self_signed",
]

_COMMON_NAME_LENGTH = 64  # ub-common-name, RFC 5280
_OLDEST_LIBRARY = 42


def refuse_missing_library() -> None:
    """Raise OperatorError when this Python cannot sign certificates, for want of a library that is new enough."""
    if int(LIBRARY.split(".")[0]) < _OLDEST_LIBRARY:
        raise OperatorError(
            f"Certificates are signed by the Python of the controller, which has "
            f"{'no cryptography' if LIBRARY == '0' else f'cryptography {LIBRARY}'}: "
            f"install cryptography {_OLDEST_LIBRARY} or newer there."
        )


def read_certificates(option: str, text: str) -> list[x509.Certificate]:
    """Return the certificates of a PEM text, none for an empty one. Raises OperatorError."""
    if "PRIVATE KEY" in text:
        raise OperatorError(
            f"{option} contains a private key, but is shown to everyone: put only "
            "certificates there, and replace that key."
        )
    if not text.strip():
        return []
    try:
        return x509.load_pem_x509_certificates(text.encode())
    except ValueError as error:
        raise OperatorError(
            f"{option} cannot be read as certificates in PEM ({error}): it has to hold whole blocks from "
            "-----BEGIN CERTIFICATE----- to -----END CERTIFICATE-----, with their line breaks."
        ) from error


def certificate_for(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, start: datetime, end: datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(end)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def authority_key_identifier(certificate: x509.Certificate) -> x509.AuthorityKeyIdentifier:
    try:
        own = certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    except x509.ExtensionNotFound:
        return x509.AuthorityKeyIdentifier.from_issuer_public_key(certificate.public_key())  # type: ignore[arg-type]
    return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(own)


def key_usage(*, authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not authority,
        key_cert_sign=authority,
        crl_sign=authority,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def general_name(name: str) -> x509.GeneralName:
    kind, _colon, value = name.partition(":")
    if kind == "IP":
        return x509.IPAddress(ipaddress.ip_address(value))
    return x509.UniformResourceIdentifier(value) if kind == "URI" else x509.DNSName(value)


def common_name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text[:_COMMON_NAME_LENGTH])])


def issued(issuer: x509.Certificate, certificate: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return True


def self_signed(certificate: x509.Certificate) -> bool:
    return issued(certificate, certificate)


def public_bytes(key: object) -> bytes:
    encoded: bytes = key.public_bytes(  # type: ignore[attr-defined]
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return encoded


def pem(certificates: Iterable[x509.Certificate]) -> str:
    return "".join(each.public_bytes(serialization.Encoding.PEM).decode() for each in certificates)
