"""Makes what a company has: a root, an intermediate authority that signs for us, a certificate of a department.

company.py FOLDER    writes FOLDER/authority.yml, the variables of the inventory, and node.crt with node.key
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import yaml
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
Pair = tuple[x509.Certificate, Key]
NOW = datetime.now(UTC)


def certificate(name: str, key: Key, issuer: Pair | None, *, authority: bool = True, dns: tuple[str, ...] = ()) -> Pair:
    """Return a certificate of this name with its key, signed by the issuer, or else by itself."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    signer, signing_key = issuer or (None, key)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(signer.subject if signer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - timedelta(days=1))
        .not_valid_after(NOW + timedelta(days=3650 if authority else 365))
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signing_key.public_key()), critical=False)
        .add_extension(usage(authority=authority), critical=True)
    )
    if dns:
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(one) for one in dns]), critical=False)
    return builder.sign(signing_key, hashes.SHA256()), key


def usage(*, authority: bool) -> x509.KeyUsage:
    """Return what the key of a certificate is for."""
    other = ("content_commitment", "key_encipherment", "data_encipherment", "key_agreement", "encipher_only")
    return x509.KeyUsage(
        **dict.fromkeys((*other, "decipher_only"), False),
        digital_signature=not authority,
        key_cert_sign=authority,
        crl_sign=authority,
    )


def certificate_pem(*pairs: Pair) -> str:
    """Return certificates, one after the other."""
    return "".join(each.public_bytes(Encoding.PEM).decode() for each, _key in pairs)


def key_pem(pair: Pair) -> str:
    """Return a key."""
    return pair[1].private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def main() -> None:
    """Write what the company has."""
    folder = Path(sys.argv[1])
    root = certificate("Company root", rsa.generate_private_key(65537, 2048), None)
    signer = certificate("Company intermediate", ec.generate_private_key(ec.SECP384R1()), root)
    department = certificate("Department root", ec.generate_private_key(ec.SECP256R1()), None)
    names = ("node.company.example", "certificates-2")
    node = certificate("node", ec.generate_private_key(ec.SECP256R1()), department, authority=False, dns=names)
    variables = {
        "certificates_authority_certificate": certificate_pem(signer, root),
        "certificates_authority_key": key_pem(signer),
        "certificates_trusted": certificate_pem(department),
    }
    (folder / "authority.yml").write_text(yaml.safe_dump(variables, default_style="|"))
    (folder / "node.crt").write_text(certificate_pem(node))
    (folder / "node.key").write_text(key_pem(node))


if __name__ == "__main__":
    main()
