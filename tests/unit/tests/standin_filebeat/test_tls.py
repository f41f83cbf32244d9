"""The stand-in for Filebeat and its server prove to each other who they are."""

from __future__ import annotations

import ssl
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from ansible_collections.vigil.observability.tests.unit.plugins.plugin_utils.authorities import (
    certificate,
    pem_of,
    pem_of_key,
)
from ansible_collections.vigil.observability.tests.unit.tests.standin_filebeat.peer import Peer
from ansible_collections.vigil.observability.tests.unit.tests.standin_filebeat.shipper import Shipper, eventually


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An authority, and a certificate without the address of the server that both sides use."""
    folder = tmp_path_factory.mktemp("tls")
    authority_key, key = (ec.generate_private_key(ec.SECP256R1()) for _count in range(2))
    authority = certificate("authority", authority_key)
    own = certificate("shop", key, issuer=authority, issuer_key=authority_key, ca=None)
    (folder / "authorities.crt").write_text(pem_of(authority))
    (folder / "tls.crt").write_text(pem_of(own))
    (folder / "tls.key").write_text(pem_of_key(key))
    return folder


@pytest.fixture
def asking(files: Path) -> Iterator[Peer]:
    """A server that wants a certificate of its clients."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files / "tls.crt", files / "tls.key")
    context.load_verify_locations(files / "authorities.crt")
    context.verify_mode = ssl.CERT_REQUIRED
    found = Peer(context)
    yield found
    found.stop()


def shipping(folder: Path, peer: Peer, ssl_options: Mapping[str, object]) -> Shipper:
    """Return the stand-in, running, with a line to ship."""
    shipper = Shipper(folder, [peer.port])
    shipper.output["ssl"] = dict(ssl_options)
    (shipper.logs / "shop.log").write_text("an order was placed in the shop, long enough for a fingerprint, number 1\n")
    shipper.start()
    return shipper


def test_server_that_asks_for_a_certificate_gets_the_lines(tmp_path: Path, asking: Peer, files: Path) -> None:
    options = {
        "certificate_authorities": [str(files / "authorities.crt")],
        "certificate": str(files / "tls.crt"),
        "key": str(files / "tls.key"),
        "verification_mode": "certificate",
        "supported_protocols": ["TLSv1.3"],
    }
    shipper = shipping(tmp_path, asking, options)
    try:
        eventually(lambda: asking.numbers == [1])
    finally:
        shipper.kill()


@pytest.mark.parametrize("lacks", ["certificate", "address"])
def test_nothing_is_shipped_without_proof(tmp_path: Path, asking: Peer, files: Path, lacks: str) -> None:
    authorities: dict[str, object] = {"certificate_authorities": [str(files / "authorities.crt")]}
    own = {"certificate": str(files / "tls.crt"), "key": str(files / "tls.key")}
    mode = {"verification_mode": "certificate"} if lacks == "certificate" else own
    shipper = shipping(tmp_path, asking, authorities | mode)
    try:
        eventually(lambda: sum(line["message"] == "Failed to publish events" for line in shipper.log) > 1)
    finally:
        shipper.kill()
    assert asking.documents == []
    assert shipper.states == {}
