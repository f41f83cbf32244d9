# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A certificate authority: making one, reading one that is given, signing with it. Its key stays in this process."""

from __future__ import annotations

import contextlib
import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from ansible_collections.vigil.observability.plugins.module_utils._errors.sentence import OperatorError
from ansible_collections.vigil.observability.plugins.plugin_utils._pki.certificates import (
    authority_key_identifier,
    certificate_for,
    common_name,
    general_name,
    issued,
    key_usage,
    pem,
    public_bytes,
    read_certificates,
    refuse_missing_library,
    self_signed,
)

with contextlib.suppress(ImportError):  # refused by a sentence when it is used
    from cryptography import x509
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa
    from cryptography.x509.oid import ExtendedKeyUsageOID

    _SigningKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | ed448.Ed448PrivateKey

__all__ = ["Authority", "Signed", "make_authority", "read_authority", "sign", "unfit_lifetime"]

_SHORTEST_LIFETIME_DAYS = 30
_AUTHORITY_LIFETIME = timedelta(days=3650)


@dataclass(frozen=True)
class Authority:
    """What signs (certificate, key), what services serve after their own certificate, and what clients trust."""

    certificate: x509.Certificate
    key: _SigningKey = field(repr=False)
    served: tuple[x509.Certificate, ...]
    trusted: tuple[x509.Certificate, ...]

    @property
    def identity(self) -> str:
        """A digest that changes when a certificate signed before is no longer what would be signed and served now."""
        digest = hashlib.sha256()
        for certificate in (self.certificate, *self.served):
            digest.update(certificate.fingerprint(hashes.SHA256()))
        return digest.hexdigest()

    @property
    def chain(self) -> str:
        """What a service serves after its own certificate, as PEM: empty unless an intermediate signs."""
        return pem(self.served)

    @property
    def bundle(self) -> str:
        """The authorities to trust, as PEM, in an order that depends on nothing but which they are."""
        return pem(sorted(self.trusted, key=lambda certificate: certificate.fingerprint(hashes.SHA256())))


@dataclass(frozen=True)
class Signed:
    """A certificate as PEM with its validity in seconds since the epoch."""

    certificate: str
    not_before: int
    not_after: int


def unfit_lifetime(days: int) -> str | None:
    """Return what is wrong with a lifetime of certificates, None when nothing is."""
    if days >= _SHORTEST_LIFETIME_DAYS:
        return None
    return (
        f"is {days}: at least {_SHORTEST_LIFETIME_DAYS} are needed, because only a run in the last third of a "
        "certificate's lifetime renews it."
    )


def make_authority(now: datetime) -> tuple[str, str]:
    """Return certificate and key of a new self-signed authority as PEM, valid for ten years from now.

    Raises OperatorError.
    """
    refuse_missing_library()
    key = ec.generate_private_key(ec.SECP256R1())
    # A name of its own: clients that trust two authorities at once choose by name.
    name = common_name(f"Vigil authority {now:%Y-%m-%d} {secrets.token_hex(4)}")
    builder = (
        certificate_for(name, name, key.public_key(), now - timedelta(days=1), now + _AUTHORITY_LIFETIME)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(key_usage(authority=True), critical=True)
    )
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return pem([builder.sign(key, hashes.SHA256())]), secret.decode()


def read_authority(certificate: str, key: str, trusted: str, now: datetime) -> Authority:
    """Return the authority whose certificate comes first in that PEM, with its chain, and what else is trusted.

    Raises OperatorError when something is unreadable, does not fit together or cannot sign now.
    """
    refuse_missing_library()
    given = read_certificates("authority_certificate", certificate)
    if not given:
        raise OperatorError(
            "authority_certificate contains no certificate: set it to the PEM of the signing authority."
        )
    signer, extra = given[0], read_certificates("trusted", trusted)
    _refuse_unfit(signer, now)
    roots = [each for each in given if self_signed(each)]
    root = _root_of(signer, [*given, *extra])
    return Authority(
        certificate=signer,
        key=_matching_key(signer, key),
        served=tuple(each for each in given if not self_signed(each)),
        trusted=tuple(dict.fromkeys([root, *roots, *extra])),
    )


