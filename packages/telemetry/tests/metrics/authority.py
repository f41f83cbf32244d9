"""An authority of tests that issues certificates for loopback."""

from __future__ import annotations

import datetime as dt
import ipaddress
import ssl
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

__all__ = ["Authority"]

USAGES = (
    *("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement"),
    *("key_cert_sign", "crl_sign", "encipher_only", "decipher_only"),
)


class Authority:
    """Issues certificates and keys as files of a directory."""

    def __init__(self, directory: Path) -> None:
        directory.mkdir(exist_ok=True)
        self._directory = directory
        self._key = ec.generate_private_key(ec.SECP256R1())
        self.file = directory / "authority.pem"
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"authority of {directory.name}")])
        made = self._builder(self._name, self._key.public_key())
        made = made.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        signs = dict.fromkeys(USAGES, False) | {"key_cert_sign": True}
        made = made.add_extension(x509.KeyUsage(**signs), critical=True)
        self.file.write_bytes(made.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))

    def issue(self, name: str, *, hours: int = 1) -> None:
        """Write a new certificate, which expires in these hours, and its key."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        addresses = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
        made = self._builder(subject, key.public_key(), hours).add_extension(addresses, critical=False)
        pem, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
        self.key(name).write_bytes(key.private_bytes(pem, form, serialization.NoEncryption()))
        self.certificate(name).write_bytes(made.sign(self._key, hashes.SHA256()).public_bytes(pem))

    def certificate(self, name: str) -> Path:
        """Return the file of a certificate."""
        return self._directory / f"{name}.pem"

    def key(self, name: str) -> Path:
        """Return the file of a key."""
        return self._directory / f"{name}.key"

    def client(
        self, name: str = "client", trusting: Authority | None = None, *, verified: bool = True
    ) -> ssl.SSLContext:
        """Return the context of a client that has this certificate, or none."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.load_verify_locations((trusting or self).file)
        context.check_hostname = False
        if not verified:
            context.verify_mode = ssl.CERT_NONE
        if name:
            context.load_cert_chain(self.certificate(name), self.key(name))
        return context

    def _builder(self, subject: x509.Name, key: ec.EllipticCurvePublicKey, hours: int = 1) -> x509.CertificateBuilder:
        now = dt.datetime.now(dt.timezone.utc)
        made = x509.CertificateBuilder().subject_name(subject).issuer_name(self._name).public_key(key)
        # Python 3.13 wants both sides to be named by their keys.
        issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())
        made = made.add_extension(issuer, critical=False)
        made = made.add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
        made = made.serial_number(x509.random_serial_number()).not_valid_before(now - dt.timedelta(hours=3))
        return made.not_valid_after(now + dt.timedelta(hours=hours))