def sign(authority: Authority, request: str, *, subject: str, names: Iterable[str], now: datetime, days: int) -> Signed:
    """Return a certificate for the key of the request (PEM), for these names (DNS:..., IP:..., URI:...).

    It is valid from an hour back, for that many days or as long as the authority. Raises OperatorError.
    """
    key = _requested_key(request, subject)
    start = (now - timedelta(hours=1)).replace(microsecond=0)
    end = min(start + timedelta(days=days), authority.certificate.not_valid_after_utc)
    builder = (
        certificate_for(common_name(subject), authority.certificate.subject, key, start, end)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(key_usage(authority=False), critical=True)
        .add_extension(
            x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False
        )
        .add_extension(x509.SubjectAlternativeName([general_name(name) for name in names]), critical=False)
        .add_extension(authority_key_identifier(authority.certificate), critical=False)
    )
    edwards = isinstance(authority.key, ed25519.Ed25519PrivateKey | ed448.Ed448PrivateKey)
    certificate = builder.sign(authority.key, None if edwards else hashes.SHA256())
    return Signed(pem([certificate]), int(start.timestamp()), int(end.timestamp()))


def _refuse_unfit(signer: x509.Certificate, now: datetime) -> None:
    name = signer.subject.rfc4514_string()
    try:
        signs = signer.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        signs = False
    if not signs:
        raise OperatorError(
            f"The certificate {name} cannot sign others, because it does not belong to an authority: "
            "the first certificate of authority_certificate has to be the one that signs."
        )
    if not signer.not_valid_before_utc <= now < signer.not_valid_after_utc:
        raise OperatorError(
            f"The certificate authority {name} is valid from {signer.not_valid_before_utc:%Y-%m-%d %H:%M} to "
            f"{signer.not_valid_after_utc:%Y-%m-%d %H:%M} UTC and it is {now:%Y-%m-%d %H:%M} UTC on "
            "the controller: replace the authority, or correct the controller's clock."
        )


def _root_of(signer: x509.Certificate, known: list[x509.Certificate]) -> x509.Certificate:
    """Return the self-signed certificate that the signer descends from."""
    current, seen = signer, {signer}
    while not self_signed(current):
        issuer = next((each for each in known if each not in seen and issued(each, current)), None)
        if issuer is None:
            raise OperatorError(
                f"There is no root certificate for the certificate authority {current.subject.rfc4514_string()}: add "
                f"the certificate of {current.issuer.rfc4514_string()} to the end of authority_certificate, or to "
                "trusted."
            )
        seen.add(issuer)
        current = issuer
    return current


def _matching_key(signer: x509.Certificate, text: str) -> _SigningKey:
    try:
        key = serialization.load_pem_private_key(text.encode(), password=None)
    except TypeError as error:
        raise OperatorError(
            "authority_key is encrypted with a passphrase: give it without one, as a vault variable or a credential."
        ) from error
    except (ValueError, UnsupportedAlgorithm):
        # Not chained: what the parser quotes could be part of the key.
        raise OperatorError(
            "authority_key cannot be read as a private key in PEM: it has to hold the whole block with its line breaks."
        ) from None
    if not isinstance(key, _SigningKey):
        raise OperatorError(
            f"authority_key is a {type(key).__name__}, which cannot sign certificates: give an RSA, EC or Ed25519 key."
        )
    if public_bytes(key.public_key()) != public_bytes(signer.public_key()):
        raise OperatorError(
            f"authority_key does not belong to the certificate authority {signer.subject.rfc4514_string()}: "
            "give the key that was made together with the first certificate of authority_certificate."
        )
    return key


def _requested_key(request: str, subject: str) -> ec.EllipticCurvePublicKey:
    try:
        parsed = x509.load_pem_x509_csr(request.encode())
        proven = parsed.is_signature_valid
    except ValueError as error:
        raise OperatorError(f"The request for {subject} cannot be read: {error}.") from error
    key = parsed.public_key()
    if not proven or not isinstance(key, ec.EllipticCurvePublicKey):
        raise OperatorError(f"The request for {subject} is not signed by its own EC key: run again.")
    return key
